"""A region proposal network: where in an image anything may be, whatever it is."""

from collections.abc import Sequence

import numpy

from .. import nn
from ..functions.creation import tensor, zeros
from ..functions.joining import cat, stack
from ..functions.random import Generator, randperm
from ..functions.sequences import arange
from ..grad_mode import no_grad
from ..nn import functional as F
from ..tensor import Tensor
from ..told import guarded
from .boxes import box_convert, box_iou, centred, nms
from .yolo import STRIDE, features

__all__ = ["RPN"]

OBJECT, BACKGROUND = 0.7, 0.3  # overlaps with a true box from which, and up to which, an anchor is taken for one
SAMPLED = 256  # anchors of an image that a step learns from, half of them objects if there are so many


class RPN(nn.Module):
    r"""Of N anchors, which are about an object, and how far they are off; `(B, C, H, W) -> (B, N), (B, N, 4)`.

    Anchors are boxes of a few sizes around the middle of each cell of 8x8 pixels. A box is told by its differences from
    an anchor: $t_x = (x - x_a) / w_a$, $t_w = \log(w / w_a)$, and so for y and h.

    Raises:
        ValueError: height or width is no multiple of 8.

    Source: Ren, He, Girshick and Sun, "Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks"
    (2015), section 3.1.
    """

    def __init__(
        self,
        image: tuple[int, int, int] = (1, 128, 128),
        anchors: Sequence[tuple[float, float]] = ((10, 10), (16, 16), (26, 26)),
        width: int = 16,
    ) -> None:
        super().__init__()
        self.features = features(image, width)
        self.shared = nn.Conv2d(8 * width, 8 * width, kernel_size=3, padding=1)
        self.objectness = nn.Conv2d(8 * width, len(anchors), kernel_size=1)
        self.differences = nn.Conv2d(8 * width, 4 * len(anchors), kernel_size=1)
        rows, columns = image[1] // STRIDE, image[2] // STRIDE
        middles = stack([arange(columns).expand(rows, columns), arange(rows)[:, None].expand(rows, columns)], -1) + 0.5
        middles = (STRIDE * middles)[:, :, None].repeat(1, 1, 1, 2)  # (rows, columns, 1, 4)
        boxes = middles + centred(tensor(numpy.array(anchors, "float32")))
        self.register_buffer("anchors", boxes.reshape(-1, 4))  # (N, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of objects, and the differences, of the anchors in rows of cells."""
        y = F.relu(self.shared(self.features(x)))
        logits = self.objectness(y).permute(0, 2, 3, 1).flatten(1)
        differences = self.differences(y).unflatten(1, (-1, 4)).permute(0, 3, 4, 1, 2).flatten(1, 3)
        return logits, differences

    @guarded
    def boxes(self, differences: Tensor) -> Tensor:
        """The boxes, as (x1, y1, x2, y2), that differ by so much from the anchors; `(.., N, 4)`."""
        middle, size = box_convert(self.anchors, "xyxy", "cxcywh").split(2, -1)
        moved, grown = differences.split(2, -1)
        return box_convert(cat([middle + moved * size, size * grown.exp()], -1), "cxcywh", "xyxy")

    @guarded
    def loss(
        self, logits: Tensor, differences: Tensor, truth: Sequence[Tensor], generator: Generator | None = None
    ) -> Tensor:
        """How far they are from the true boxes `(n, 4)` of each image, on some anchors that are drawn.

        An anchor is an object if it overlaps a true box by 0.7, or more than any other does, and background if it
        overlaps none by 0.3: a cross-entropy; for objects also the smooth absolute errors of the differences.
        """
        total = logits.new_zeros(())
        for image, boxes in enumerate(truth):
            nearest, objects, background = self.tasks(boxes)
            some = drawn(objects, SAMPLED // 2, generator)
            others = drawn(background, SAMPLED - len(some), generator)
            count = max(len(some) + len(others), 1)
            seen = F.softplus(-logits[image, some]).sum() + F.softplus(logits[image, others]).sum()
            total = total + seen / count
            if len(some):
                goal = self.told(boxes[nearest[some]], some)
                total = total + F.smooth_l1_loss(differences[image, some], goal, reduction="sum") / count
        return total / len(truth)

    def tasks(self, boxes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The true box nearest to each anchor, and which anchors are taken for objects and for background."""
        if not len(boxes):
            nothing = zeros(len(self.anchors), dtype=bool)
            return nothing.long(), nothing, ~nothing
        overlaps = box_iou(self.anchors, boxes)  # (N, n)
        best, nearest = overlaps.max(1)
        objects = (best >= OBJECT) | ((overlaps == overlaps.amax(0)) & (overlaps > 0)).any(1)
        return nearest, objects, (best < BACKGROUND) & ~objects

    @guarded
    def told(self, boxes: Tensor, anchors: Tensor) -> Tensor:
        """The differences of boxes from some anchors; `(n, 4), (n) -> (n, 4)`."""
        middle, size = box_convert(boxes, "xyxy", "cxcywh").split(2, -1)
        of_anchor, anchor_size = box_convert(self.anchors[anchors], "xyxy", "cxcywh").split(2, -1)
        return cat([(middle - of_anchor) / anchor_size, (size / anchor_size).log()], -1)

    @guarded
    def propose(self, x: Tensor, count: int = 100, iou_threshold: float = 0.7) -> list[tuple[Tensor, Tensor]]:
        """The boxes `(n, 4)` in each image that are likeliest to be about something, and how likely `(n)`."""
        with no_grad():
            logits, differences = self(x)
            edges = tensor([x.shape[3], x.shape[2]] * 2)
            found = []
            for score, boxes in zip(logits.sigmoid(), self.boxes(differences), strict=True):
                likely = score.topk(min(10 * count, len(score))).indices
                inside = boxes[likely].clamp(min=0).minimum(edges)
                best = nms(inside, score[likely], iou_threshold)[:count]
                found.append((inside[best], score[likely][best]))
        return found


def drawn(wanted: Tensor, count: int, generator: Generator | None) -> Tensor:
    """The indices of so many of those that are wanted, or of all; `(N) -> (n)`."""
    places = wanted.nonzero()[:, 0]
    return places[randperm(len(places), generator=generator)[:count]]
