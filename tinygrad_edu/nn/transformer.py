"""Stacks of transformer layers, and the transformer of an encoder and a decoder."""

import copy
import math
from typing import Any

from ..errors import ShapeError
from ..functions.creation import full
from ..functions.diagonal import triu
from ..functions.dims import check_room
from ..grad_mode import is_grad_enabled
from ..tensor import Tensor
from . import functional, init
from .activation import GELU, ReLU
from .container import ModuleList
from .functional.attention import as_bias
from .module import Module
from .norm import LayerNorm
from .transformer_layers import Activation, TransformerDecoderLayer, TransformerEncoderLayer

__all__ = ["Transformer", "TransformerDecoder", "TransformerEncoder"]


def causal_mask(size: int, device: Any = None, dtype: Any = None) -> Any:
    """-inf where a position would see a later one, 0 elsewhere; `(size, size)`."""
    return triu(full((size, size), -math.inf, device=device, dtype=dtype), diagonal=1)


def is_causal_mask(mask: Any, told: bool | None, x: Tensor, batch_first: bool) -> bool:
    """Whether a mask is the causal one: as told, or else as its values say."""
    if told is not None or mask is None:
        return bool(told)
    size = x.shape[1 if batch_first and x.ndim == 3 else 0]
    return mask.shape == (size, size) and bool((as_bias(mask, x.dtype, masked=True) == causal_mask(size)).all())


def copies(layer: Module, count: int) -> ModuleList:
    """So many layers that start from the same parameters and share none."""
    check_room(count * sum(parameter.numel() for parameter in layer.parameters()), f"{count} layers")
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


class TransformerEncoder(Module):
    r"""Encoder layers one after the other, then a norm if there is one; `(S, N, d_model) -> (S, N, d_model)`.

    The layers are copies of `encoder_layer`. In evaluation, where no gradient is wanted and only padding at the ends of
    the sequences is masked, `enable_nested_tensor` gives 0 at the padding (before the norm), as PyTorch does for the
    layers it can speed up; `mask_check=False` says that padding is at the ends, without a look.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.1.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Any:
        """The sequence after all layers; masks as in MultiheadAttention; is_causal is found out where it is None."""
        causal = is_causal_mask(mask, is_causal, src, self.layers[0].self_attn.batch_first)
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=causal, src_key_padding_mask=src_key_padding_mask)
        if src_key_padding_mask is not None and mask is None and self._leaves_padding_out(src, src_key_padding_mask):
            x = x.masked_fill((src_key_padding_mask != 0).unsqueeze(-1), 0.0)
        return x if self.norm is None else self.norm(x)

    def _leaves_padding_out(self, src: Tensor, padding: Any) -> bool:
        layer = self.layers[0]
        if not self.enable_nested_tensor or not quick(layer) or layer.training or src.ndim != 3:
            return False
        if is_grad_enabled() and (src.requires_grad or any(p.requires_grad for p in layer.parameters())):
            return False
        padded = padding != 0
        return not self.mask_check or not (padded[:, :-1] & ~padded[:, 1:]).any()


def quick(layer: Any) -> bool:
    """Whether an encoder layer is one that PyTorch evaluates in a single call."""
    return (
        isinstance(layer, TransformerEncoderLayer)
        and layer.self_attn.batch_first
        and not layer.norm_first
        and layer.self_attn.in_proj_bias is not None
        and layer.self_attn.num_heads % 2 == 0
        and layer.norm1.eps == layer.norm2.eps
        and (layer.activation in (functional.relu, functional.gelu) or isinstance(layer.activation, (ReLU, GELU)))
    )


class TransformerDecoder(Module):
    """Decoder layers one after the other, then a norm; `(T, N, d_model), (S, N, d_model) -> (T, N, d_model)`.

    The layers are copies of `decoder_layer`.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.1.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """The sequence after all layers; masks as in MultiheadAttention; tgt_is_causal is found out if it is None."""
        causal = is_causal_mask(tgt_mask, tgt_is_causal, tgt, self.layers[0].self_attn.batch_first)
        x = tgt
        for layer in self.layers:
            x = layer(
                x,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return x if self.norm is None else self.norm(x)


class Transformer(Module):
    r"""An encoder of the source, and a decoder of the target that attends to what it found.

    `src (S, N, d_model), tgt (T, N, d_model) -> (T, N, d_model)`; with `batch_first` N comes first, and without a batch
    it is missing. A LayerNorm follows each stack. Every parameter of two or more dimensions is drawn by Xavier's rule.

    Raises:
        ValueError: nhead does not divide d_model; dropout is no probability.
        RuntimeError: the activation has an unknown name.
        ShapeError: in forward, batches differ, or a size is not d_model.

    Source: Vaswani et al., "Attention Is All You Need" (2017), figure 1, without the embeddings and the last layer.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = functional.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first)
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*sizes, **made), num_encoder_layers, LayerNorm(d_model, layer_norm_eps, **made)
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*sizes, **made), num_decoder_layers, LayerNorm(d_model, layer_norm_eps, **made)
        )
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """The decoded target; masks as in MultiheadAttention, those of memory being the decoder's of the source."""
        batch = 0 if self.batch_first else 1
        told = f"got src {src.shape} and tgt {tgt.shape}"
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ShapeError(f"the feature number of src and tgt must be equal to d_model, {self.d_model}; {told}")
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ShapeError(f"the batch number of src and tgt must be equal, at dimension {batch}, {told}")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """-inf where a position would see a later one, 0 elsewhere; `(sz, sz)`.

        >>> Transformer.generate_square_subsequent_mask(3)
        tensor([[0., -inf, -inf],
                [0., 0., -inf],
                [0., 0., 0.]])
        """
        return causal_mask(sz, device, dtype)
