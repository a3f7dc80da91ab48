"""Windows as columns and back: an adjoint pair."""

from typing import Any

from ..kernels import folding as kernels
from ..kernels.windows import Sizes, Window
from ..primitive import primitive


@primitive(formula=r"\bar{x} = \mathrm{from\_columns}(\bar{y})")
def columns(x: Any, *, window: Window, size: Sizes, spatial: Sizes) -> Any:
    """Each window of x as a column; `(B, C, *spatial) -> (B, C * K, L)` with L windows of K values."""
    return kernels.columns(x, window, size)


# a primitive for speed: as a sum of slices put into zeros, every tap would make a whole image
@primitive(formula=r"\bar{y} = \mathrm{columns}(\bar{x})")
def from_columns(y: Any, *, window: Window, size: Sizes, spatial: Sizes) -> Any:
    """Each column added where its window lies; `(B, C * K, L) -> (B, C, *spatial)`; the adjoint of columns."""
    return kernels.from_columns(y, window, size, spatial)


columns.vjp(x=lambda g, window, size, spatial: from_columns(g, window=window, size=size, spatial=spatial))
from_columns.vjp(y=lambda g, window, size, spatial: columns(g, window=window, size=size, spatial=spatial))
