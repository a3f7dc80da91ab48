"""Tables of vectors, looked up by index."""

from typing import Any, Self

from ..errors import ShapeError
from ..functions.creation import empty
from ..grad_mode import no_grad
from ..tensor import Tensor
from . import functional, init
from .functional.embedding import padding_row
from .module import Module
from .parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]


class Table(Module):
    """What Embedding and EmbeddingBag have in common: the table, drawn from a normal distribution, or given."""

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    weight: Any

    def _set_table(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        given: Any,
        frozen: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_row(padding_idx, num_embeddings)
        if given is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype), not frozen)
            self.reset_parameters()
        elif given.shape != (num_embeddings, embedding_dim):
            raise ShapeError(f"a table ({num_embeddings}, {embedding_dim}) is needed, got {given.shape}")
        else:
            self.weight = Parameter(given, not frozen)

    def reset_parameters(self) -> None:
        """Draw the table anew; the row of the padding is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0


def check_table(embeddings: Any) -> None:
    """Refuse what is no table.

    Raises:
        ShapeError: it has not two dimensions.
    """
    if embeddings.ndim != 2:
        raise ShapeError(f"a table (V, D) is needed, got shape {embeddings.shape}")


class Embedding(Table):
    """The rows of a table that the indices name; `(*) -> (*, embedding_dim)`.

    Parameter: `weight (num_embeddings, embedding_dim)`, drawn from a normal distribution; its row `padding_idx` begins
    as 0 and gets no gradient. With `max_norm` rows whose `norm_type`-norm is larger are scaled to it as they are
    looked up. With `scale_grad_by_freq` a row's gradient is divided by how often it is named. The gradient is dense
    also if `sparse`.

    Raises:
        ValueError: padding_idx names no row.
        IndexError: in forward, an index names no row.

    Source: Bengio et al., "A Neural Probabilistic Language Model" (2003).
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._set_table(num_embeddings, embedding_dim, padding_idx, _weight, _freeze, device, dtype)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """A layer over this very table, which is not trained if `freeze`.

        >>> from tinygrad_edu import tensor
        >>> Embedding.from_pretrained(tensor([[1.0, 2.0], [3.0, 4.0]]))(tensor([1]))
        tensor([[3., 4.]])
        """
        check_table(embeddings)
        rows, columns = embeddings.shape
        settings = (padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        return cls(rows, columns, *settings, _weight=embeddings, _freeze=freeze)

    def forward(self, input: Tensor) -> Tensor:
        """The rows that the indices name."""
        return functional.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the default."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        return f"{text}, sparse=True" if self.sparse else text


class EmbeddingBag(Table):
    """The sum, mean or maximum of the rows of a table that the indices of each bag name.

    `(B, N) -> (B, embedding_dim)`, each row a bag, or `(N)` with `offsets (B)`, where each bag begins and, with
    `include_last_offset`, at last where the last one ends. Indices of `padding_idx` count for nothing; an empty bag
    gives 0. `per_sample_weights`, of the input's shape, are factors of the rows of a sum.

    Parameter: `weight (num_embeddings, embedding_dim)`, drawn from a normal distribution. For the other settings see
    Embedding.

    Raises:
        ValueError: padding_idx names no row; in forward, the mode is not known, or offsets or weights do not fit.
        IndexError: in forward, an index names no row.

    Source: Joulin et al., "Bag of Tricks for Efficient Text Classification" (2016).
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._set_table(num_embeddings, embedding_dim, padding_idx, _weight, False, device, dtype)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """A layer over this very table, which is not trained if `freeze`."""
        check_table(embeddings)
        rows, columns = embeddings.shape
        settings = (max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset, padding_idx)
        layer = cls(rows, columns, *settings)
        layer.weight.requires_grad_(not freeze)
        return layer

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """The reduced rows of each bag."""
        return functional.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """The sizes, the mode, and the settings that are not the default."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        text += f", mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"
