"""Pruning: some elements of a parameter held at 0 by a mask, which training then leaves at 0."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TypeVar

from ...functions.creation import ones_like, zeros_like
from ...functions.norms import norm
from ...functions.random import rand
from ...functions.sorting import topk
from ...grad_mode import no_grad
from ...tensor import Tensor
from ...told import guard
from ..module import Module
from .vectors import parameters_to_vector

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]

M = TypeVar("M", bound=Module)


class BasePruningMethod:
    """How elements are chosen: a subclass defines `compute_mask(t, default_mask)`, which gives zeros and ones.

    Of a parameter that is pruned already, a method with the PRUNING_TYPE "unstructured" is asked about those elements
    alone that are not pruned yet, as a vector; with "structured" about those slices along its `dim`; with "global"
    about all. As a hook of the module it computes the pruned parameter before each call.
    """

    PRUNING_TYPE: ClassVar[str] = "unstructured"
    _tensor_name: str = ""

    def __call__(self, module: Module, args: Any) -> None:
        """Compute the pruned parameter."""
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it prunes: give it a method compute_mask()")

    def apply_mask(self, module: Module) -> Any:
        """The original parameter, 0 where the mask is."""
        return getattr(module, f"{self._tensor_name}_orig") * getattr(module, f"{self._tensor_name}_mask")

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """A Tensor pruned by this method, and where the default mask is 0; it is not changed itself."""
        mask = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(t if importance_scores is None else importance_scores, mask)

    @classmethod
    def apply(cls, module: Module, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune a module's parameter by this method, whose own arguments follow; gives the method, or all of them."""
        return prune_by(cls(*args, **kwargs), module, name, importance_scores)

    def remove(self, module: Module) -> None:
        """Make the pruned parameter one again: the same object, which an optimizer may hold."""
        name = self._tensor_name
        original, pruned = getattr(module, f"{name}_orig"), self.apply_mask(module).detach()
        for part in (name, f"{name}_orig", f"{name}_mask"):
            delattr(module, part)
        original.data = pruned
        setattr(module, name, original)

    def _masked(self, scores: Any, mask: Any) -> Any:
        """The mask, of which more is 0."""
        if self.PRUNING_TYPE == "unstructured":
            chosen = mask == 1
        elif self.PRUNING_TYPE == "structured":
            others = [d for d in range(mask.ndim) if d != self.dim % mask.ndim]  # type: ignore[attr-defined]
            chosen = [slice(None)] * mask.ndim
            chosen[self.dim] = mask.sum(others) != 0  # type: ignore[attr-defined]
            chosen = tuple(chosen)
        else:
            chosen = ...
        new = mask.clone()
        new[chosen] = self.compute_mask(scores[chosen], mask[chosen]).to(mask.dtype)
        return new


class PruningContainer(BasePruningMethod):
    """The methods that have pruned one parameter, one after the other.

    Raises:
        TypeError: what is added is no method.
        ValueError: it is one for another parameter.
    """

    def __init__(self, *methods: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        for method in methods:
            self._tensor_name = self._tensor_name or method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add a method that prunes more."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"a PruningContainer takes pruning methods, got {type(method).__name__}")
        if method._tensor_name != self._tensor_name:
            raise ValueError(f"these methods prune {self._tensor_name!r}, and the new one {method._tensor_name!r}")
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, i: int) -> BasePruningMethod:
        return self._pruning_methods[i]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask of those before, of which the last method makes more 0."""
        return self[-1]._masked(t, default_mask.to(t.dtype))


def prune_by(method: BasePruningMethod, module: Any, name: str, scores: Any = None) -> BasePruningMethod:
    """Put a mask on a module's parameter, or add to the one that is there.

    Raises:
        ValueError: the module has no such parameter, or the scores another shape.
    """
    key, known = hook_of(module, name)
    original = module._parameters.get(f"{name}_orig" if known else name)
    if original is None:
        raise ValueError(f"{type(module).__name__} has no parameter {name!r}; it has {list(module._parameters)}")
    scores = original.detach() if scores is None else scores
    if scores.shape != original.shape:
        raise ValueError(f"the importance scores must have the parameter's shape {original.shape}, got {scores.shape}")
    method._tensor_name = name
    if known is not None:
        method = PruningContainer(*(known if isinstance(known, PruningContainer) else [known]), method)
        mask = getattr(module, f"{name}_mask")
        with no_grad():
            mask.copy_(method.compute_mask(scores, mask))
        module._forward_pre_hooks[key] = method
    else:
        with no_grad():
            mask = method.compute_mask(scores, ones_like(original)).to(original.dtype)
        delattr(module, name)
        module.register_parameter(f"{name}_orig", original)
        module.register_buffer(f"{name}_mask", mask)
        module.register_forward_pre_hook(method)
    setattr(module, name, method.apply_mask(module))
    return method


def hook_of(module: Module, name: str) -> tuple[int, BasePruningMethod | None]:
    """What prunes a parameter, with its key among the hooks; None if nothing does."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return 0, None


def check_amount(amount: Any) -> None:
    """Refuse what is an amount of nothing.

    Raises:
        TypeError: it is no number.
        ValueError: it is negative, or a fraction above 1.
    """
    if not isinstance(amount, int | float):
        raise TypeError(f"amount is a fraction from 0 to 1 or a number of elements, got {type(amount).__name__}")
    if amount < 0 or (isinstance(amount, float) and amount > 1):
        raise ValueError(f"amount is a fraction from 0 to 1 or a number of elements, got {amount!r}")


