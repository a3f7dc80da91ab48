"""Scaled dot-product attention without state."""

import math
from typing import Any

from ...errors import ShapeError, broadcast_clash
from ...functions.creation import zeros
from ...kernels import attention as kernels
from ...ops.linear import matmul, swapped
from ...ops.softmax import dot, softmax_adjoint
from ...primitive import primitive
from ...tensor import Tensor
from .dropout import dropout

__all__ = ["scaled_dot_product_attention"]

Shape = tuple[int, ...]


# fused: scores are the largest arrays of a transformer, and here they are written once
@primitive(
    formula=r"\bar{s} = w\,(\bar{w} - \textstyle\sum \bar{w} w),\ \bar{q} = c\,\bar{s} k,\ \bar{k} = c\,\bar{s}^\top q",
    promotion="common",
)
def attention_weights(query: Any, key: Any, bias: Any = None, *, scale: float, is_causal: bool = False) -> Any:
    """softmax(scale query key^T + bias); `(.., L, E), (.., S, E), bias (.., L, S) -> (.., L, S)`.

    A row whose scores are all -inf is 0. With `is_causal` query i sees keys 0 to i.
    """
    return kernels.attention_weights(query, key, bias, scale, is_causal)


def attention_gradients(g: Any, query: Any, key: Any, out: Any, scale: float, needs: tuple[bool, ...]) -> list[Any]:
    """The gradients of query, key and bias, where wanted."""
    to_scores = softmax_adjoint(g, out)
    gradients = [None] * len(needs)
    if needs[0]:
        gradients[0] = matmul(to_scores, key) * scale
    if needs[1]:
        gradients[1] = matmul(swapped(to_scores), query * scale)
    if needs[2:] == (True,):
        gradients[2] = to_scores
    return gradients


def weights_misfit(query: Shape, key: Shape, bias: Shape = ()) -> str | None:
    """Why queries, keys and a bias of these shapes cannot make weights."""
    if query[-1] != key[-1]:
        return f"query {query} and key {key} must have one last size, that of the embedding"
    clash = broadcast_clash([query[:-2], key[:-2]])
    return clash or f"a mask (.., {query[-2]}, {key[-2]}) is needed for query {query} and key {key}, got {bias}"


attention_weights.misfit = weights_misfit
attention_weights.joint_vjp(
    lambda g, query, key, out, scale, needs: attention_gradients(g, query, key, out, scale, needs)
)


# fused: the weights are not kept for backward, and of causal attention half of them are never computed
@primitive(
    formula=r"\bar{v} = w^\top \bar{y},\ \bar{s} = w\,(\bar{y} v^\top - \textstyle\sum \bar{y} y),\ "
    r"\bar{q} = c\,\bar{s} k,\ \bar{k} = c\,\bar{s}^\top q",
    promotion="common",
)
def attend(query: Any, key: Any, value: Any, *, scale: float, is_causal: bool) -> Any:
    """softmax(scale query key^T) value; `(.., L, E), (.., S, E), (.., S, Ev) -> (.., L, Ev)`.

    With `is_causal` query i sees keys 0 to i.
    """
    return kernels.attend(query, key, value, scale, is_causal)


@primitive(formula=r"\text{the derivatives of the gradients of attend}")
def attend_adjoint(z: Any, query: Any, key: Any, value: Any, *, scale: float, is_causal: bool) -> Any:
    """The gradients of query, key and value that a gradient z of attend gives."""
    return kernels.attend_adjoint(z, query, key, value, scale, is_causal)


def attend_second(h: Any, z: Any, query: Any, key: Any, value: Any, scale: float, is_causal: bool) -> tuple[Any, ...]:
    """The gradients of what attend_adjoint takes: it is read line by line, and then back."""
    hq, hk, hv = h
    weights = attention_weights(query, key, scale=scale, is_causal=is_causal)
    to_weights = matmul(z, swapped(value))
    to_scores = softmax_adjoint(to_weights, weights) * scale  # gq = to_scores key, gk = to_scores^T query, gv = w^T z
    slope = (matmul(hq, swapped(key)) + matmul(query, swapped(hk))) * scale
    of_to_weights = softmax_adjoint(slope, weights)
    of_weights = matmul(z, swapped(hv)) + slope * (to_weights - dot(to_weights, weights, -1))
    of_scores = softmax_adjoint(of_weights - to_weights * dot(slope, weights, -1), weights) * scale
    return (
        matmul(weights, hv) + matmul(of_to_weights, value),
        matmul(to_scores, hk) + matmul(of_scores, key),
        matmul(swapped(to_scores), hq) + matmul(swapped(of_scores), query),
        matmul(swapped(of_to_weights), z),
    )


