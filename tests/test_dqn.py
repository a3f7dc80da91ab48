"""Deep Q-learning, on a corridor whose values are known."""

import copy

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.models.dqn import QNetwork, Replay, Steps, choose_action, q_loss


class Table(nn.Module):
    """Values that are given for each state, which is one-hot."""

    def __init__(self, values):
        super().__init__()
        self.values = nn.Parameter(tg.tensor(values))

    def forward(self, x):
        return x @ self.values


def test_parameters():
    assert sum(p.numel() for p in QNetwork(4, 2).parameters()) == 4 * 128 + 128 + 128 * 128 + 128 + 128 * 2 + 2


def test_the_last_steps_are_kept():
    replay = Replay(3, 2)
    with pytest.raises(ValueError, match="no step to draw yet"):
        replay.draw(1)
    for i in range(5):
        replay.add([i, -i], i, i / 2, [i + 1, 0], i == 4)
        assert len(replay) == min(i + 1, 3)
    steps = replay.draw(200, tg.Generator().manual_seed(0))
    assert set(steps.action.tolist()) == {2, 3, 4}
    assert [str(x.dtype) for x in steps] == ["float32", "int64", "float32", "float32", "bool"]
    assert steps.state.shape == steps.after.shape == (200, 2)
    np.testing.assert_array_equal(steps.state.numpy(), np.stack([steps.action.numpy(), -steps.action.numpy()], 1))
    assert steps.reward.tolist() == [action / 2 for action in steps.action.tolist()]
    assert steps.end.tolist() == [action == 4 for action in steps.action.tolist()]
    assert (
        replay.draw(9, tg.Generator().manual_seed(1)).action.tolist()
        == replay.draw(9, tg.Generator().manual_seed(1)).action.tolist()
    )
    with pytest.raises(ValueError, match="one step or more, got 0"):
        Replay(0, 2)


def test_actions_are_greedy_but_for_a_share():
    network, generator = Table([[0.0, 3.0, 1.0]]), tg.Generator().manual_seed(0)
    assert {choose_action(network, [1.0], 0.0) for _ in range(20)} == {1}
    drawn = np.bincount([choose_action(network, np.ones(1), 0.6, generator) for _ in range(3000)], minlength=3) / 3000
    np.testing.assert_allclose(drawn, [0.2, 0.6, 0.2], 0, 0.04)


@pytest.mark.parametrize(
    ("double", "expected"),
    [(True, [1 + 0.5 * 10.0, 2.0]), (False, [1 + 0.5 * 20.0, 2.0])],  # the network would take the first action
)
def test_the_loss_by_hand(double, expected):
    network, target = Table([[5.0, 4.0], [0.5, 0.0]]), Table([[10.0, 20.0], [7.0, 8.0]])
    state = tg.eye(2)
    steps = Steps(state, tg.tensor([1, 0]), tg.tensor([1.0, 2.0]), state, tg.tensor([False, True]))
    loss = q_loss(network, target, steps, 0.5, double)
    errors = np.abs(np.array([4.0, 0.5]) - expected)
    np.testing.assert_allclose(loss.item(), np.where(errors < 1, errors**2 / 2, errors - 0.5).mean(), 1e-6)
    loss.backward()
    assert target.values.grad is None
    assert network.values.grad.tolist() == [[0.0, -0.5], [-0.5, 0.0]]  # of the actions that were taken


def test_values_of_a_corridor_are_learned():
    # from cell i of 4 one goes left or right; the right end gives 1 and the left end 0.3
    tg.manual_seed(0)
    cells, replay = np.eye(4, dtype="f"), Replay(8, 4)
    for i in range(4):
        replay.add(cells[i], 0, 0.3 * (i == 0), cells[max(i - 1, 0)], i == 0)
        replay.add(cells[i], 1, float(i == 3), cells[min(i + 1, 3)], i == 3)
    network = QNetwork(4, 2, 32)
    optimizer = optim.Adam(network.parameters(), lr=0.005)
    for step in range(500):
        if step % 20 == 0:
            target = copy.deepcopy(network)
        loss = q_loss(network, target, replay.draw(32), discount=0.8)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    best = [0.8**3, 0.8**2, 0.8, 1.0]  # always to the right
    left = [0.3, 0.8 * best[0], 0.8 * best[1], 0.8 * best[2]]
    np.testing.assert_allclose(network(tg.tensor(cells)).detach().numpy().T, [left, best], 0, 0.05)
    assert [choose_action(network, cell, 0.0) for cell in cells] == [1, 1, 1, 1]
