"""Small parameters are moved as one, large ones block by block: to the very bits as one by one, whatever happens."""

import copy
import io
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.optim import blocks, optimizer, packing

SHAPES = [(3,), (2, 3), (5, 1, 2), (7,), (4, 4), (1,), (2, 2), (6,), (3, 1), (1, 2), (), (50, 50)]

OPTIMIZERS = {
    "SGD": [{"lr": 0.1}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, {"momentum": 0.5, "maximize": True}],
    "Adam": [{}, {"amsgrad": True, "weight_decay": 0.1}, {"maximize": True}],
    "AdamW": [{}, {"amsgrad": True}],
    "NAdam": [{}, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    "RAdam": [{}, {"betas": (0.5, 0.6)}],
    "Adamax": [{"weight_decay": 0.1}],
    "RMSprop": [{}, {"momentum": 0.9, "centered": True}],
    "Adagrad": [{}, {"lr_decay": 0.1, "initial_accumulator_value": 0.5}],
    "Adadelta": [{}],
    "Rprop": [{}],
    "ASGD": [{"t0": 2}],
    "Lion": [{}],
}
CASES = [(name, settings) for name, rows in OPTIMIZERS.items() for settings in rows]


def parameters(dtype="float32", seed=0):
    numbers = np.random.default_rng(seed)
    return [nn.Parameter(tg.tensor(numbers.standard_normal(shape), dtype=getattr(tg, dtype))) for shape in SHAPES]


def give_gradients(params, step, without=()):
    numbers = np.random.default_rng(100 + step)
    for i, p in enumerate(params):
        g = tg.tensor(numbers.standard_normal(p.shape), dtype=p.dtype)
        p.grad = None if i in without else g


def one_by_one(monkeypatch):
    monkeypatch.setattr(packing, "MOST", 0)


def in_blocks(monkeypatch):
    """Blocks of 16 bytes of all that is larger."""
    monkeypatch.setattr(packing, "MOST", 0)
    monkeypatch.setattr(blocks, "BLOCK", 16)
    monkeypatch.setattr(optimizer, "WHOLE", 16)


def everything(params, optimizer):
    """The values of all parameters and states."""
    rows = [p.detach().numpy().copy() for p in params]
    for i, state in sorted(optimizer.state_dict()["state"].items()):
        rows += [np.array(state[name].numpy()) for name in sorted(state)]
        assert all(state[name].shape in ((), params[i].shape) for name in state)
    return rows


def walk(make, happenings, dtype="float32", steps=5):
    """Everything after some steps, with what happens before each."""
    params = parameters(dtype)
    optimizer = make(params)
    for step in range(steps):
        give_gradients(params, step)
        optimizer = happenings(step, params, optimizer) or optimizer
        optimizer.step()
    return everything(params, optimizer)


def same_both_ways(monkeypatch, make, happenings=lambda *_: None, dtype="float32", steps=5):
    together = walk(make, happenings, dtype, steps)
    for way in (one_by_one, in_blocks):
        with monkeypatch.context() as patch:
            way(patch)
            apart = walk(make, happenings, dtype, steps)
        assert len(together) == len(apart)
        for ours, theirs in zip(together, apart, strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "settings"), CASES, ids=str)
def test_together_as_one_by_one(name, settings, dtype, monkeypatch):
    same_both_ways(monkeypatch, lambda params: getattr(optim, name)(params, **settings), dtype=dtype, steps=8)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_small_parameters_take_one_update(name, monkeypatch):
    params = parameters()
    optimizer = getattr(optim, name)(params)
    shapes = []
    update = type(optimizer).update

    @packing.elementwise()
    def told(self, p, g, group):
        shapes.append(p.shape)
        update(self, p, g, group)

    monkeypatch.setattr(type(optimizer), "update", told)
    for step in range(2):
        give_gradients(params, step)
        optimizer.step()
    # no state tells a count of shape () from a parameter of shape (), and what is large gains nothing
    assert shapes == 2 * [(3 + 6 + 10 + 7 + 16 + 1 + 4 + 6 + 3 + 2,), (), (50, 50)]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_large_parameter_is_moved_block_by_block(name, monkeypatch):
    p = nn.Parameter(tg.ones(3, 100_000))
    made = getattr(optim, name)([p], **({"momentum": 0.9} if name == "SGD" else {}))
    shapes = []
    update = type(made).update

    @packing.elementwise()
    def told(self, p, g, group):
        shapes.append((p.shape, g.shape))
        update(self, p, g, group)

    monkeypatch.setattr(type(made), "update", told)
    for _ in range(3):
        shapes.clear()
        p.grad = tg.ones(3, 100_000)
        made.step()
        assert list(made.state) == [p]
    assert shapes == [((65536,), (65536,))] * 4 + [((300_000 - 4 * 65536,),) * 2]
    assert {value.shape for value in made.state[p].values()} <= {(), p.shape}
    assert (p.detach() == p.detach()[0, 0]).all()


