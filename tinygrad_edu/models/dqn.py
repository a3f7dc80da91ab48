"""Deep Q-learning: what each action is worth in each state, learned from what has happened before."""

from typing import Any, NamedTuple

import numpy
from numpy.typing import ArrayLike

from .. import nn
from ..functions.creation import tensor
from ..functions.random import Generator, rand, randint
from ..grad_mode import no_grad
from ..nn import functional as F
from ..recording import wrap
from ..tensor import Tensor
from ..told import guard, guarded

__all__ = ["QNetwork", "Replay", "Steps", "choose_action", "q_loss"]


class QNetwork(nn.Module):
    """The value of each action in a state: the rewards to come, later ones discounted; `(B, state) -> (B, actions)`.

    Source: Mnih et al., "Human-level control through deep reinforcement learning" (2015); with affine layers, for
    states that are a few numbers.
    """

    def __init__(self, state: int, actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.hidden1 = nn.Linear(state, hidden)
        self.hidden2 = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, actions)

    def forward(self, x: Tensor) -> Tensor:
        """The values."""
        return self.output(F.relu(self.hidden2(F.relu(self.hidden1(x)))))


class Steps(NamedTuple):
    """Steps that were taken, in no order; `(B, state)` and `(B)` each. At an end nothing more was to come."""

    state: Tensor
    action: Tensor
    reward: Tensor
    after: Tensor
    end: Tensor


class Replay:
    """The last steps, up to a capacity, to draw from: neighbours in time are too much alike to learn from in a row.

    Source: Lin, "Self-Improving Reactive Agents Based on Reinforcement Learning, Planning and Teaching" (1992).
    """

    def __init__(self, capacity: int, state: int) -> None:
        if capacity < 1:
            raise ValueError(f"a replay holds one step or more, got {capacity}")
        kinds: list[tuple[Any, ...]] = [("state", "f4", state), ("action", "i8"), ("reward", "f4")]
        self.steps = numpy.zeros(capacity, [*kinds, ("after", "f4", state), ("end", "?")])
        self.count = 0  # of all that were ever added

    def __len__(self) -> int:
        return min(self.count, len(self.steps))

    @guarded
    def add(self, state: ArrayLike, action: int, reward: float, after: ArrayLike, end: bool) -> None:
        """Remember a step, in the place of the oldest if there is no other."""
        self.steps[self.count % len(self.steps)] = (state, action, reward, after, end)
        self.count += 1

    @guarded
    def draw(self, count: int, generator: Generator | None = None) -> Steps:
        """Steps drawn at random, some of them perhaps twice.

        Raises:
            ValueError: there is none yet.
        """
        if not len(self):
            raise ValueError("there is no step to draw yet; add some first")
        chosen = self.steps[randint(0, len(self), (count,), generator=generator).numpy()]
        return Steps(*[wrap(numpy.ascontiguousarray(chosen[name])) for name in Steps._fields])


def choose_action(network: nn.Module, state: ArrayLike, epsilon: float, generator: Generator | None = None) -> int:
    """The action of the greatest value or, with probability epsilon, any."""
    with no_grad():
        values = network(tensor(numpy.asarray(state, "float32"))[None])[0]
    if rand((), generator=generator).item() < epsilon:
        return int(randint(0, len(values), (), generator=generator).item())
    return int(values.argmax().item())


def q_loss(network: nn.Module, target: nn.Module, steps: Steps, discount: float = 0.99, double: bool = True) -> Tensor:
    r"""How far values are from $r + \gamma \max_a Q'(s', a)$, where Q' is a copy of the network from some time ago.

    `double` lets the network itself choose the a that Q' values, which takes away the bias of a maximum of estimates.
    The loss is Huber's, whose gradient is bounded.

    Source: Mnih et al. (2015), algorithm 1; van Hasselt, Guez and Silver, "Deep Reinforcement Learning with Double
    Q-learning" (2016), equation 4.
    """
    with no_grad():
        best = (network if double else target)(steps.after).argmax(1)
        to_come = target(steps.after).gather(1, best[:, None])[:, 0].masked_fill(steps.end, 0)
        expected = steps.reward + discount * to_come
    values = network(steps.state).gather(1, steps.action[:, None])[:, 0]
    return F.smooth_l1_loss(values, expected)


guard(globals(), __all__, __name__)