def counted(amount: Any, size: int) -> int:
    """How many of so many elements an amount is: itself if it is an integer, else a fraction of them.

    Raises:
        ValueError: it is neither a fraction nor such a number.
    """
    count = round(amount * size) if isinstance(amount, float) else amount
    if (isinstance(amount, float) and not 0 <= amount <= 1) or not 0 <= count <= size:
        raise ValueError(f"amount is a fraction from 0 to 1 or a number of elements up to {size}, got {amount!r}")
    return int(count)


class Identity(BasePruningMethod):
    """Nothing, but the mask is there."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask as it is."""
        return default_mask


class CustomFromMask(BasePruningMethod):
    """What a given mask rules out."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Where neither mask is 0."""
        return default_mask * self.mask.to(default_mask.dtype)


class Unstructured(BasePruningMethod):
    """Elements wherever they stand."""

    def __init__(self, amount: Any) -> None:
        check_amount(amount)
        self.amount = amount

    def _scored(self, t: Any) -> Any:
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """0 at those of the lowest scores."""
        mask, count = default_mask.clone(), counted(self.amount, t.numel())
        if count:
            mask.view(-1)[topk(self._scored(t).reshape(-1), count, largest=False)[1]] = 0
        return mask


class L1Unstructured(Unstructured):
    """Elements of the smallest absolute values."""

    def _scored(self, t: Any) -> Any:
        return t.abs()


class RandomUnstructured(Unstructured):
    """Elements at random."""

    def _scored(self, t: Any) -> Any:
        return -rand(t.shape, dtype=t.dtype)


class Structured(BasePruningMethod):
    """Whole slices along a dimension."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        check_amount(amount)
        self.amount = amount
        self.dim = dim

    def _scored(self, t: Any) -> Any:
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """0 at the slices of the lowest scores."""
        size = t.shape[self.dim]
        kept = topk(self._scored(t), size - counted(self.amount, size))[1]
        place: list[Any] = [slice(None)] * t.ndim
        place[self.dim] = kept
        mask = zeros_like(default_mask)
        mask[tuple(place)] = 1
        return default_mask * mask


class RandomStructured(Structured):
    """Slices at random."""

    def _scored(self, t: Any) -> Any:
        return rand(t.shape[self.dim])


class LnStructured(Structured):
    """Slices of the smallest norms."""

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _scored(self, t: Any) -> Any:
        return norm(t, self.n, tuple([d for d in range(t.ndim) if d != self.dim % t.ndim]))


def identity(module: M, name: str) -> M:
    """Give a parameter a mask of ones."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: M, name: str, amount: Any) -> M:
    """Prune a number, or a fraction, of the elements at random; what is pruned already does not count.

    Raises:
        ValueError: the module has no such parameter, or the amount is none.
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: M, name: str, amount: Any, importance_scores: Tensor | None = None) -> M:
    """Prune a number, or a fraction, of the elements, those of the smallest absolute values, or scores.

    The parameter gives way to `name_orig`, and to the buffer `name_mask`, with which it is multiplied at each call.

    >>> from tinygrad_edu import nn
    >>> layer = l1_unstructured(nn.Linear(4, 2), "weight", amount=0.5)
    >>> int((layer.weight == 0).sum()), sorted(layer.state_dict())
    (4, ['bias', 'weight_mask', 'weight_orig'])

    Raises:
        ValueError: the module has no such parameter, or the amount is none.
    """
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: M, name: str, amount: Any, dim: int) -> M:
    """Prune a number, or a fraction, of the slices along a dimension at random.

    Raises:
        ValueError: the module has no such parameter, or the amount is none.
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: M, name: str, amount: Any, n: Any, dim: int, importance_scores: Tensor | None = None) -> M:
    """Prune a number, or a fraction, of the slices along a dimension, those of the smallest n-norms.

    Raises:
        ValueError: the module has no such parameter, or the amount is none.
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: M, name: str, mask: Tensor) -> M:
    """Prune the elements at which a mask is 0.

    Raises:
        ValueError: the module has no such parameter.
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune several parameters as if they were one, by an unstructured method such as L1Unstructured.

    Raises:
        TypeError: the method is structured.
    """
    method, pairs, scores = pruning_method(**kwargs), list(parameters), importance_scores or {}
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(f"several parameters are pruned as one by unstructured methods, not {pruning_method.__name__}")
    values = [scores.get((module, name), getattr(module, name)).detach() for module, name in pairs]
    masks = [getattr(module, f"{name}_mask", ones_like(x)) for (module, name), x in zip(pairs, values, strict=True)]
    with no_grad():
        whole = method._masked(parameters_to_vector(values), parameters_to_vector(masks))
    start = 0
    for (module, name), x in zip(pairs, values, strict=True):
        custom_from_mask(module, name, whole[start : start + x.numel()].reshape(x.shape))
        start += x.numel()


def remove(module: M, name: str) -> M:
    """Make a pruned parameter one again, with zeros where it was pruned.

    Raises:
        ValueError: it is not pruned.
    """
    key, method = hook_of(module, name)
    if method is None:
        raise ValueError(f"{type(module).__name__}.{name} is not pruned")
    method.remove(module)
    del module._forward_pre_hooks[key]
    return module


def is_pruned(module: Module) -> bool:
    """Whether a parameter of this module, or of one below it, is pruned."""
    return any(
        isinstance(hook, BasePruningMethod) for part in module.modules() for hook in part._forward_pre_hooks.values()
    )


guard(globals(), __all__, __name__, held=False)
