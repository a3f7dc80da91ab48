# %% ex1
def overlap(a, b):
    """The IoU of two boxes, each a tuple (x1, y1, x2, y2), as a float."""
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (a, b)]
    return width * height / (sum(areas) - width * height)


# %% ex2
from tinygrad_edu.models.boxes import box_iou


def soft_scores(boxes, scores, sigma=0.5):
    """The scores `(N)` of boxes `(N, 4)` after soft suppression; `scores` itself stays as it is."""
    scores, overlaps = scores.clone(), box_iou(boxes, boxes)
    left = list(range(len(boxes)))
    while left:
        best = max(left, key=lambda i: scores[i].item())
        left.remove(best)
        for i in left:
            scores[i] *= (-(overlaps[best, i] ** 2) / sigma).exp()
    return scores


# %% ex3
def area_below(right, total):
    """The average precision of a list of bool, the box with the best score first, when there are `total` true boxes."""
    precisions = [sum(right[: i + 1]) / (i + 1) for i in range(len(right))]
    return sum(max(precisions[i:]) for i in range(len(right)) if right[i]) / total


# %% ex4
import math

from tinygrad_edu import tensor


def encoded(box, anchor, stride=8):
    """(row, column), and a Tensor `(4)` of the raw numbers of a box `(x1, y1, x2, y2)` with an anchor (width, height)."""
    x, y = (box[0] + box[2]) / (2 * stride), (box[1] + box[3]) / (2 * stride)
    column, row = int(x), int(y)
    logits = [math.log(p / (1 - p)) for p in (x - column, y - row)]
    grown = [math.log((box[2] - box[0]) / anchor[0]), math.log((box[3] - box[1]) / anchor[1])]
    return (row, column), tensor(logits + grown)
