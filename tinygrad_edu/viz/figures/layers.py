"""A network layer by layer: what comes out of each, what gradients arrive, and which units never fire."""

from collections.abc import Mapping
from typing import Any

import numpy

from ...autograd import no_grad
from ...nn import Module
from ...tensor import Tensor
from .canvas import COLOURS, WRONG, axes, numbers

__all__ = ["activations", "dead_units", "gradient_norms", "gradients", "histograms"]

BINS = 60
MANY = 0.2  # the share of zeros from which on they are told apart
VANISHED, EXPLODED = 1e-6, 1e3  # norms of gradients beyond which training hardly goes on


def activations(model: Module, *inputs: Any) -> dict[str, Any]:
    """What comes out of each layer that has no layers within, by its name, for these inputs; nothing is recorded.

    The model stays as it is, but for what a forward changes in it: running statistics, in training mode.
    """
    found: dict[str, Any] = {}

    def keep(name: str) -> Any:
        def hook(module: Module, given: Any, output: Any) -> None:
            if isinstance(first := output[0] if isinstance(output, tuple) else output, Tensor):
                found[name] = first

        return hook

    handles = [
        module.register_forward_hook(keep(name))
        for name, module in model.named_modules()
        if not any(True for _ in module.children())
    ]
    try:
        with no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found


def gradients(model: Module) -> dict[str, Any]:
    """The gradient of each parameter that has one, by its name."""
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def histograms(layers: Mapping[str, Any], *, ax: Any = None) -> Any:
    """The distribution of each layer's values, one above the other in the order of the layers, the first on top.

    `layers` is what `activations` or `gradients` gives. All share the scale of the values, which spans the middle
    99 % of every layer; beside each its standard deviation is written, which should not shrink or grow from layer to
    layer. Where many values are exactly 0, as after a ReLU, their share is written instead of drawn.

    Raises:
        ValueError: there are no layers.
    """
    if not layers:
        raise ValueError("there are no layers to draw: the dict is empty")
    values = {name: numbers(x, f"layer {name!r}").ravel().astype(numpy.float64) for name, x in layers.items()}
    middles = [numpy.percentile(v[numpy.isfinite(v)], [0.5, 99.5]) for v in values.values() if numpy.isfinite(v).any()]
    low, high = (min(m[0] for m in middles), max(m[1] for m in middles)) if middles else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    ax = axes(ax, 5.5, 0.6 + 0.5 * len(values))
    edges = numpy.linspace(low, high, BINS + 1)
    for k, v in enumerate(values.values()):
        base = len(values) - 1 - k
        zeros = float((v == 0).mean())
        shown = v[v != 0] if MANY < zeros < 1 else v  # their bar would leave no height for the others
        counts, _ = numpy.histogram(shown.clip(low, high), edges)
        heights = 0.85 * counts / max(counts.max(), 1)
        bad = not numpy.isfinite(v).all()
        colour = WRONG if bad else COLOURS[0]
        ax.stairs(base + heights, edges, baseline=base, fill=True, color=colour, alpha=0.6)
        told = "NaN or infinite" if bad else f"std {v.std():.2g}"
        told += f"\n{zeros:.0%} are 0" if zeros > MANY else ""
        ax.text(1.02, base + 0.4, told, transform=ax.get_yaxis_transform(), fontsize=8, va="center")
    ax.set_yticks([len(values) - 1 - k + 0.2 for k in range(len(values))], list(values), fontsize=8)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.05, len(values))
    ax.set_xlim(low, high)
    ax.xaxis.get_major_locator().set_params(nbins=5)
    ax.set_xlabel("value")
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax.get_figure()


def gradient_norms(model: Module, *, ax: Any = None) -> Any:
    """The norm of the gradient of each parameter, in the order of the model, on a logarithmic scale.

    Vanishing (below 1e-6), exploding (above 1e3) and missing gradients are orange, and say which they are.

    Raises:
        ValueError: the model has no parameters.
    """
    norms = {
        name: None if p.grad is None else float(numpy.linalg.norm(p.grad.numpy().astype(numpy.float64)))
        for name, p in model.named_parameters()
    }
    if not norms:
        raise ValueError("the model has no parameters")
    ax = axes(ax, 5.5, 0.6 + 0.25 * len(norms))
    shown = [n for n in norms.values() if n is not None and numpy.isfinite(n) and n > 0]
    least = min([*shown, 1.0]) / 3
    for k, (norm, told) in enumerate((norm, verdict(norm)) for norm in norms.values()):
        width = least if norm is None or not norm > 0 else norm if numpy.isfinite(norm) else max(shown, default=1.0)
        ax.barh(k, width, color=WRONG if told else COLOURS[0], height=0.7)
        if told:
            ax.text(width, k, f" {told}", va="center", fontsize=8, color=WRONG)
    ax.set_xscale("log")
    ax.set_xlim(left=least)
    ax.set_yticks(range(len(norms)), list(norms), fontsize=8)
    ax.invert_yaxis()
    ax.set_xlabel("norm of the gradient")
    ax.spines[["top", "right"]].set_visible(False)
    return ax.get_figure()


def verdict(norm: float | None) -> str:
    """What is wrong with a gradient of this norm, or nothing."""
    if norm is None:
        return "no gradient"
    if not numpy.isfinite(norm):
        return "NaN or infinite"
    return "zero" if norm == 0 else "vanishing" if norm < VANISHED else "exploding" if norm > EXPLODED else ""


def dead_units(model: Module, *inputs: Any) -> dict[str, float]:
    """The share of the units of each ReLU that are 0 for every one of these inputs, from 0 to 1, by its name.

    The first dimension runs over the inputs; a unit is a place in the others, and of feature maps a whole channel.
    """
    dead: dict[str, float] = {}
    kinds = {name: type(module).__name__ for name, module in model.named_modules()}
    for name, output in activations(model, *inputs).items():
        if kinds[name] in ("ReLU", "ReLU6"):
            x = numbers(output, f"layer {name!r}")
            seen = tuple(k for k in range(x.ndim) if k != 1) if x.ndim == 4 else (0,)
            dead[name] = float((x <= 0).all(seen).mean())
    return dead
