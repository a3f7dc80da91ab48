"""The loss of connectionist temporal classification: a sequence of symbols from one of frames, alignment unknown."""

from collections.abc import Sequence
from typing import Any

from ...tensor import Tensor
from .. import functional
from .base import Loss

__all__ = ["CTCLoss"]


class CTCLoss(Loss):
    r"""-ln of the probability that the frames spell the target, whatever the alignment; `(T, N, C), (N, S) -> ()`.

    $-\ln \sum_{\pi} \prod_t p_t(\pi_t)$ over all paths $\pi$ that become the target once repeated symbols are merged
    and `blank` is dropped. "mean" is over losses divided by the lengths of their targets. A target that is too long
    for its frames has an infinite loss and a gradient of NaN; with `zero_infinity` both are 0.

    `log_probs (T, N, C)` from log_softmax; `targets (N, S)` or all one after the other `(sum)`; `input_lengths (N)`
    and `target_lengths (N)`, Tensors or sequences. Or of one sample `(T, C)`, `(S)`, `()`, `()`.

    Raises:
        ShapeError: in forward, the shapes or lengths do not fit.
        IndexError: in forward, blank or a symbol is not in 0 .. C - 1.
        ValueError: in forward, the reduction is not known.

    Source: Graves et al., "Connectionist Temporal Classification" (2006), section 4.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Any:
        """The loss of the sequences."""
        return functional.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
