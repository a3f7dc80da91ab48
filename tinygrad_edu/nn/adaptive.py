"""A softmax over many classes that computes those of rare ones only where they are asked for."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ..errors import ShapeError
from ..functions.joining import cat
from ..functions.softmax import log_softmax
from ..tensor import Tensor
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class Outcome(NamedTuple):
    """The logarithm of each target's probability, and the loss, the mean of their negatives."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    r"""Log-probabilities of classes in clusters, the most frequent classes first; `(N, in), (N) -> ((N), ())`.

    The head has the classes below the first cutoff, and one entry for each cluster: $\ln p(y) = \ln p(cluster) +
    \ln p(y \mid cluster)$. A cluster's classes see the input through $in / div\_value^i$ features, so that rare classes
    cost little; `cutoffs` are the numbers of classes where clusters begin.

    >>> from tinygrad_edu import nn, tensor, zeros
    >>> layer = nn.AdaptiveLogSoftmaxWithLoss(16, 100, cutoffs=[10, 50])
    >>> layer.log_prob(zeros(2, 16)).shape
    (2, 100)
    >>> layer(zeros(2, 16), tensor([3, 70])).output.shape
    (2,)

    Raises:
        ValueError: the cutoffs are not integers in increasing order between 1 and n_classes - 1.
        ShapeError: in forward, input and target do not fit.
        RuntimeError: in forward, a target is no class.

    Source: Grave, Joulin, Cissé, Grangier and Jégou, "Efficient softmax approximation for GPUs" (2017).
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ends = [*cutoffs, n_classes]
        rising = all(low < high for low, high in zip([0, *ends], ends, strict=False))
        if len(ends) < 2 or not rising or any(int(end) != end for end in ends):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers in increasing order between 1 and "
                f"n_classes - 1 = {n_classes - 1}, got {cutoffs}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = ends
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = ends[0]
        self.n_clusters = len(ends) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        form: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, head_bias, **form)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(pairwise(ends), start=1):
            width = int(in_features // div_value**i)
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, **form), Linear(width, high - low, bias=False, **form)
                )
            )

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        for layer in (self.head, *[linear for cluster in self.tail for linear in cluster]):
            layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> Outcome:
        """The log-probability of each target, and the loss."""
        if target_.ndim > 1 or input_.ndim != target_.ndim + 1 or input_.shape[:-1] != target_.shape:
            raise ShapeError(
                "Input and target should have the same size in the batch dimension, (N, in) and (N), or (in) and (); "
                f"got {input_.shape} and {target_.shape}"
            )
        if target_.ndim == 0:
            output, loss = self.forward(input_.unsqueeze(0), target_.unsqueeze(0))
            return Outcome(output.squeeze(0), loss)
        if ((target_ < 0) | (target_ >= self.n_classes)).any():
            raise RuntimeError(f"Target values should be in [0, {self.n_classes - 1}], got {target_.tolist()!r:.80}")
        entry, inside = target_, []
        for i, (low, high) in enumerate(pairwise(self.cutoffs)):
            within = (target_ >= low) & (target_ < high)
            rows = within.nonzero().squeeze(1)
            if len(rows):
                entry = entry.masked_fill(within, self.shortlist_size + i)
                cluster = log_softmax(self.tail[i](input_.index_select(0, rows)), 1)
                inside.append((rows, cluster.gather(1, (target_[rows] - low).unsqueeze(1)).squeeze(1)))
        output = log_softmax(self.head(input_), 1).gather(1, entry.unsqueeze(1)).squeeze(1)
        for rows, more in inside:
            output = output.index_add(0, rows, more)
        return Outcome(output, -output.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes; `(N, in) -> (N, n_classes)`."""
        head = log_softmax(self.head(input), 1)
        clusters = [
            log_softmax(cluster(input), 1) + head[:, self.shortlist_size + i].unsqueeze(1)
            for i, cluster in enumerate(self.tail)
        ]
        return cat([head[:, : self.shortlist_size], *clusters], 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each input; `(N, in) -> (N)`."""
        return self.log_prob(input).argmax(1)
