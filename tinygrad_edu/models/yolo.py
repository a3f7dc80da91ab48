"""YOLOv2: boxes and what is in them, from one look at an image."""

from collections.abc import Sequence

import numpy

from .. import nn
from ..functions.creation import tensor, zeros
from ..functions.joining import cat, stack
from ..functions.sequences import arange
from ..grad_mode import no_grad
from ..nn import functional as F
from ..tensor import Tensor
from ..told import guarded
from .boxes import box_convert, box_iou, centred, nms
from .fcn import conv

__all__ = ["STRIDE", "YOLO", "features"]

STRIDE = 8  # pixels of a cell
NEAR = 0.6  # from this overlap with a true box on, a box is not told that nothing is there


def features(image: tuple[int, int, int], width: int) -> nn.Sequential:
    """Convolutions and poolings to maps of cells; `(B, C, H, W) -> (B, 8 width, H/8, W/8)`.

    Raises:
        ValueError: height or width is no multiple of 8.
    """
    channels, height, breadth = image
    if height % STRIDE or breadth % STRIDE:
        raise ValueError(f"cells have {STRIDE}x{STRIDE} pixels, into which {height}x{breadth} cannot be cut")
    return nn.Sequential(
        conv(channels, width),
        nn.MaxPool2d(2),
        conv(width, 2 * width),
        nn.MaxPool2d(2),
        conv(2 * width, 4 * width),
        nn.MaxPool2d(2),
        conv(4 * width, 8 * width),
        conv(8 * width, 8 * width),
    )


class YOLO(nn.Module):
    r"""Raw numbers of boxes: for each anchor and cell (x, y, width, height, object, classes).

    `(B, C, H, W) -> (B, anchors, H/8, W/8, 5 + classes)`. `boxes` turns them into pixels, `loss` trains them, and
    `detect` gives what is seen. A cell's box has its centre within the cell and its size beside the anchor's:
    $x = 8 (\sigma(t_x) + c_x)$, $w = a_w e^{t_w}$. A small network in the place of the paper's Darknet-19.

    Raises:
        ValueError: height or width is no multiple of 8.

    Source: Redmon and Farhadi, "YOLO9000: Better, Faster, Stronger" (2017), section 2 and figure 3.
    """

    def __init__(
        self,
        image: tuple[int, int, int] = (1, 128, 128),
        classes: int = 1,
        anchors: Sequence[tuple[float, float]] = ((10, 10), (16, 16), (26, 26)),
        width: int = 16,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("anchors", tensor(numpy.array(anchors, "float32")))
        self.features = features(image, width)
        self.output = nn.Conv2d(8 * width, len(anchors) * (5 + classes), kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """The raw numbers."""
        y = self.output(self.features(x))
        return y.unflatten(1, (len(self.anchors), 5 + self.classes)).permute(0, 1, 3, 4, 2)

    @guarded
    def boxes(self, raw: Tensor) -> Tensor:
        """The boxes in pixels, as (x1, y1, x2, y2); `(B, A, H/8, W/8, ..) -> (B, A, H/8, W/8, 4)`."""
        rows, columns = raw.shape[2:4]
        cells = stack([arange(columns).expand(rows, columns), arange(rows)[:, None].expand(rows, columns)], -1)
        centre = STRIDE * (raw[..., :2].sigmoid() + cells)
        size = self.anchors[:, None, None] * raw[..., 2:4].exp()
        return cat([centre - size / 2, centre + size / 2], -1)

    @guarded
    def loss(self, raw: Tensor, truth: Sequence[Tensor], labels: Sequence[Tensor] | None = None) -> Tensor:
        """How far the raw numbers are from the true boxes `(n, 4)` of each image and their classes `(n)`.

        Each true box is the task of the cell with its centre and of the anchor most like it: there are squared errors
        of place and size, and cross-entropies of "object" and of the class. Elsewhere it is "no object", but for boxes
        that are near a true one.
        """
        background = zeros(raw.shape[:4], dtype=bool)
        chosen, goals = [], []
        with no_grad():
            decoded = self.boxes(raw).flatten(1, 3)
            for image, boxes in enumerate(truth):
                near = (box_iou(decoded[image], boxes) > NEAR).any(1) if len(boxes) else zeros(1, dtype=bool)
                background[image] = (~near).expand(decoded.shape[1]).reshape(raw.shape[1:4])
                centre, size = box_convert(boxes, "xyxy", "cxcywh").split(2, -1)
                anchor = box_iou(centred(size), centred(self.anchors)).argmax(1)
                column, row = (centre / STRIDE).long().clamp(min=0).unbind(-1)
                row, column = row.clamp(max=raw.shape[2] - 1), column.clamp(max=raw.shape[3] - 1)
                background[image, anchor, row, column] = False
                place = centre / STRIDE - stack([column, row], -1)
                goals.append(cat([place, (size / self.anchors[anchor]).log()], 1))
                chosen.append(stack([anchor * 0 + image, anchor, row, column]))
        mine, goal = raw[tuple(cat(chosen, 1))], cat(goals)  # (n, 5 + classes), (n, 4)
        errors = F.mse_loss(cat([mine[:, :2].sigmoid(), mine[:, 2:4]], 1), goal, reduction="sum")
        seen = F.softplus(-mine[:, 4]).sum() + F.softplus(raw[..., 4][background]).sum()
        named = 0.0 if labels is None else F.cross_entropy(mine[:, 5:], cat(list(labels)), reduction="sum")
        return (errors + seen + named) / max(len(goal), 1)

    @guarded
    def detect(
        self, x: Tensor, threshold: float = 0.5, iou_threshold: float = 0.5
    ) -> list[tuple[Tensor, Tensor, Tensor]]:
        """The boxes `(n, 4)` in each image, their scores `(n)` and classes `(n)`, the best first."""
        with no_grad():
            raw = self(x)
            boxes, flat = self.boxes(raw).flatten(1, 3), raw.flatten(1, 3)
            probability, label = flat[..., 5:].softmax(-1).max(-1)
            score = flat[..., 4].sigmoid() * probability
            found = []
            for image in range(len(x)):
                likely = score[image] > threshold
                kept = [part[image][likely] for part in (boxes, score, label)]
                apart = kept[2][:, None] * (boxes[image].abs().max() + 1) * 2  # classes do not suppress each other
                best = nms(kept[0] + apart, kept[1], iou_threshold)
                found.append((kept[0][best], kept[1][best], kept[2][best]))
        return found
