"""Attention of several heads at once, with the projections before and after it."""

import math
from typing import Any

from ...dtypes import check_kind
from ...errors import ShapeError
from ...functions.creation import zeros
from ...functions.joining import cat
from ...ops.linear import matmul
from ...tensor import Tensor
from .activation import softmax
from .attention import as_bias, scaled_dot_product_attention
from .dropout import dropout
from .linear import linear

__all__ = ["multi_head_attention_forward"]


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    r"""nn.MultiheadAttention without state: $[head_1, .., head_H]\,W_O^\top + b_O$ and the weights.

    `query (L, N, E), key (S, N, Ek), value (S, N, Ev) -> (L, N, E), (N, L, S)`, or all without N. $head_h$ is the
    attention of the h-th parts, of size E / num_heads, of the projected query, key and value. `in_proj_weight (3E, E)`
    holds the three projections one below the other; with `use_separate_proj_weight` they are three Tensors.

    `key_padding_mask (N, S)` and `attn_mask (L, S)` or `(N num_heads, L, S)`: a bool is True where a key is not to be
    seen, floats are added to the scores. `is_causal` says that attn_mask is the causal mask, which may then stand for
    it. `bias_k, bias_v (1, 1, E)` are one more key and value for every query, `add_zero_attn` adds one of zeros;
    `static_k, static_v (N num_heads, S, E / num_heads)` take the place of the projected ones.

    With `need_weights` the second result are the weights, averaged over the heads or `(N, num_heads, L, S)`; a query
    that may see no key then gives NaN, and without them 0, as in PyTorch.

    Raises:
        ShapeError: the shapes do not fit each other.
        ValueError: num_heads does not divide E; a weight or a partner of bias_k or bias_v is missing.
        RuntimeError: is_causal without an attn_mask; a mask holds integers.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2.
    """
    check_inputs(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    check_kind(query.dtype, "f", "multi_head_attention_forward")
    batched = query.ndim == 3
    check_inputs(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    query, key, value = as_batch(query, key, value)
    if key_padding_mask is not None and not batched:
        key_padding_mask = key_padding_mask.unsqueeze(0)
    (L, N, E), S, H = query.shape, key.shape[0], num_heads
    mask = attention_mask(attn_mask, (L, N, H, S), query.dtype)
    padding = padding_mask(key_padding_mask, (N, S), query.dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError("is_causal says that attn_mask is causal: give it too (generate_square_subsequent_mask)")
    is_causal = is_causal and padding is None and not need_weights
    if is_causal:
        mask = None

    separate = (q_proj_weight, k_proj_weight, v_proj_weight)
    q, k, v = project(query, key, value, separate if use_separate_proj_weight else in_proj_weight, in_proj_bias)
    if bias_k is not None or bias_v is not None:
        if bias_k is None or bias_v is None or static_k is not None or static_v is not None:
            raise ValueError("bias_k and bias_v come together, and not with static_k or static_v")
        for name, bias in (("bias_k", bias_k), ("bias_v", bias_v)):
            if bias.shape != (1, 1, E):
                raise ShapeError(f"{name} is of shape (1, 1, {E}), got {bias.shape}")
        k, v = cat([k, bias_k.expand(1, N, E)]), cat([v, bias_v.expand(1, N, E)])
    q = with_heads(q, H)  # (N, H, L, E / H)
    k = with_heads(k, H) if static_k is None else static_heads(static_k, (N, H, E // H), "static_k")
    v = with_heads(v, H) if static_v is None else static_heads(static_v, (N, H, E // H), "static_v")
    if add_zero_attn:
        nothing = zeros(N, H, 1, E // H, dtype=k.dtype)
        k, v = cat([k, nothing], 2), cat([v, nothing], 2)
    mask = merged(mask, padding, (bias_k is not None) + add_zero_attn)

    dropout_p = dropout_p if training else 0.0
    weights = None
    if need_weights:
        scores = matmul(q * math.sqrt(H / E), k.mT)
        weights = dropout(softmax(scores if mask is None else scores + mask, dim=-1), dropout_p)
        found = matmul(weights, v)
        weights = weights.mean(1) if average_attn_weights else weights
    else:
        found = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    out = linear(found.permute(2, 0, 1, 3).reshape(L, N, E), out_proj_weight, out_proj_bias)
    if not batched:
        return out.squeeze(1), None if weights is None else weights.squeeze(0)
    return out, weights


def check_inputs(query: Tensor, key: Tensor, value: Tensor, embed_dim: int, num_heads: int, separate: bool) -> None:
    """Refuse inputs that do not fit each other.

    Raises:
        ShapeError: they are not all `(length, batch, embedding)` or all without batch, or their sizes differ.
        ValueError: num_heads does not divide the embedding.
    """
    told = f"got query {query.shape}, key {key.shape} and value {value.shape}"
    if query.ndim not in (2, 3) or key.ndim != query.ndim or value.ndim != query.ndim:
        raise ShapeError(f"attention of several heads takes three inputs of 3 dimensions, or 2 without a batch; {told}")
    if query.shape[-1] != embed_dim:
        raise ShapeError(f"attention of several heads expects queries (.., {embed_dim}); {told}")
    if key.shape[:-1] != value.shape[:-1] or (not separate and key.shape != value.shape):
        raise ShapeError(f"key and value must have the same {'lengths and batch' if separate else 'shape'}; {told}")
    if query.shape[1:-1] != key.shape[1:-1]:
        raise ShapeError(f"query and key must have the same batch; {told}")
    if num_heads < 1 or embed_dim % num_heads:
        raise ValueError(f"num_heads must divide the embedding, got {num_heads} for {embed_dim}")


def as_batch(query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    """The inputs with a batch, of one where they have none; what was one Tensor stays one, for a single projection."""
    if query.ndim == 3:
        return query, key, value
    one = {id(x): x.unsqueeze(1) for x in (query, key, value)}
    return one[id(query)], one[id(key)], one[id(value)]


def check_mask(mask: Any, name: str, allowed: list[tuple[int, ...]]) -> None:
    """Refuse a mask of another shape, or one of integers.

    Raises:
        ShapeError: it has none of the shapes allowed.
        RuntimeError: it holds neither bools nor floats.
    """
    if mask.dtype.kind not in "bf":
        raise RuntimeError(f"{name} holds bools or floats, got {mask.dtype}")
    if mask.shape not in allowed:
        raise ShapeError(f"{name} takes shape {' or '.join(map(str, allowed))}, got {mask.shape}")


def attention_mask(mask: Any, sizes: tuple[int, int, int, int], dtype: Any) -> Any:
    """The attention mask as `(L, S)` or `(N, H, L, S)` numbers to add; sizes are (L, N, H, S)."""
    if mask is None:
        return None
    L, N, H, S = sizes
    check_mask(mask, "attn_mask", [(L, S), (N * H, L, S)])
    mask = as_bias(mask, dtype, masked=True)
    return mask if mask.ndim == 2 else mask.reshape(N, H, L, S)


def padding_mask(mask: Any, sizes: tuple[int, int], dtype: Any) -> Any:
    """The mask of padding as `(N, 1, 1, S)` numbers to add."""
    if mask is None:
        return None
    N, S = sizes
    check_mask(mask, "key_padding_mask", [(N, S)])
    return as_bias(mask, dtype, masked=True).reshape(N, 1, 1, S)


def merged(mask: Any, padding: Any, more: int) -> Any:
    """Both masks as one, in which `more` keys at the end are seen."""
    both = padding if mask is None else mask if padding is None else mask + padding
    return cat([both, zeros(*both.shape[:-1], more, dtype=both.dtype)], -1) if both is not None and more else both


def project(query: Any, key: Any, value: Any, weights: Any, bias: Any) -> Any:
    """Query, key and value times their weights, three or one below the other; one product where inputs are the same.

    Raises:
        ValueError: a weight is missing.
        ShapeError: the bias is not of the right shape.
    """
    if weights is None or (isinstance(weights, tuple) and None in weights):
        raise ValueError("the projections need in_proj_weight, or with use_separate_proj_weight all three weights")
    E = query.shape[-1]
    if bias is not None and bias.shape != (3 * E,):
        raise ShapeError(f"in_proj_bias has three numbers for each of {E} features, ({3 * E},), got {bias.shape}")
    if not isinstance(weights, tuple):
        if query is key is value:
            return linear(query, weights, bias).chunk(3, -1)
        weights = weights.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return [linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True)]


def with_heads(x: Any, heads: int) -> Any:
    """`(S, N, E) -> (N, H, S, E / H)`."""
    S, N, E = x.shape
    return x.reshape(S, N, heads, E // heads).permute(1, 2, 0, 3)


def static_heads(x: Any, sizes: tuple[int, int, int], name: str) -> Any:
    """`(N H, S, E / H) -> (N, H, S, E / H)`.

    Raises:
        ShapeError: it has another shape.
    """
    N, H, size = sizes
    if x.ndim != 3 or (x.shape[0], x.shape[2]) != (N * H, size):
        raise ShapeError(f"{name} takes shape ({N * H}, S, {size}), got {x.shape}")
    return x.reshape(N, H, x.shape[1], size)
