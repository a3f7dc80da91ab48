"""Reading and writing by index: getitem beside put, gather beside scatter_add, and the write to a part of a Tensor."""

from typing import Any

from .. import backend
from ..primitive import Primitive, primitive
from .elementwise import masked

Shape = tuple[int, ...]
Path = tuple[tuple[Primitive, dict[str, Any]], ...]


@primitive(formula=r"\bar{x} = \mathrm{put}(\bar{y}, index)", view=True)
def getitem(x: Any, *, index: Any) -> Any:
    """x[index], for every form of index that NumPy knows; a view for integers and slices; its adjoint is put."""
    return x[index]


@primitive(formula=r"\bar{x} = \bar{y}[index]")
def put(x: Any, *, index: Any, shape: Shape) -> Any:
    """Zeros with x added at `index`; `(*) -> shape`; an element that is named twice gets both."""
    return backend.index_add(shape, index, x)


getitem.vjp(x=lambda g, x_shape, index: put(g, index=index, shape=x_shape))
put.vjp(x=lambda g, index: getitem(g, index=index))


@primitive(formula=r"\bar{x} = \mathrm{scatter\_add}(\bar{y}, index)")
def gather(x: Any, *, dim: int, index: Any, xp: Any) -> Any:
    """out[i][j][k] = x[i][index[i][j][k]][k] (for dim = 1); `(*), index (*) -> (*)` of the index's shape."""
    if x.shape[:dim] + x.shape[dim + 1 :] != index.shape[:dim] + index.shape[dim + 1 :]:
        x = x[tuple([slice(None) if d == dim else slice(n) for d, n in enumerate(index.shape)])]
    return xp.take_along_axis(x, index, dim)


@primitive(formula=r"\bar{x} = \mathrm{gather}(\bar{y}, index)")
def scatter_add(x: Any, *, dim: int, index: Any, shape: Shape) -> Any:
    """Zeros with x[i][j][k] added at [i][index[i][j][k]][k] (for dim = 1); `(*) -> shape`; the adjoint of gather."""
    return backend.scatter_add(shape, dim, index, x)


gather.vjp(x=lambda g, x_shape, dim, index: scatter_add(g, dim=dim, index=index, shape=x_shape))
scatter_add.vjp(x=lambda g, dim, index: gather(g, dim=dim, index=index))


@primitive
def argsort(x: Any, *, dim: int, descending: bool = False, xp: Any) -> Any:
    """The indices that sort x along a dimension, equal elements in their order; `(*) -> (*)`, integers."""
    if descending:
        # a stable descending order is the ascending order of the reversed elements, read backwards
        return x.shape[dim] - 1 - xp.flip(xp.argsort(xp.flip(x, dim), axis=dim, kind="stable"), dim)
    return xp.argsort(x, axis=dim, kind="stable")


@primitive(formula=r"\bar{x} = \bar{y}\,[\text{not written}],\ \bar{v} = \bar{y}[\text{written}]")
def overwritten(x: Any, value: Any, *, path: Path) -> Any:
    """x, after `value` was written in place to the part of it at the end of a path of views.

    The write itself has happened: this records what it means for gradients.
    """
    return x


def follow(x: Any, path: Path) -> Any:
    """The part of x at the end of the path."""
    for view, settings in path:
        x = view(x, **settings)
    return x


overwritten.vjp(
    x=lambda g, x_shape, path: masked(g, backend.outside(x_shape, lambda places: follow(places, path))),
    value=lambda g, path: follow(g, path),
)
