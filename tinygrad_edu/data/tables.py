"""Tables: rows of numbers with a target each, and the names of both."""

from collections.abc import Sequence

from ..tensor import Tensor
from .dataset import TensorDataset

__all__ = ["Table"]


class Table(TensorDataset):
    """Rows of features `(N, F)` and their targets `(N,)`: classes as int64 or numbers as float32.

    `feature_names` are the names of the columns, `target_names` those of the classes, none for a target of numbers.
    """

    def __init__(
        self, features: Tensor, targets: Tensor, feature_names: Sequence[str], target_names: Sequence[str] = ()
    ) -> None:
        super().__init__(features, targets)
        self.feature_names = list(feature_names)
        self.target_names = list(target_names)
