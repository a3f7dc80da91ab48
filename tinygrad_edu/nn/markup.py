"""How a module shows itself in a notebook: its tree, folded, as HTML without any script."""

from html import escape
from typing import Any

__all__ = ["html_of"]


def html_of(module: Any) -> str:
    """A module and those below it, to be unfolded, each with its settings, parameters and buffers."""
    return f'<div style="font-family: monospace">{tree_of(module, "", set())}</div>'


def tree_of(module: Any, name: str, above: set[Any]) -> str:
    """A module and what is below it; one that has been shown above is not unfolded again."""
    title = escape(f"{name}: " * bool(name) + f"{module._get_name()}({module.extra_repr()})")
    if module in above:
        return f"<div>{title}, as above</div>"
    above.add(module)
    lines = [tensor_line(key, x, "" if x.requires_grad else ", frozen") for key, x in present(module._parameters)]
    lines += [tensor_line(key, x, ", buffer") for key, x in present(module._buffers)]
    lines += [tree_of(child, key, above) for key, child in present(module._modules)]
    if not lines:
        return f"<div>{title}</div>"
    if count := sum(p.numel() for p in module.parameters()):
        title += f" <small>{count:,} parameters</small>"
    unfolded = "" if name else " open"
    body = f'<div style="margin-left: 2em">{"".join(lines)}</div>'
    return f"<details{unfolded}><summary>{title}</summary>{body}</details>"


def present(members: Any) -> list[tuple[str, Any]]:
    """The members that are not None."""
    return [(key, member) for key, member in members.items() if member is not None]


def tensor_line(name: str, x: Any, what: str) -> str:
    """`weight: float32 (10, 64)`, and what is special about it."""
    return f"<div>{escape(f'{name}: {x.dtype} {x.shape}')}{what}</div>"
