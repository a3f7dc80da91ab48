"""How Tensors are printed."""

from typing import Any

from ..printing import OPTIONS

__all__ = ["set_printoptions"]

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how Tensors are printed; what is left out stays, but `sci_mode`, which is automatic again.

    `precision` digits stand after the point. A Tensor of more than `threshold` elements is summarised by the first
    and last `edgeitems` of each dimension. Lines have `linewidth` columns. `profile` is "default", "short" or "full".

    >>> from tinygrad_edu import tensor
    >>> set_printoptions(precision=2)
    >>> tensor([1 / 3])
    tensor([0.33])
    >>> set_printoptions(profile="default")

    Raises:
        ValueError: there is no such profile.
    """
    if profile is not None and profile not in PROFILES:
        raise ValueError(f'a profile is "default", "short" or "full", got {profile!r}')
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    wanted = {**PROFILES.get(profile or "", {}), **{name: value for name, value in given.items() if value is not None}}
    for name, value in wanted.items():
        setattr(OPTIONS, name, value)
    OPTIONS.sci_mode = sci_mode