def test_a_state_may_get_more_pieces(monkeypatch):
    def begin(self, p, g, group):
        state = self.state[p]
        for step, name in enumerate(("a", "b", "c")):
            if name not in state:
                state[name] = g.clone() if step else tg.ones(())
                break
            state[name] = state[name] * 2 if step == 1 else state[name].add_(1)
        p.sub_(g)

    class Growing(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

        update = packing.elementwise(99)(begin)

    same_both_ways(monkeypatch, Growing)


def test_what_does_not_lie_in_order_is_moved_whole(monkeypatch):
    in_blocks(monkeypatch)
    p, q = nn.Parameter(tg.ones(3, 4).t()), nn.Parameter(tg.ones(4, 3))
    made = optim.SGD([p, q], lr=0.5, momentum=0.5)
    for _ in range(3):
        p.grad, q.grad = tg.ones(4, 3), tg.ones(3, 4).t()
        made.step()
    assert p.tolist() == q.tolist() == [[1 - 0.5 * (1 + 1.5 + 1.75)] * 3] * 4


def without_some(step, params, optimizer):
    if step in (1, 3):
        give_gradients(params, step, without=(0, 3))


def with_values_replaced(step, params, optimizer):
    if step == 2:
        params[1].data = params[1].detach() * 2
        with tg.no_grad():
            params[2].mul_(0.5)


def with_a_state_replaced(step, params, optimizer):
    if step == 2:
        for name, value in optimizer.state[params[1]].items():
            optimizer.state[params[1]][name] = value * 2


def with_a_state_written_to(step, params, optimizer):
    if step == 2:
        for value in optimizer.state[params[3]].values():
            value.mul_(2)


def with_a_state_forgotten(step, params, optimizer):
    if step == 3:
        optimizer.state[params[4]].clear()
        del optimizer.state[params[2]]


def with_all_forgotten(step, params, optimizer):
    if step == 3:
        optimizer.state.clear()


def with_another_rate(step, params, optimizer):
    optimizer.param_groups[0]["lr"] = 0.01 * (step + 1)


def loaded(step, params, optimizer):
    if step == 2:
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))


def copied(step, params, optimizer):
    if step == 2:
        other = copy.deepcopy(optimizer)
        other.param_groups[0]["params"] = params
        other.state = type(optimizer.state)(dict, dict(zip(params, other.state.values(), strict=True)))
        return other
    return None


@pytest.mark.parametrize(
    "happenings",
    [
        without_some,
        with_values_replaced,
        with_a_state_replaced,
        with_a_state_written_to,
        with_a_state_forgotten,
        with_all_forgotten,
        with_another_rate,
        loaded,
        copied,
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        lambda params: optim.Adam(params, amsgrad=True),
        lambda params: optim.SGD(params, momentum=0.9),
        lambda params: optim.NAdam(params),
        lambda params: optim.Rprop(params),
    ],
    ids=["Adam", "SGD", "NAdam", "Rprop"],
)
def test_whatever_happens_between_steps(make, happenings, monkeypatch):
    same_both_ways(monkeypatch, make, happenings)


