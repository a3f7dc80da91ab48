"""Distribution: what all distributions share, their shapes and the checks of their arguments."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from ..dtypes import get_default_dtype
from ..functions.creation import tensor
from ..functions.layout import Size
from ..functions.movement import broadcast_tensors
from ..functions.reduction import all as all_of
from ..grad_mode import no_grad
from ..tensor import Tensor
from ..told import guard_methods
from .constraints import is_dependent

__all__ = ["Distribution", "broadcast_all", "check_one", "sum_rightmost"]


class Distribution:
    """A family of distributions: `batch_shape` of them, each over events of `event_shape`.

    A sample has shape `(*sample_shape, *batch_shape, *event_shape)`, its log-probability `(*sample_shape,
    *batch_shape)`. A subclass names the constraints of its parameters in `arg_constraints` and that of its samples in
    `support`; both are checked unless `validate_args` is False.

    Raises:
        ValueError: a parameter is not what its constraint says.
    """

    has_rsample = False
    has_enumerate_support = False
    arg_constraints: ClassVar[Any] = None
    _validate_args = __debug__
    _common: ClassVar[tuple[str, ...]] = ()  # parameters that the whole batch has in common, such as a temperature

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        guard_methods(cls, "__init__")

    def __init__(
        self, batch_shape: Sequence[int] = (), event_shape: Sequence[int] = (), validate_args: bool | None = None
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()
        super().__init__()  # a distribution may be a Module, too

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Say whether arguments are checked where `validate_args` is not given.

        Raises:
            ValueError: it is neither True nor False.
        """
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args takes True or False, got {value!r:.60}")
        Distribution._validate_args = bool(value)

    def _check_parameters(self) -> None:
        for name, constraint in (self.arg_constraints or {}).items():
            # what is computed when it is first asked for is not asked for
            if (name in vars(self) or isinstance(getattr(type(self), name), property)) and not is_dependent(constraint):
                value = getattr(self, name)
                if not all_of(constraint.check(value)).item():
                    raise ValueError(
                        f"the parameter {name} of {type(self).__name__} must satisfy {constraint}, got {value}"
                    )

    # shapes

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters, an event's own dimensions aside."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one sample of one distribution."""
        return self._event_shape

    def _extended_shape(self, sample_shape: Sequence[int] = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Self:
        """The same distributions, repeated without a copy to a larger batch."""
        new, before = self._get_checked_instance(type(self), _instance), len(self._batch_shape)
        vars(new).update(vars(self))
        new._batch_shape = Size(batch_shape)
        for name, value in vars(self).items():
            if isinstance(value, Tensor) and name not in self._common and value.shape[:before] == self._batch_shape:
                setattr(new, name, value.expand(*batch_shape, *value.shape[before:]))
            elif isinstance(value, Distribution):
                setattr(new, name, value.expand((*batch_shape, *value.batch_shape[before:])))
        return new

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """A new object of this class, or the one given, to be filled by the `expand` of a class.

        Raises:
            NotImplementedError: a derived class, which makes its objects in another way, has no `expand` of its own.
        """
        if _instance is None and type(self).__init__ is not cls.__init__:  # type: ignore[misc]
            raise NotImplementedError(f"{type(self).__name__} has an __init__ of its own, and needs an expand, too")
        return type(self).__new__(type(self)) if _instance is None else _instance

    # what a subclass says of itself

    @property
    def support(self) -> Any:
        """The constraint of the samples."""
        raise self._absent("support")

    @property
    def mean(self) -> Any:
        """The expected value."""
        raise self._absent("mean")

    @property
    def mode(self) -> Any:
        """The likeliest value."""
        raise self._absent("mode")

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        raise self._absent("variance")

    @property
    def stddev(self) -> Any:
        """The square root of the variance."""
        return self.variance.sqrt()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Samples, as a function of the parameters through which gradients flow to them."""
        raise self._absent("rsample")

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Samples, without gradients."""
        with no_grad():
            return self.rsample(sample_shape)

    def sample_n(self, n: int) -> Any:
        """n samples; older programs call it, others `sample((n,))`."""
        return self.sample((n,))

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density, or of the probability, at a value."""
        raise self._absent("log_prob")

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        raise self._absent("cdf")

    def icdf(self, value: Tensor) -> Any:
        """The value which a sample is below with the probability given."""
        raise self._absent("icdf")

    def entropy(self) -> Any:
        """The expected negative logarithm of the density, or of the probability, in nats."""
        raise self._absent("entropy")

    def perplexity(self) -> Any:
        """The exponential of the entropy."""
        return self.entropy().exp()

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values, along a new first dimension; without `expand` not repeated over the batch."""
        raise self._absent("enumerate_support")

    def _absent(self, name: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} has no {name}")

    def _validate_sample(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError(f"{type(self).__name__} takes a Tensor as the value, got {type(value).__name__}")
        wanted = (*self._batch_shape, *self._event_shape)
        events = value.shape[value.ndim - len(self._event_shape) :]
        pairs = zip(value.shape[::-1], wanted[::-1], strict=False)  # the shorter is broadcast
        if events != self._event_shape or any(m != n and 1 not in (m, n) for m, n in pairs):
            raise ValueError(f"{type(self).__name__} takes values of shape (*, {wanted}), got {value.shape}")
        if not all_of(self.support.check(value)).item():
            raise ValueError(f"the value must lie within the support {self.support} of {self}, got {value}")

    def __repr__(self) -> str:
        given = [(name, vars(self)[name]) for name in self.arg_constraints or {} if name in vars(self)]
        told = [f"{name}: {x if x.numel() == 1 else x.size()}" for name, x in given]
        return f"{type(self).__name__}({', '.join(told)})"


def broadcast_all(*values: Any) -> Any:
    """Tensors and numbers as Tensors of one shape; a number takes the dtype of the first Tensor, or the default.

    Raises:
        ValueError: something is neither.
    """
    for x in values:
        if not isinstance(x, (Tensor, int, float)):
            raise ValueError(f"a distribution's parameters are Tensors and numbers, got {type(x).__name__}")
    dtype = next((x.dtype for x in values if isinstance(x, Tensor)), get_default_dtype())
    return broadcast_tensors(*[x if isinstance(x, Tensor) else tensor(x, dtype=dtype) for x in values])


def sum_rightmost(value: Any, dims: int) -> Any:
    """The sum over so many last dimensions."""
    return value.flatten(-dims).sum(-1) if dims else value


def check_one(**given: Any) -> None:
    """Refuse none and several of parameters that stand for each other.

    Raises:
        ValueError: not exactly one is given.
    """
    if sum(value is not None for value in given.values()) != 1:
        raise ValueError(f"exactly one of {', '.join(given)} must be given")
