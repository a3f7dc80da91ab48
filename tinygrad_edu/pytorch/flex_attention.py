"""torch.nn.attention.flex_attention: attention whose scores and masks are functions of positions; computed densely."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..errors import ShapeError
from ..functions.elementwise import where
from ..functions.sequences import arange
from ..tensor import Tensor

__all__ = [
    "AuxOutput",
    "AuxRequest",
    "BlockMask",
    "and_masks",
    "create_block_mask",
    "create_mask",
    "flex_attention",
    "noop_mask",
    "or_masks",
]

Mask = Callable[[Any, Any, Any, Any], Any]  # of batch, head, position of the query and of the key

_DEFAULT_SPARSE_BLOCK_SIZE = 128


def noop_mask(batch: Any, head: Any, q_idx: Any, kv_idx: Any) -> Any:
    """True: every query sees every key."""
    return q_idx.new_ones((), dtype=bool)


def and_masks(*mask_mods: Mask) -> Mask:
    """The mask that lets through what all of these do."""

    def mask(*places: Any) -> Any:
        found = noop_mask(*places)
        for mod in mask_mods:
            found = found & mod(*places)
        return found

    return mask


def or_masks(*mask_mods: Mask) -> Mask:
    """The mask that lets through what one of these does."""

    def mask(*places: Any) -> Any:
        found = ~noop_mask(*places)
        for mod in mask_mods:
            found = found | mod(*places)
        return found

    return mask


def places(B: int | None, H: int | None, Q_LEN: int, KV_LEN: int) -> tuple[Tensor, ...]:
    """The numbers of batches, heads, queries and keys, each along its dimension of `(B, H, Q, KV)`."""
    sizes = (B or 1, H or 1, Q_LEN, KV_LEN)
    return tuple(arange(n).reshape([-1 if i == k else 1 for k in range(4)]) for i, n in enumerate(sizes))


def create_mask(
    mod_fn: Callable[..., Any], B: int | None, H: int | None, Q_LEN: int, KV_LEN: int, device: Any = None
) -> Tensor:
    """The mask that a function of positions gives, `(B, H, Q, KV)`; B and H are 1 if they are None."""
    found: Tensor = mod_fn(*places(B, H, Q_LEN, KV_LEN)).broadcast_to(B or 1, H or 1, Q_LEN, KV_LEN)
    return found


class BlockMask:
    """A mask as flex_attention takes it: the function, and what it gives."""

    def __init__(self, mask_mod: Mask, mask: Tensor) -> None:
        self.mask_mod, self.mask = mask_mod, mask

    @property
    def shape(self) -> Any:
        """`(B, H, Q, KV)`."""
        return self.mask.shape

    def to_dense(self) -> Tensor:
        """What it lets through."""
        return self.mask

    def sparsity(self) -> float:
        """How much of it lets nothing through, in per cent."""
        return 100 * (1 - self.mask.double().mean().item())

    def to(self, device: Any) -> "BlockMask":
        """The mask itself: there is one device."""
        return self


def create_block_mask(
    mask_mod: Mask,
    B: int | None,
    H: int | None,
    Q_LEN: int,
    KV_LEN: int,
    device: Any = None,
    BLOCK_SIZE: Any = _DEFAULT_SPARSE_BLOCK_SIZE,
    _compile: bool = False,
) -> BlockMask:
    """The mask of a function of positions for flex_attention."""
    return BlockMask(mask_mod, create_mask(mask_mod, B, H, Q_LEN, KV_LEN))


class AuxRequest(NamedTuple):
    """What flex_attention is to return beside its output."""

    lse: bool = False
    max_scores: bool = False


class AuxOutput(NamedTuple):
    """What flex_attention returned beside its output."""

    lse: Tensor | None = None
    max_scores: Tensor | None = None


def flex_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_mod: Callable[..., Any] | None = None,
    block_mask: BlockMask | None = None,
    scale: float | None = None,
    enable_gqa: bool = False,
    return_lse: bool = False,
    kernel_options: Any = None,
    *,
    return_aux: AuxRequest | None = None,
) -> Any:
    r"""Attention with scores that a function changes: `(B, H, Q, E), (B, H, KV, E), (B, H, KV, Ev) -> (B, H, Q, Ev)`.

    $\\mathrm{softmax}(f(s\, q k^\\top, b, h, i, j))\, v$ with $s = 1 / \\sqrt E$, or `scale`. The function is called
    once, with all scores and the numbers of batches, heads, queries and keys along their dimensions, so that it has to
    work elementwise. A query that sees nothing gets zeros.

    Raises:
        ShapeError: there are other than four dimensions, or heads of queries and keys that do not fit.
    """
    if not query.ndim == key.ndim == value.ndim == 4:
        raise ShapeError(f"flex_attention takes (B, H, L, E) thrice, got {query.shape}, {key.shape} and {value.shape}")
    heads, groups = query.shape[1], key.shape[1]
    if heads != groups:
        if not enable_gqa or heads % groups:
            raise ShapeError(f"flex_attention: {heads} heads of queries and {groups} of keys; set enable_gqa to share")
        key, value = [x.repeat_interleave(heads // groups, 1) for x in (key, value)]
    scores = query @ key.mT * (query.shape[-1] ** -0.5 if scale is None else scale)
    where_ = places(query.shape[0], heads, query.shape[2], key.shape[2])
    if score_mod is not None:
        scores = score_mod(scores, *where_)
    if block_mask is not None:
        mask = block_mask.mask[..., : query.shape[2], : key.shape[2]]
        scores = where(mask, scores, float("-inf"))
    top = scores.amax(-1, keepdim=True)
    unseen = top == float("-inf")
    weights = where(unseen, 0.0, where(unseen, 0.0, scores).softmax(-1))
    out = weights.to(query.dtype) @ value
    if return_aux is None:
        return (out, scores.logsumexp(-1)) if return_lse else out
    return out, AuxOutput(
        scores.logsumexp(-1) if return_aux.lse else None, top.squeeze(-1) if return_aux.max_scores else None
    )