def test_groups_have_packs_of_their_own(monkeypatch):
    def make(params):
        return optim.Adam([{"params": params[:4], "lr": 0.1}, {"params": params[4:], "weight_decay": 0.3}])

    def grow(step, params, optimizer):
        if step == 2:
            params += parameters(seed=1)
            optimizer.add_param_group({"params": params[len(SHAPES) :]})
            give_gradients(params, step)

    same_both_ways(monkeypatch, make, grow)


def test_parameters_of_two_dtypes(monkeypatch):
    def make(params):
        for p in params[::2]:
            p.data = p.data.double()
            p.grad = None
        return optim.Adam(params)

    same_both_ways(monkeypatch, make)


def test_parameters_that_share_memory_move_in_turn(monkeypatch):
    def moved():
        memory = tg.ones(3)
        params = [nn.Parameter(memory[:2]), nn.Parameter(memory[1:])] + [nn.Parameter(tg.ones(2)) for _ in range(12)]
        optimizer = optim.SGD(params, lr=0.1, weight_decay=1)
        for p in params:
            p.grad = tg.ones(2)
        optimizer.step()
        return memory.tolist()

    together = moved()
    one_by_one(monkeypatch)
    assert together == moved()


def test_non_contiguous_parameters(monkeypatch):
    def make(params):
        for p in params:
            p.data = tg.tensor(np.asfortranarray(p.detach().numpy()))
        params[4].data = params[4].detach().t()
        return optim.Adam(params)

    same_both_ways(monkeypatch, make)


def test_an_update_of_another_kind_is_not_given_packs():
    class ByNorm(optim.SGD):
        def update(self, p, g, group):
            super().update(p, g / g.norm(), group)

    params = [nn.Parameter(tg.ones(2)) for _ in range(6)]
    for p in params:
        p.grad = tg.tensor([3.0, 4.0])
    ByNorm(params, lr=1).step()
    for p in params:
        np.testing.assert_allclose(p.tolist(), [0.4, 0.2], rtol=1e-6)


def test_a_step_is_a_write_to_each_parameter():
    params = [nn.Parameter(tg.ones(2)) for _ in range(12)]
    kept = (params[0] * params[0]).sum()
    for p in params:
        p.grad = tg.ones(2)
    versions = [p._version for p in params]
    optim.SGD(params, lr=0.1).step()
    assert [p._version for p in params] == [version + 1 for version in versions]
    with pytest.raises(RuntimeError, match=r"packing\.py|sgd\.py"):
        kept.backward()


def test_states_are_saved_without_their_neighbours():
    params = [nn.Parameter(tg.ones(20)) for _ in range(50)]
    optimizer = optim.Adam(params)
    for p in params:
        p.grad = tg.ones(20)
    optimizer.step()
    one = pickle.dumps(optimizer.state_dict()["state"][0])
    assert len(one) < 2000
    file = io.BytesIO()
    tg.save(optimizer.state_dict(), file)
    assert len(file.getvalue()) < 120_000
    file.seek(0)
    again = tg.load(file)
    assert again["state"][49]["exp_avg"].tolist() == optimizer.state[params[49]]["exp_avg"].tolist()


def test_a_state_that_moves_into_a_pack_is_the_same_tensor(monkeypatch):
    params = [nn.Parameter(tg.ones(2)) for _ in range(6)]
    optimizer = optim.Adam(params)
    with monkeypatch.context() as patch:
        one_by_one(patch)
        give_gradients(params, 0)
        optimizer.step()
    held = optimizer.state[params[0]]["exp_avg"]
    optimizer.step()
    assert optimizer.state[params[0]]["exp_avg"] is held
    assert held.tolist() != [0.0, 0.0]


def test_an_update_that_fails_leaves_no_trace():
    params = [nn.Parameter(tg.ones(2)) for _ in range(6)]
    for p in params:
        p.grad = tg.ones(2)
    optimizer = optim.Adam(params)
    optimizer.param_groups[0]["betas"] = ("a", 0.9)
    with pytest.raises(ValueError, match=r"Adam cannot make a step: .*betas"):
        optimizer.step()
    assert all(p.tolist() == [1.0, 1.0] for p in params)
    assert set(optimizer.state) <= set(params)