def attend_misfit(query: Shape, key: Shape, value: Shape) -> str | None:
    """Why queries cannot attend to keys with these values."""
    if key[-2] != value[-2]:
        return f"the lengths of key {key} and value {value} must be equal"
    return weights_misfit(query, key) if query[-1] != key[-1] else broadcast_clash([query[:-2], key[:-2], value[:-2]])


attend.misfit = attend_misfit
attend.joint_vjp(
    lambda g, query, key, value, scale, is_causal: attend_adjoint(
        g, query, key, value, scale=scale, is_causal=is_causal
    )
)
attend_adjoint.joint_vjp(
    lambda g, z, query, key, value, scale, is_causal: attend_second(g, z, query, key, value, scale, is_causal)
)


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    r"""$\mathrm{softmax}(scale\; Q K^\top + mask)\, V$; `(.., L, E), (.., S, E), (.., S, Ev) -> (.., L, Ev)`.

    A bool mask `(.., L, S)` is True where a query may look at a key; a mask of floats is added to the scores. With
    `is_causal` query i sees keys 0 to i. A query that may look at no key gives 0. `scale` is $1 / \sqrt E$ by
    default. With `enable_gqa` query may have a multiple of the heads (third dimension from the end) of key and value.
    Dropout of the weights is applied whenever dropout_p is not 0: whether this is training, the caller knows.

    >>> from tinygrad_edu import eye, tensor
    >>> scaled_dot_product_attention(eye(2), eye(2), tensor([[1.0], [3.0]]), is_causal=True)
    tensor([[1.0000],
            [2.3395]])

    Raises:
        ShapeError: the shapes do not fit each other.
        RuntimeError: the dtypes differ or are no floats; there are both a mask and is_causal.
        ValueError: dropout_p is no probability.

    Source: Vaswani et al., "Attention Is All You Need" (2017), equation 1.
    """
    check_attention(query, key, value, attn_mask, is_causal)
    if query.dtype.itemsize == 2:
        mask = attn_mask if attn_mask is None or attn_mask.dtype.kind == "b" else attn_mask.float()
        return scaled_dot_product_attention(
            query.float(), key.float(), value.float(), mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        ).to(query.dtype)
    if enable_gqa:
        key, value = with_heads_of(query, key), with_heads_of(query, value)
    scale = 1 / math.sqrt(query.shape[-1] or 1) if scale is None else float(scale)
    if attn_mask is None and not dropout_p:
        return attend(query, key, value, scale=scale, is_causal=is_causal)
    bias = () if attn_mask is None else (as_bias(attn_mask, query.dtype),)
    weights = attention_weights(query, key, *bias, scale=scale, is_causal=is_causal)
    return matmul(dropout(weights, dropout_p), value)


def as_bias(mask: Tensor, dtype: Any, masked: bool = False) -> Any:
    """A mask as what is added to scores: -inf where a bool mask is `masked`; floats as they are."""
    if mask.dtype.kind != "b":
        return mask.to(dtype)
    return zeros(mask.shape, dtype=dtype).masked_fill_(mask if masked else ~mask, -math.inf)


def check_attention(query: Any, key: Any, value: Any, mask: Any, is_causal: bool) -> None:
    """Refuse what attention is not defined for.

    Raises:
        TypeError: something is no Tensor.
        ShapeError: query, key or value has fewer than two dimensions.
        RuntimeError: the dtypes differ or are no floats; there are both a mask and is_causal.
    """
    for name, x in (("query", query), ("key", key), ("value", value)):
        if not isinstance(x, Tensor):
            raise TypeError(f"attention takes Tensors, got {type(x).__name__} as {name}")
        if x.ndim < 2:
            raise ShapeError(f"attention takes {name} (.., length, embedding), got shape {x.shape}")
        if x.dtype != query.dtype or x.dtype.kind != "f":
            raise RuntimeError(f"attention takes floats of one dtype, got query {query.dtype} and {name} {x.dtype}")
    if mask is None:
        return
    if is_causal:
        raise RuntimeError("Explicit attn_mask should not be set when is_causal=True; put the causal part into it")
    if not isinstance(mask, Tensor):
        raise TypeError(f"attention takes a Tensor as attn_mask, got {type(mask).__name__}")
    if mask.dtype.kind != "b" and mask.dtype not in (query.dtype, "float32"):
        raise RuntimeError(f"a mask for {query.dtype} holds bools or {query.dtype}, got {mask.dtype}")


def with_heads_of(query: Any, x: Any) -> Any:
    """Keys or values, each head repeated until there are as many as of queries.

    Raises:
        ShapeError: the queries have no multiple of their heads.
    """
    if query.ndim < 3 or x.ndim < 3 or not x.shape[-3] or query.shape[-3] % x.shape[-3]:
        raise ShapeError(
            f"enable_gqa takes (.., heads, length, embedding) with a multiple of the heads of key and value in query, "
            f"got query {query.shape} for {x.shape}"
        )
    return x.repeat_interleave(query.shape[-3] // x.shape[-3], -3)
