"""Losses: how far an output is from its target; the files are named as those of nn.functional.loss.

`regression`: numbers. `classification`: classes. `binary`: two classes. `likelihood`: counts, variances, distributions.
`margin`: ranks and classes held apart. `metric`: vectors held together or apart. `ctc`: sequences without an alignment.
"""

from .binary import BCELoss, BCEWithLogitsLoss, MultiLabelSoftMarginLoss, SoftMarginLoss
from .classification import CrossEntropyLoss, LinearCrossEntropyLoss, NLLLoss
from .ctc import CTCLoss
from .likelihood import GaussianNLLLoss, KLDivLoss, PoissonNLLLoss
from .margin import HingeEmbeddingLoss, MarginRankingLoss, MultiLabelMarginLoss, MultiMarginLoss
from .metric import CosineEmbeddingLoss, TripletMarginLoss, TripletMarginWithDistanceLoss
from .regression import HuberLoss, L1Loss, MSELoss, SmoothL1Loss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LinearCrossEntropyLoss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]
