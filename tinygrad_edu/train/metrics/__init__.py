"""How good predictions are: each metric a function of `(input, target)`, as losses are, and over batches an object.

A metric of one value is a Python number, one of several a Tensor. Numbers are computed in float64.

>>> from tinygrad_edu import tensor
>>> labels, scores = tensor([0, 1, 1, 1]), tensor([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
>>> accuracy(scores, labels), recall(scores, labels), roc_auc(scores[:, 1], labels)
(0.75, 0.6666666666666666, 1.0)

Batch by batch, with exactly the result of all at once:

>>> seen = ConfusionMatrix(2)
>>> for x, y in zip(scores.split(3), labels.split(3), strict=True):
...     seen.update(x, y)
>>> seen.recall()
0.6666666666666666
>>> area = Concatenated(roc_auc)
>>> for x, y in zip(scores[:, 1].split(3), labels.split(3), strict=True):
...     area.update(x, y)
>>> area.compute()
1.0
"""

from .confusion import ConfusionMatrix, confusion_matrix, dice, f1_score, iou, precision, recall
from .curves import average_precision, precision_recall_curve, roc_auc, roc_curve
from .regression import mean_absolute_error, mean_squared_error, r2_score
from .running import Concatenated, Mean
from .scores import accuracy, perplexity, top_k_accuracy

__all__ = [
    "Concatenated",
    "ConfusionMatrix",
    "Mean",
    "accuracy",
    "average_precision",
    "confusion_matrix",
    "dice",
    "f1_score",
    "iou",
    "mean_absolute_error",
    "mean_squared_error",
    "perplexity",
    "precision",
    "precision_recall_curve",
    "r2_score",
    "recall",
    "roc_auc",
    "roc_curve",
    "top_k_accuracy",
]
