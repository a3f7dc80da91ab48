"""Pictures of training, drawn with matplotlib (extra `viz`): each function draws on `ax` and returns its figure.

Without `ax` a new figure is made that pyplot does not keep: show it as the last value of a notebook's cell, or save it
with `figure.savefig`. In a script that ends in `pyplot.show()`, pass an `ax` of pyplot's.
"""

from .curves import descent, learning_curves, loss_surface
from .differences import difference_errors
from .layers import activations, dead_units, gradient_norms, gradients, histograms
from .matrices import attention_map, confusion_matrix
from .montage import feature_maps, filters, images, latent_grid
from .overlays import boxes, masks
from .plane import decision_regions
from .scores import comparison
from .windows import im2col

__all__ = [
    "activations",
    "attention_map",
    "boxes",
    "comparison",
    "confusion_matrix",
    "dead_units",
    "decision_regions",
    "descent",
    "difference_errors",
    "feature_maps",
    "filters",
    "gradient_norms",
    "gradients",
    "histograms",
    "im2col",
    "images",
    "latent_grid",
    "learning_curves",
    "loss_surface",
    "masks",
]
