"""L-BFGS."""

from collections.abc import Callable, Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..functions.joining import cat
from ..grad_mode import enable_grad, no_grad
from ..tensor import Tensor
from .grouping import Group, check_settings
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    r"""A quasi-Newton method: steps along -H g, where H, the inverse Hessian, is known from the last steps alone.

    With steps $s_i$ and changes of the gradient $y_i$, $\rho_i = 1 / y_i^T s_i$, H is never written down; its product
    with g takes two loops over the history:

    $$\begin{aligned}
    &q \leftarrow -g; \quad \alpha_i = \rho_i\,s_i^T q, \quad q \leftarrow q - \alpha_i y_i
    \quad \text{from the last to the first} \\
    &d \leftarrow \frac{s^T y}{y^T y}\,q; \quad d \leftarrow d + (\alpha_i - \rho_i\,y_i^T d)\,s_i
    \quad \text{from the first to the last} \\
    &p \leftarrow p + t\,d
    \end{aligned}$$

    A step evaluates the loss several times, so `step` needs a closure that clears the gradients, computes the loss and
    its gradients, and returns it. One `step` makes up to `max_iter` iterations and `max_eval` evaluations (5/4 of
    max_iter), and ends early where no gradient is above `tolerance_grad`, or where parameters or loss change by less
    than `tolerance_change`. t is lr (smaller at the very first), or with `line_search_fn="strong_wolfe"` what that
    search finds from there. For whole batches: all parameters are one vector, in one group.

    Raises:
        ValueError: lr is negative, there are several groups, or no such line search.

    Source: Liu and Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization" (1989); Nocedal and
    Wright, "Numerical Optimization" (2006), algorithm 7.4.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_settings("LBFGS", lr=lr)
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )
        if len(self.param_groups) != 1:
            raise ValueError(f"LBFGS takes one group of parameters, got {len(self.param_groups)}")

    def gradient(self) -> Any:
        """The gradients of all parameters as one vector."""
        grads = [zeros_like(p) if p.grad is None else p.grad for p in self.parameters()]
        return cat([g.detach().reshape(-1) for g in grads])

    def move(self, t: float, d: Any) -> None:
        """Add t d to the parameters."""
        start = 0
        for p in self.parameters():
            p.add_(d[start : start + p.numel()].reshape(p.shape), alpha=t)
            start += p.numel()

    def step(self, closure: Callable[[], Any]) -> Any:
        """Make up to `max_iter` iterations; returns the closure's first loss.

        Raises:
            RuntimeError: there is no such line search.
        """
        search = self.param_groups[0]["line_search_fn"]
        if search not in (None, "strong_wolfe"):
            raise RuntimeError(f"LBFGS searches by 'strong_wolfe' or not at all (None), got {search!r}")
        state = self.state[self.parameters()[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        with no_grad():
            return self.iterate(closure, state, self.param_groups[0])

    def evaluate(self, closure: Callable[[], Any], state: dict[str, Any]) -> tuple[Any, Any]:
        """The loss and its gradient, where the parameters are."""
        with enable_grad():
            loss = closure()
        state["func_evals"] += 1
        return loss, self.gradient()

    def iterate(self, closure: Callable[[], Any], state: dict[str, Any], group: Group) -> Any:
        """Iterate until one of the conditions to end holds."""
        lr, smallest_change = float(group["lr"]), group["tolerance_change"]
        most = state["func_evals"] + group["max_eval"]
        first_loss, g = self.evaluate(closure, state)
        loss = float(first_loss)
        if g.abs().amax() <= group["tolerance_grad"]:
            return first_loss
        for i in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = direction(state, g, group["history_size"])
            t = lr if state["n_iter"] > 1 else lr * (1 / max(1.0, g.abs().sum().item()))
            state.update(d=d, t=t, prev_flat_grad=g, prev_loss=loss)
            here = Point(0, loss, g.dot(d).item(), g)
            if here.slope > -smallest_change:
                break
            if group["line_search_fn"]:
                line, scale = self.line(closure, state, d), d.abs().amax().item()
                found = strong_wolfe(line, here, t, scale, smallest_change, most - state["func_evals"])
                state["t"], loss, g = found.t, found.loss, found.gradient
            self.move(state["t"], d)
            if not group["line_search_fn"] and i < group["max_iter"]:  # else the next step begins with it
                new_loss, g = self.evaluate(closure, state)
                loss = float(new_loss)
            if (
                state["func_evals"] >= most
                or g.abs().amax() <= group["tolerance_grad"]
                or (d * state["t"]).abs().amax() <= smallest_change
                or abs(loss - here.loss) < smallest_change
            ):
                break
        return first_loss

    def line(self, closure: Callable[[], Any], state: dict[str, Any], d: Any) -> Callable[[float], Point]:
        """The loss along d, as a function of the step; the parameters stay where they are."""
        start = [p.clone() for p in self.parameters()]

        def point(t: float) -> Point:
            try:
                self.move(t, d)
                loss, g = self.evaluate(closure, state)
            finally:
                for p, origin in zip(self.parameters(), start, strict=True):
                    p.copy_(origin)
            return Point(t, float(loss), g.dot(d).item(), g)

        return point


def direction(state: dict[str, Any], g: Any, history_size: int) -> Any:
    """-H g, after the last step and the change of the gradient that it brought are added to the history."""
    if state["n_iter"] == 1:
        state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return -g
    changes, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
    y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
    ys = y.dot(s)
    if ys > 1e-10:  # else H would not stay positive definite
        if len(changes) == history_size:
            del changes[0], steps[0], ro[0]
        changes.append(y)
        steps.append(s)
        ro.append(1.0 / ys)
        state["H_diag"] = ys / y.dot(y)
    q, alphas = -g, []
    for y, s, r in zip(reversed(changes), reversed(steps), reversed(ro), strict=True):
        alphas.append(s.dot(q) * r)
        q.add_(y, alpha=-alphas[-1])
    d = q * state["H_diag"]
    for y, s, r, alpha in zip(changes, steps, ro, reversed(alphas), strict=True):
        d.add_(s, alpha=alpha - y.dot(d) * r)
    return d
