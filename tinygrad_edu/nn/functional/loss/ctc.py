"""The loss of connectionist temporal classification: a sequence of symbols from one of frames, alignment unknown."""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from ....errors import ShapeError
from ....kernels.ctc import Spelling, log_forward, shares, spell
from ....primitive import primitive
from ....recording import wrap
from ....tensor import Tensor
from .reduction import check_tensors, reduced

__all__ = ["ctc_loss"]

Array = NDArray[Any]


# two outputs: the lattice of all paths is half of the work, and the gradient needs it again
@primitive(formula=r"\bar{x} = \bar{y}\,(e^x - P(\mathrm{symbol} \mid \mathrm{target}))", promotion="float")
def path_losses(x: Any, *, spelling: Spelling, blank: int, counted: bool) -> Any:
    """-ln of the probability of all paths that spell the target, and their lattice; `(T, N, C) -> (N), (T+1, N, L)`.

    `counted`: whether a target without a path counts, with a gradient of NaN.
    """
    return log_forward(x, spelling)


@primitive(formula=r"\text{undefined}")
def path_gradient(
    y: Any, x: Any, losses: Any, lattice: Any, *, spelling: Spelling, blank: int, counted: bool, xp: Any
) -> Any:
    """The gradient in the logits of which x is the log-softmax, which is also that in x; `(N) -> (T, N, C)`.

    To take e^x along, which log_softmax would take away again, leaves it as it is.
    """
    inside = xp.arange(len(x))[:, None] < (spelling.frames if counted else spelling.frames * (losses != xp.inf))
    found = (xp.exp(x) - shares(x, losses, lattice, spelling, blank)) * y[:, None]
    return xp.where(inside[:, :, None], found, xp.zeros((), x.dtype))


def refuse(g: Any) -> Any:
    """The rule of what has no derivative here, and in PyTorch neither."""
    raise RuntimeError("ctc_loss has no second derivative; detach() its gradient, or take it without create_graph")


path_losses.vjp(
    x=lambda g, x, out, spelling, blank, counted: path_gradient(
        g[0], x, out[0], out[1], spelling=spelling, blank=blank, counted=counted
    )
)
path_gradient.vjp(y=refuse, x=refuse, losses=refuse, lattice=refuse)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """-ln of the probability that the frames spell the target; see nn.CTCLoss.

    `log_probs (T, N, C)`, `targets (N, S)` or all one after the other `(sum)`, lengths `(N)`; or of one sample
    `(T, C)`, `(S)`, `()`. The mean is over losses divided by the lengths of their targets. The gradient is exact where
    `log_probs` come from log_softmax, as in PyTorch.

    Raises:
        ShapeError: the shapes do not fit; `log_probs` is empty; a length is longer than what it measures.
        IndexError: a symbol is not in 0 .. C - 1.
        RuntimeError: blank is not; the lengths are no integers.
        ValueError: the reduction is not known.
        TypeError: `log_probs` or `targets` is no Tensor; `log_probs` holds no floats; targets no integers.
    """
    check_tensors("ctc_loss", log_probs=log_probs, targets=targets)
    single = log_probs.ndim == 2
    x = log_probs.unsqueeze(1) if single else log_probs
    if x.ndim != 3 or x.dtype.kind != "f":
        kind = ShapeError if x.dtype.kind == "f" else TypeError
        raise kind(f"ctc_loss takes floats (T, N, C) or (T, C), got {log_probs.dtype} {log_probs.shape}")
    length, count, classes = x.shape
    if x.numel() == 0:
        raise ShapeError(f"ctc_loss takes at least one frame, sample and class, got log_probs {log_probs.shape}")
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank is one of the classes 0 to {classes - 1}, got {blank}")
    frames = lengths_of(input_lengths, count, "input_lengths")
    spelt = lengths_of(target_lengths, count, "target_lengths")
    if frames.max(initial=0) > length:
        raise ShapeError(f"ctc_loss: there are {length} frames, but input_lengths has {frames.max()}")
    symbols = padded(targets.numpy(), spelt, blank)
    if symbols.size and not (symbols.min() >= 0 and symbols.max() < classes):
        raise IndexError(f"symbols are 0 to {classes - 1}, the targets have {symbols.min()} to {symbols.max()}")
    spelling = spell(symbols, spelt, frames, blank)
    losses, _ = path_losses(x, spelling=spelling, blank=blank, counted=not zero_infinity)
    if zero_infinity:
        losses = losses.masked_fill(losses == numpy.inf, 0)
    if reduction == "mean":
        losses = losses / wrap(numpy.maximum(spelt, 1))
    return reduced(losses.reshape(()) if single else losses, reduction)


def lengths_of(given: Any, count: int, name: str) -> Array:
    """A batch's lengths as an array; `(N)`.

    Raises:
        ShapeError: there is not one for each sample, or one is negative.
        RuntimeError: they are no integers.
    """
    lengths = given.numpy() if isinstance(given, Tensor) else numpy.array(given)
    if lengths.size and lengths.dtype.kind not in "iu":
        raise RuntimeError(f"ctc_loss takes integers as {name}, got {given!r:.80}")
    if lengths.size != count or lengths.ndim > 1 or lengths.min(initial=0) < 0:
        raise ShapeError(f"ctc_loss takes {name} of 0 or more, one for each of {count} samples, got {given!r:.80}")
    return lengths.reshape(count).astype(numpy.int64)


def padded(targets: Array, lengths: Array, blank: int) -> Array:
    """The targets as rows, with blanks after their ends; `(N, S)` or `(sum) -> (N, max)`.

    Raises:
        ShapeError: the targets are fewer than the lengths say, or the rows not as many.
        TypeError: they are no integers.
    """
    if targets.size and targets.dtype.kind not in "iu":
        raise TypeError(f"ctc_loss takes integers as targets, got {targets.dtype}")
    inside = numpy.arange(lengths.max(initial=0)) < lengths[:, None]
    rows = numpy.full(inside.shape, blank, numpy.int64)
    if targets.ndim == 2 and len(targets) == len(lengths) and targets.shape[1] >= inside.shape[1]:
        rows[inside] = targets[:, : inside.shape[1]][inside]
    elif targets.ndim == 1 and targets.size == lengths.sum():
        rows[inside] = targets
    else:
        raise ShapeError(
            f"ctc_loss takes {len(lengths)} rows of at least {inside.shape[1]} symbols, "
            f"or all {lengths.sum()} in one dimension, got targets {targets.shape}"
        )
    return rows
