"""Boxes around things: their overlap, the best of many, and how good a detector is.

A box is (x1, y1, x2, y2), its left, top, right and bottom, if nothing else is said.
"""

from collections.abc import Sequence
from typing import Any

import numpy

from ..functions.creation import as_tensor
from ..functions.joining import stack
from ..functions.random import Generator, randperm
from ..ops.elementwise import maximum, minimum
from ..recording import wrap
from ..tensor import Tensor
from ..told import guard

__all__ = ["anchors_by_k_means", "average_precision", "box_area", "box_convert", "box_iou", "nms"]

FORMS = ("xyxy", "xywh", "cxcywh")


def box_convert(boxes: Tensor, in_fmt: str, out_fmt: str) -> Tensor:
    """Boxes in another form: "xyxy", "xywh" (left, top, width, height) or "cxcywh" (centre, width, height); `(.., 4)`.

    Raises:
        ValueError: there is no such form.

    >>> from tinygrad_edu import tensor
    >>> box_convert(tensor([10.0, 10.0, 4.0, 2.0]), "cxcywh", "xyxy")
    tensor([ 8.,  9., 12., 11.])
    """
    if in_fmt not in FORMS or out_fmt not in FORMS:
        raise ValueError(f"boxes are in the form {', '.join(FORMS)}; got {in_fmt!r} and {out_fmt!r}")
    x, y, third, fourth = boxes.unbind(-1)
    if in_fmt == "cxcywh":
        x, y = x - third / 2, y - fourth / 2
    if in_fmt != "xyxy":
        third, fourth = x + third, y + fourth
    width, height = third - x, fourth - y
    if out_fmt == "xyxy":
        return stack([x, y, third, fourth], -1)
    return stack([x, y, width, height] if out_fmt == "xywh" else [x + width / 2, y + height / 2, width, height], -1)


def box_area(boxes: Tensor) -> Tensor:
    """The area of each box; `(.., 4) -> (..)`."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """The intersection of each two boxes over their union; `(N, 4), (M, 4) -> (N, M)`.

    >>> from tinygrad_edu import tensor
    >>> box_iou(tensor([[0.0, 0.0, 2.0, 2.0]]), tensor([[1.0, 0.0, 3.0, 2.0], [5.0, 5.0, 6.0, 6.0]]))
    tensor([[0.3333, 0.0000]])
    """
    top_left = maximum(boxes1[:, None, :2], boxes2[None, :, :2])
    bottom_right = minimum(boxes1[:, None, 2:], boxes2[None, :, 2:])
    common = (bottom_right - top_left).clamp(min=0).prod(-1)
    return common / (box_area(boxes1)[:, None] + box_area(boxes2) - common)


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Non-maximum suppression: the indices of boxes that no better one overlaps by more than that, the best first.

    `boxes (N, 4), scores (N) -> (M)`.
    """
    order = scores.argsort(descending=True).numpy()
    overlapping = (box_iou(boxes[order], boxes[order]).detach() > iou_threshold).numpy()
    alive = numpy.ones(len(order), bool)
    for i in range(len(order)):
        if alive[i]:
            alive[i + 1 :] &= ~overlapping[i, i + 1 :]
    return wrap(order[alive])


def anchors_by_k_means(sizes: Tensor, k: int, steps: int = 100, generator: Generator | None = None) -> Tensor:
    """The k widths and heights that those of boxes group around, small ones first; `(N, 2) -> (k, 2)`.

    Groups are by overlap, not by distance, or large boxes would count for more: a box is with the anchor that has the
    largest IoU with it when both have one centre.

    Raises:
        ValueError: there are fewer boxes than groups.

    Source: Redmon and Farhadi, "YOLO9000: Better, Faster, Stronger" (2017), section 2, dimension clusters.
    """
    if not 0 < k <= len(sizes):
        raise ValueError(f"{len(sizes)} boxes cannot be in {k} groups")
    anchors = sizes[randperm(len(sizes), generator=generator)[:k]]
    nearest: Any = None
    for _ in range(steps):
        before, nearest = nearest, box_iou(centred(sizes), centred(anchors)).argmax(1)
        if before is not None and (before == nearest).all():
            break
        groups = [sizes[nearest == i] for i in range(k)]
        anchors = stack([group.mean(0) if len(group) else anchors[i] for i, group in enumerate(groups)])
    return anchors[(anchors[:, 0] * anchors[:, 1]).argsort()]


def centred(sizes: Tensor) -> Tensor:
    """Boxes of these sizes around one point; `(N, 2) -> (N, 4)`."""
    return stack([-sizes[:, 0], -sizes[:, 1], sizes[:, 0], sizes[:, 1]], 1) / 2


def average_precision(
    found: Sequence[tuple[Tensor, Tensor]], truth: Sequence[Tensor], iou_threshold: float = 0.5
) -> float:
    """The area below the curve of precision over recall, for one class; from 0 to 1.

    `found` has the boxes and scores of each image, `truth` its true boxes. Found boxes are taken from the best score
    down; each is right if the true box that it overlaps most is overlapped by the threshold, and was not found before.
    Precision at a recall is the best at that or any higher one.

    Raises:
        ValueError: there are other numbers of images, or no true box.

    Source: Everingham et al., "The PASCAL Visual Object Classes Challenge" (2010), section 4.2.1, with all recalls.
    """
    total = sum(map(len, truth))
    if len(found) != len(truth) or not total:
        raise ValueError(f"{len(found)} images with boxes found, {len(truth)} with true ones, which are {total}")
    scores: list[float] = []
    right: list[bool] = []
    for (boxes, confidence), true in zip(found, truth, strict=True):
        order = as_tensor(confidence).argsort(descending=True)
        overlaps = box_iou(boxes[order], true).detach().numpy() if len(boxes) and len(true) else None
        taken: set[int] = set()
        for i, score in enumerate(confidence[order].tolist()):
            best = int(overlaps[i].argmax()) if overlaps is not None else -1
            hit = overlaps is not None and overlaps[i, best] >= iou_threshold and best not in taken
            taken.update([best] if hit else [])
            scores.append(score)
            right.append(bool(hit))
    hits = numpy.array(right, bool)[numpy.argsort(-numpy.array(scores), kind="stable")]
    precision = hits.cumsum() / numpy.arange(1, len(hits) + 1)
    best_beyond = numpy.maximum.accumulate(precision[::-1])[::-1]
    return float(best_beyond[hits].sum() / total)


guard(globals(), __all__, __name__)
