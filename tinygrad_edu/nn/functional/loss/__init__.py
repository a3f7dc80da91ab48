"""Losses without state, a file for each family: how far an output is from its target.

`regression`: numbers. `classification`: classes. `binary`: two classes. `likelihood`: counts, variances, distributions.
`margin`: ranks and classes held apart. `metric`: vectors held together or apart. `ctc`: sequences without an alignment.
"""

from .binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from .classification import cross_entropy, linear_cross_entropy, nll_loss
from .ctc import ctc_loss
from .likelihood import gaussian_nll_loss, kl_div, poisson_nll_loss
from .margin import hinge_embedding_loss, margin_ranking_loss, multi_margin_loss, multilabel_margin_loss
from .metric import cosine_embedding_loss, triplet_margin_loss, triplet_margin_with_distance_loss
from .regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "linear_cross_entropy",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]
