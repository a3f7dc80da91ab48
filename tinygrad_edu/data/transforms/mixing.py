"""Transforms of whole batches that mix images and their labels in pairs."""

from dataclasses import dataclass, field

from ...errors import ShapeError, describe
from ...functions.indexing import one_hot
from ...functions.random import Generator, source_of
from ...grad_mode import no_grad
from ...recording import wrap
from ...tensor import Tensor
from .erasing import boxes
from .transform import is_number, needs_tensor

__all__ = ["CutMix", "MixUp"]


class Mixing:
    """What both do: each image of a batch gets the one before it as its partner, the first the last.

    Called with images `(B, C, H, W)` and labels, classes `(B,)` or shares of classes `(B, K)`, it gives the mixed
    images and the shares `(B, K)`, which `cross_entropy` takes as targets. It stands in the training loop, or in a
    DataLoader as `collate_fn=lambda samples: mix(*default_collate(samples))`.
    """

    alpha: float
    num_classes: int | None
    generator: Generator | None

    def __post_init__(self) -> None:
        if not (is_number(self.alpha) and self.alpha > 0):
            raise ValueError(f"{type(self).__name__} takes an alpha above 0, got {self.alpha!r}")

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The images mixed in pairs, and how much of each class is in each.

        Raises:
            ShapeError: these are not images and labels of one batch.
            ValueError: the labels are classes, and their number was not told.
        """
        for given in (images, labels):
            needs_tensor(type(self).__name__, given)
        if images.ndim != 4 or images.dtype.kind != "f" or len(labels) != len(images) or labels.ndim not in (1, 2):
            name = type(self).__name__
            found = f"{describe(images)} and {describe(labels)}"
            raise ShapeError(f"{name} takes images (B, C, H, W) of floats and labels (B,) or (B, K), got {found}")
        if labels.ndim == 1:
            if self.num_classes is None:
                raise ValueError(f"{type(self).__name__} needs num_classes to make shares of labels that are classes")
            labels = one_hot(labels, self.num_classes).to(images.dtype)
        with no_grad():
            images = images.detach()
            mixed, share = self.mixed(images, images.roll(1, 0))
            return mixed, labels * share + labels.roll(1, 0) * (1 - share)

    def mixed(self, images: Tensor, partners: Tensor) -> tuple[Tensor, float]:
        """The mixed images, and the share that is of the first ones."""
        raise NotImplementedError


@dataclass(eq=False)
class MixUp(Mixing):
    r"""Each image mixed with another of the batch, $\lambda x_i + (1 - \lambda) x_j$, and so their labels.

    $\lambda$ is drawn from the beta distribution of `alpha` for each batch: near 0 or 1 for a small alpha, even for 1.

    Source: Zhang, Cissé, Dauphin and Lopez-Paz (2018), "mixup: beyond empirical risk minimization", section 2.

    Raises:
        ValueError: alpha is not above 0.
    """

    alpha: float = 1.0
    num_classes: int | None = None
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def mixed(self, images: Tensor, partners: Tensor) -> tuple[Tensor, float]:
        """Mix the pixels."""
        share = float(source_of(self.generator).beta(self.alpha, self.alpha))
        return images * share + partners * (1 - share), share


@dataclass(eq=False)
class CutMix(Mixing):
    r"""Each image with a rectangle of another of the batch in it, and the labels mixed by the areas.

    The rectangle's middle is anywhere in the image, its sides are $\sqrt{1 - \lambda}$ of the image's before it is cut
    at the edges, and $\lambda$ is drawn from the beta distribution of `alpha` for each batch.

    Source: Yun et al. (2019), "CutMix: regularization strategy to train strong classifiers with localizable features",
    section 3.

    Raises:
        ValueError: alpha is not above 0.
    """

    alpha: float = 1.0
    num_classes: int | None = None
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def mixed(self, images: Tensor, partners: Tensor) -> tuple[Tensor, float]:
        """Put the rectangles in."""
        source = source_of(self.generator)
        half = 0.5 * (1 - source.beta(self.alpha, self.alpha)) ** 0.5
        (top, bottom), (left, right) = (
            (max(middle - round(half * n), 0), min(middle + round(half * n), n))
            for n in images.shape[2:]
            for middle in [int(source.integers(n))]
        )
        cut = boxes(images.shape, top, left, bottom - top, right - left)
        return partners.where(wrap(cut), images), 1 - float(cut.mean())
