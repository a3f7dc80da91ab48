"""nn.Module beside PyTorch's: hooks, state, containers, initial values."""

import inspect
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.nn import hooks

X = np.random.default_rng(0).standard_normal((3, 2))
BOTH = ((tg, nn), (torch, torch.nn))


def twins(make):
    """A module of ours and one of PyTorch's with the same weights, in float64."""
    mine, reference = make(nn).double(), make(torch.nn).double()
    reference.load_state_dict({k: torch.tensor(v.numpy()) for k, v in mine.state_dict().items()})
    return mine, reference


def net(nn):
    return nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 3))


def told(value):
    """A log as plain numbers."""
    if isinstance(value, (tuple, list)):
        return [told(x) for x in value]
    return None if value is None else np.round(value.detach().numpy(), 9).tolist()


# that the inputs require no grad is told
@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("place", ["0", "2", ""])
def test_backward_hooks_see_what_pytorchs_see(place, requires_grad):
    logs = []
    for m, module in zip((tg, torch), twins(net), strict=True):
        log = []
        watched = module.get_submodule(place)
        watched.register_full_backward_hook(lambda _, gi, go, log=log: log.append(("full", told(gi), told(go))))
        watched.register_full_backward_pre_hook(lambda _, go, log=log: log.append(("pre", told(go))))
        x = m.tensor(X, requires_grad=requires_grad)
        (module(x) ** 2).sum().backward()
        logs.append([log, told([p.grad for p in module.parameters()]), told(x.grad)])
    assert logs[0] == logs[1]


def test_backward_hooks_replace_gradients():
    found = []
    for m, module in zip((tg, torch), twins(net), strict=True):
        module[2].register_full_backward_pre_hook(lambda _, go: (go[0] * 2,))
        module[2].register_full_backward_hook(lambda _, gi, go: (gi[0] + 1,))
        x = m.tensor(X, requires_grad=True)
        module(x).sum().backward()
        found.append(told([x.grad, *[p.grad for p in module.parameters()]]))
    assert found[0] == found[1]
    for m, module in zip((tg, torch), twins(net), strict=True):
        module[0].register_full_backward_hook(lambda _, gi, go: ())
        with pytest.raises(RuntimeError):
            module(m.tensor(X, requires_grad=True)).sum().backward()


def test_backward_hooks_of_several_arguments():
    logs = []
    for m, nn_ in BOTH:
        log = []

        class Two(nn_.Module):
            def forward(self, x, number, y):
                return x * number, x + y

        module = Two()
        module.register_full_backward_hook(lambda _, gi, go, log=log: log.append((told(gi), told(go))))
        x, y = m.tensor(X, requires_grad=True), m.tensor(X)
        a, b = module(x, 3, y)
        (a.sum() + (b * 2).sum()).backward()
        logs.append([log, told(x.grad)])
    assert logs[0] == logs[1]


def test_hooks_that_are_always_called():
    for m, nn_ in BOTH:
        seen = []
        module = nn_.Linear(2, 2)
        module.register_forward_hook(lambda _, args, out, seen=seen: seen.append(out), always_call=True)
        module.register_forward_hook(lambda _, args, out, seen=seen: seen.append("not this"))
        with pytest.raises(RuntimeError):
            module(m.zeros(3, 5))
        assert seen == [None]


def test_state_hooks_and_extra_state():
    states = []
    for m, nn_ in BOTH:

        class Counted(nn_.Module):
            def __init__(self, nn=nn_, m=m):
                super().__init__()
                self.inner = nn.Linear(2, 1)
                self.register_buffer("mean", m.ones(2))
                self.steps = 3

            def get_extra_state(self):
                return {"steps": self.steps}

            def set_extra_state(self, state):
                self.steps = state["steps"]

        log = []
        module = Counted()
        module.inner.register_state_dict_pre_hook(lambda _, prefix, keep, log=log: log.append((prefix, keep)))
        module.inner.register_state_dict_post_hook(lambda _, state, prefix, meta: state.update({prefix + "more": 1}))
        state = module.state_dict()
        log.append(list(state))
        log.append(state["_extra_state"])

        def rename(module, state, prefix, meta, strict, missing, unexpected, errors):
            state[prefix + "weight"] = state.pop(prefix + "old")

        other = Counted()
        other.inner.register_load_state_dict_pre_hook(rename)
        other.register_load_state_dict_post_hook(lambda _, keys, log=log: log.append(sorted(keys.missing_keys)))
        given = {"inner.old": m.zeros(1, 2), "mean": m.zeros(2), "_extra_state": {"steps": 8}}
        keys = other.load_state_dict(given, strict=False)
        log += [list(given), keys.missing_keys, keys.unexpected_keys, other.steps, told(other.inner.weight)]
        states.append(log)
    assert states[0] == states[1]


def test_assigning_a_state():
    for m, nn_ in BOTH:
        module = nn_.Linear(2, 3)
        weight = m.ones(3, 2, dtype=m.float64)
        module.load_state_dict({"weight": weight, "bias": m.zeros(3)}, assign=True)
        assert module.weight.dtype == m.float64
        assert isinstance(module.weight, nn_.Parameter)
        weight[0, 0] = 7
        assert module.weight[0, 0].item() == 7


CONTAINERS = {
    "module dict": lambda nn: nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.ReLU()}),
    "module dict of pairs": lambda nn: nn.ModuleDict([["a", nn.Linear(2, 3)], ["b", nn.ReLU()]]),
    "empty": lambda nn: nn.ModuleDict(),
    "parameter list": lambda nn: nn.ParameterList([nn.Parameter(zeros(nn, 2, 3)), zeros(nn, 2), 3]),
    "parameter dict": lambda nn: nn.ParameterDict({"a": zeros(nn, 2, 3), "b": nn.Parameter(zeros(nn, 2)), "c": 3}),
}


def zeros(nn_, *shape):
    return tg.zeros(*shape) if nn_ is nn else torch.zeros(*shape)


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers(name):
    mine, reference = CONTAINERS[name](nn), CONTAINERS[name](torch.nn)
    assert repr(mine) == repr(reference)
    assert list(mine.state_dict()) == list(reference.state_dict())
    assert len(mine) == len(reference)


def test_a_module_dict_is_a_dictionary():
    found = []
    for _, nn_ in BOTH:
        heads = nn_.ModuleDict({"a": nn_.Linear(2, 3)})
        heads["b"] = nn_.ReLU()
        heads.update({"c": nn_.Linear(1, 1), "a": nn_.ReLU()})
        found.append([list(heads), "b" in heads, "z" in heads, repr(heads.pop("a")), list(heads.keys()), len(heads)])
        del heads["b"]
        found[-1] += [[repr(x) for x in heads.values()], [k for k, _ in heads.items()]]
        with pytest.raises(KeyError):
            heads["b"]
        with pytest.raises(TypeError):
            heads["d"] = 3
        heads.clear()
        found[-1].append(len(heads))
    assert found[0] == found[1]


def test_a_parameter_list_is_a_list():
    found = []
    for m, nn_ in BOTH:
        rows = nn_.ParameterList([m.zeros(2)])
        rows.append(m.ones(3))
        rows += [m.zeros(1), m.zeros(4)]
        rows[-1] = m.zeros(5)
        found.append([len(rows), [tuple(p.shape) for p in rows], tuple(rows[1].shape), len(rows[1:])])
        found[-1] += [list(rows.state_dict()), rows[0].requires_grad]
        with pytest.raises(IndexError):
            rows[7]
    assert found[0] == found[1]


def test_a_parameter_dict_is_a_dictionary():
    found = []
    for m, nn_ in BOTH:
        named = nn_.ParameterDict({"a": m.zeros(2)})
        named["b"] = m.ones(3)
        named.update({"c": m.zeros(1)})
        found.append([list(named.keys()), tuple(named["b"].shape), "c" in named, named.get("z", 5), len(named)])
        named.pop("a")
        del named["b"]
        found[-1] += [[k for k, _ in named.items()], [name for name, _ in named.named_parameters()]]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("name", "shape", "arguments"),
    [("eye_", (3, 5), ()), ("dirac_", (4, 2, 3), ()), ("dirac_", (4, 2, 3, 5), (2,)), ("dirac_", (2, 6, 3, 3, 3), ())],
)
def test_fixed_initial_values(name, shape, arguments):
    mine = getattr(nn.init, name)(tg.ones(shape), *arguments)
    expected = getattr(torch.nn.init, name)(torch.ones(shape), *arguments)
    np.testing.assert_array_equal(mine.numpy(), expected.numpy())


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (6, 2), (2, 3, 2)], ids=str)
def test_orthogonal(shape):
    w = nn.init.orthogonal_(tg.empty(shape), gain=2).numpy().reshape(shape[0], -1)
    small = w @ w.T if w.shape[0] < w.shape[1] else w.T @ w
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-5)


def test_truncated_normal_numbers_of_half_precision():
    x = nn.init.trunc_normal_(tg.empty(10_000, dtype=tg.float16), 0.0, 1.0, -2.0, 2.0)
    assert x.dtype == tg.float16
    assert x.unique().numel() > 3000  # drawn as float16 there were 2,700 at most
    assert x.abs().max() <= 2
    for nn_, lib in ((nn, tg), (torch.nn, torch)):
        with pytest.warns(UserWarning, match="more than 2 std"):
            nn_.init.trunc_normal_(lib.empty(5), 10.0)


@pytest.mark.parametrize("bounds", [(-2.0, 2.0), (-0.5, 3.0)])
def test_truncated_normal(bounds):
    tg.manual_seed(0)
    torch.manual_seed(0)
    a = nn.init.trunc_normal_(tg.empty(200, 100), 0.3, 0.8, *bounds).numpy()
    b = torch.nn.init.trunc_normal_(torch.empty(200, 100), 0.3, 0.8, *bounds).numpy()
    assert bounds[0] <= a.min() <= a.max() <= bounds[1]
    np.testing.assert_allclose([a.mean(), a.std()], [b.mean(), b.std()], atol=0.02)
    np.testing.assert_allclose(np.quantile(a, [0.1, 0.5, 0.9]), np.quantile(b, [0.1, 0.5, 0.9]), atol=0.04)


def test_sparse():
    for m, nn_ in BOTH:
        w = nn_.init.sparse_(m.empty(10, 4), 0.25).numpy()
        assert ((w == 0).sum(0) == 3).all()
        with pytest.raises(TypeError):
            nn_.init.sparse_(ones := m.ones(2, 2), "a")
        assert ones.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("gain", [2, 0.5])
def test_orthogonal_takes_a_gain_that_is_a_tensor(gain):
    for m, nn_ in BOTH:
        m.manual_seed(0)
        plain = nn_.init.orthogonal_(m.empty(3, 2, dtype=m.float64), gain).numpy()
        m.manual_seed(0)
        taken = nn_.init.orthogonal_(m.empty(3, 2, dtype=m.float64), m.tensor(gain)).numpy()
        np.testing.assert_allclose(taken, plain)
        np.testing.assert_allclose(taken.T @ taken, gain**2 * np.eye(2), atol=1e-12)


ERRORS = [
    ("eye_", (3,), ()),
    ("dirac_", (3, 4), ()),
    ("dirac_", (3, 4, 1), (2,)),
    ("orthogonal_", (3,), ()),
    ("sparse_", (3,), (0.5,)),
]


@pytest.mark.parametrize(("name", "shape", "arguments"), ERRORS)
def test_initial_values_refuse(name, shape, arguments):
    for m, nn_ in BOTH:
        tensor = m.ones(shape)
        with pytest.raises(ValueError, match=r".+"):
            getattr(nn_.init, name)(tensor, *arguments)


def test_hooks_that_are_always_called_see_every_failure():
    logs = []
    for m, nn_ in BOTH:
        log = []

        class Failing(nn_.Module):
            def forward(self, x):
                return x.nothing() if self.failing else x * 2

        def named(name, log=log):
            return lambda module, args, *out: log.append((name, [told(x) if x is not None else x for x in out]))

        def fails(*args):
            raise RuntimeError("this is told")

        module = Failing()
        module.failing = False
        module.register_forward_hook(named("first"))
        module.register_forward_hook(named("always"), always_call=True)
        failing = module.register_forward_hook(fails)
        module.register_forward_hook(named("never reached"))
        module.register_forward_hook(named("always, too"), always_call=True)
        with pytest.raises(RuntimeError, match="this is told"):
            module(m.ones(1))
        failing.remove()
        log.append(failing.id in failing.hooks_dict_ref())
        before = module.register_forward_pre_hook(fails)
        with pytest.raises(RuntimeError, match="this is told"):
            module(m.ones(1))
        before.remove()
        module.register_forward_hook(fails, always_call=True)
        module.failing = True
        with pytest.warns(UserWarning, match="always_call"), pytest.raises(AttributeError, match="nothing"):
            module(m.ones(1))
        logs.append(log)
    assert logs[0] == logs[1]


@pytest.mark.parametrize("container", [lambda x: {0: x}, lambda x: [x]], ids=["dictionary", "list"])
def test_backward_hooks_are_not_called_for_what_is_no_tuple(container):
    for m, nn_ in BOTH:

        class Named(nn_.Module):
            def forward(self, x):
                return container(x * 2)

        module, called = Named(), []
        module.register_full_backward_hook(lambda *args, called=called: called.append(1))
        with pytest.warns(UserWarning, match="should be a Tensor or a tuple of Tensors"):
            module(m.ones(1, requires_grad=True))[0].sum().backward()
        assert not called


class Pair(NamedTuple):
    first: Any
    second: Any


@pytest.mark.parametrize("register", ["register_full_backward_hook", "register_full_backward_pre_hook"])
def test_backward_hooks_of_what_gives_a_named_tuple(register):
    logs = []
    for m, nn_ in BOTH:

        class Two(nn_.Module):
            def forward(self, x):
                return Pair(x * 2, x * 3)

        module, log = Two(), []
        getattr(module, register)(lambda module, *grads, log=log: log.append([list_of(g) for g in grads]))
        x = m.ones(2, requires_grad=True)
        out = module(x)
        out.second.sum().backward()
        logs.append((log, type(out), x.grad.tolist()))
    assert logs[0] == logs[1]
    assert logs[0][0][0][-1] == [None, [1.0, 1.0]]


@pytest.mark.parametrize("register", ["register_full_backward_hook", "register_full_backward_pre_hook"])
@pytest.mark.parametrize(
    "program",
    [
        lambda x, y: (x * 2, y * 3),
        lambda x, y: (x * 2, y.detach()),
        lambda x, y: (x * 2, y.long()),
        lambda x, y: (x * 2, 3),
        lambda x, y: x * 2,
        lambda x, y: x * y.detach(),
        lambda x, y: (x, y),
    ],
)
def test_gradients_that_do_not_come_are_none_at_outputs_and_zeros_at_inputs(program, register):
    logs = []
    for m, nn_ in BOTH:

        class Two(nn_.Module):
            def forward(self, x, y):
                return program(x, y)

        module, log = Two(), []
        getattr(module, register)(lambda module, *grads, log=log: log.append([list_of(g) for g in grads]))
        inputs = m.ones(2, requires_grad=True), m.ones(2, requires_grad=True)
        out = module(*inputs)
        (out[0] if isinstance(out, tuple) else out).sum().backward()
        logs.append((log, list_of(x.grad for x in inputs)))
    assert logs[0] == logs[1]


def list_of(grads):
    return [g if g is None else g.tolist() for g in grads]


def test_hooks_that_give_what_they_must_not():
    for m, nn_ in BOTH:
        module = nn_.Identity()
        handle = module.register_forward_pre_hook(lambda module, args, kwargs: args, with_kwargs=True)
        with handle, pytest.raises(RuntimeError, match=r"\(args, kwargs\)|\(new_args, new_kwargs\)"):
            module(m.ones(1))
        handle = module.register_load_state_dict_post_hook(lambda module, keys: keys)
        with handle, pytest.raises((RuntimeError, AssertionError), match=r"after loading|not expected to return"):
            module.load_state_dict({})


def test_buffers():
    states = []
    for m, nn_ in BOTH:
        net, log = nn_.Module(), []
        net.mean, net.cache = nn_.Buffer(m.ones(2)), nn_.Buffer(m.zeros(1), persistent=False)
        log.append([list(net.state_dict()), [name for name, _ in net.named_buffers()]])
        net.cache = m.ones(1)
        net.mean = nn_.Buffer(m.ones(2), persistent=False)
        log.append([list(net.state_dict()), [name for name, _ in net.named_buffers()]])
        net.cache = None
        log.append([name for name, _ in net.named_buffers()])
        net.cache = nn_.Parameter(m.ones(1))
        log.append([list(net.state_dict()), [name for name, _ in net.named_buffers()]])
        net.number, net.layer = 3, nn_.Linear(1, 1)
        with pytest.raises(KeyError):
            net.number = nn_.Buffer(m.ones(1))
        for name in ("layer", "cache"):
            with pytest.raises(TypeError):
                setattr(net, name, nn_.Buffer(m.ones(1)))
        net.layer = nn_.Parameter(m.ones(1))
        log.append([list(net.state_dict()), [name for name, _ in net.named_modules()]])
        states.append(log)
    assert states[0] == states[1]


def test_submodules_are_set_by_dotted_names():
    for _, nn_ in BOTH:
        net = nn_.Sequential(nn_.Sequential(nn_.Linear(1, 2)))
        first, second = nn_.Linear(1, 3), nn_.ReLU()
        net.set_submodule("0.0", first, strict=True)
        net.set_submodule("0.more", second)
        assert [net[0][0], net[0].more] == [first, second]
        net.number = 3
        for name in ("0.nothing", "nothing.0", "number"):
            with pytest.raises(AttributeError):
                net.set_submodule(name, first, strict=True)
        for wrong in (("", first), ("0", "no module")):
            with pytest.raises(ValueError, match=r"submodule|Module"):
                net.set_submodule(*wrong)


def test_modules_that_load_and_save_in_their_own_way():
    results = []
    for m, nn_ in BOTH:

        class Own(nn_.Module):
            def __init__(self, nn=nn_, m=m):
                super().__init__()
                self.param, self.sub = nn.Parameter(m.ones(1)), nn.BatchNorm1d(2)

            def _save_to_state_dict(self, destination, prefix, keep_vars):
                destination[prefix + "serialized"] = self.param.data + 1

            def _load_from_state_dict(self, state_dict, prefix, *args):
                self.param.data.copy_(state_dict[prefix + "serialized"] - 1)

        class Renamed(nn_.Linear):
            def _load_from_state_dict(self, state_dict, prefix, *args):
                state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")
                super()._load_from_state_dict(state_dict, prefix, *args)

        net = nn_.Sequential(Own(), Renamed(2, 1))
        with m.no_grad():
            net[0].param[0], net[0].sub.weight[0] = 10, 5
        state = net.state_dict()
        log = [list(state), {name: dict(part) for name, part in state._metadata.items()}]
        state["1.kernel"] = m.tensor([[3.0, 4.0]])
        with pytest.raises(KeyError):
            net.load_state_dict({name: x for name, x in state.items() if name != "1.kernel"})
        del state["1.weight"]
        other = nn_.Sequential(Own(), Renamed(2, 1))
        other.load_state_dict(state)
        log += [told(other[0].param), told(other[0].sub.weight), told(other[1].weight)]
        old = nn_.BatchNorm1d(2).state_dict()
        del old["num_batches_tracked"]
        with pytest.raises(RuntimeError, match="Missing key"):
            other[0].sub.load_state_dict(old)
        old._metadata[""]["version"] = 1
        other[0].sub.load_state_dict(old)
        with pytest.raises(RuntimeError, match="Unexpected key"):
            other[0].sub.load_state_dict({**old, "weight.more": m.ones(2)})
        results.append(log)
    assert results[0] == results[1]


def test_hooks_after_loading_see_to_keys():
    for _, nn_ in BOTH:
        inner = nn_.Linear(1, 1)
        net, order = nn_.Sequential(inner), []
        net.register_load_state_dict_post_hook(lambda module, keys, order=order: order.append("outer"))
        handle = inner.register_load_state_dict_post_hook(lambda module, keys, order=order: order.append("inner"))
        net.load_state_dict(net.state_dict())
        assert order == ["inner", "outer"]
        handle.remove()
        inner.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
        net.load_state_dict({"0.weight": inner.weight.detach() + 1})
        inner.register_load_state_dict_post_hook(lambda module, keys: keys.unexpected_keys.append("another"))
        with pytest.raises(RuntimeError, match="another"):
            net.load_state_dict(net.state_dict())


def test_parameters_by_name_come_in_pytorchs_order():
    for m, nn_ in BOTH:
        one = nn_.ParameterDict({"b": m.ones(1), "a": m.ones(1)})
        one.update([("d", m.ones(1)), ("c", m.ones(1))])
        both = one.copy() | nn_.ParameterDict({"e": m.ones(1)})
        assert list(both) == ["a", "b", "d", "c", "e"] == list(reversed(list(reversed(both))))
        assert both["a"] is one["a"]
        one |= {"f": m.ones(1)}
        assert list(one.fromkeys("xy").items()) == [("x", None), ("y", None)]
        assert [name for name, _ in one.named_parameters()] == ["a", "b", "d", "c", "f"]


def test_a_mixin_may_follow_module():
    for _, nn_ in BOTH:

        class Counted:
            def __init__(self, count=0):
                super().__init__()
                self.count = count

        class Net(nn_.Module, Counted):
            call_super_init = True

        assert Net(count=3).count == 3
        with pytest.raises(TypeError):
            nn_.Module(3)


def test_what_a_module_is_not_converted_by():
    for m, nn_ in BOTH:
        net = nn_.Linear(1, 1)
        wrong = [("cpu", True), (None, True), ("cpu", m.int64, True), ([],), (m.tensor(3),)]
        for given in wrong:
            with pytest.raises(TypeError):
                net.to(*given)
        with pytest.raises(RuntimeError):
            net.to("cpu", copy=True)
        assert net.to("cpu", m.float64, True) is net
        assert net.type("torch.FloatTensor").weight.dtype == m.float32


def test_which_layers_are_kinds_of_others():
    # what gets its parameters later is of the layer's own kind from the start here
    more = {(f"Lazy{kind}Norm{d}d", f"{kind}Norm{d}d") for kind in ("Batch", "Instance") for d in (1, 2, 3)}
    kinds = [
        {
            (one, other)
            for one in tg.nn.__all__
            for other in tg.nn.__all__
            if one != other and is_subclass(getattr(nn_, one, None), getattr(nn_, other, None))
        }
        for _, nn_ in BOTH
    ]
    assert kinds[0] ^ kinds[1] == more


def is_subclass(one, other):
    return isinstance(one, type) and isinstance(other, type) and issubclass(one, other)


class Taken(NamedTuple):
    """What is assigned where something else stands."""

    name: str
    value: Any


@pytest.mark.parametrize(
    "taken",
    [
        Taken("weight", lambda m: m.nn.Linear(1, 1)),
        Taken("weight", lambda m: m.ones(2)),
        Taken("weight", lambda m: 1.0),
        Taken("below", lambda m: m.ones(2)),
        Taken("below", lambda m: m.nn.Parameter(m.ones(2))),
        Taken("mean", lambda m: 1.0),
        Taken("mean", lambda m: m.nn.Linear(1, 1)),
    ],
)
def test_members_of_one_kind_do_not_become_others(taken):
    found = []
    for m in (tg, torch):
        net = m.nn.Module()
        net.weight, net.below = m.nn.Parameter(m.ones(1)), m.nn.Linear(1, 1)
        net.register_buffer("mean", m.zeros(1))
        try:
            setattr(net, taken.name, taken.value(m))
        except TypeError:
            found.append("refused")
        else:
            found.append(str([list(net._parameters), list(net._modules), list(net._buffers)]))
    assert found[0] == found[1]


def test_what_a_version_says_comes_to_each_module():
    logs = []
    for m in (tg, torch):

        class Old(m.nn.Module):
            _version = 3

            def __init__(self, log, m=m):
                super().__init__()
                self.scale, self.log = m.nn.Parameter(m.ones(1)), log

            def _load_from_state_dict(self, state, prefix, metadata, *more):
                self.log.append((prefix, dict(metadata)))
                super()._load_from_state_dict(state, prefix, metadata, *more)

        log = []
        net = m.nn.Sequential(Old(log), m.nn.Sequential(Old(log)))
        net.load_state_dict(net.state_dict())
        logs.append(log)
    assert logs[0] == logs[1]


def test_backward_hooks_of_a_module_whose_inputs_need_no_gradient():
    logs = []
    for m in (tg, torch):

        class Scaled(m.nn.Module):
            def forward(self, x, y):
                return (x + y) * self.scale

        net, seen = Scaled(), []
        net.scale = m.nn.Parameter(m.ones(1))
        net.register_full_backward_hook(lambda module, come, went, seen=seen: seen.append(come))
        with pytest.warns(UserWarning, match="Full backward hook is firing"):
            net(m.ones(1), m.ones(1)).sum().backward()
        x = m.ones(1, requires_grad=True)
        with m.no_grad():
            seen.append(net(x, x).requires_grad)
        logs.append(seen)
    assert logs[0] == logs[1] == [(None, None), False]


def test_a_hook_of_all_modules_is_not_called_after_a_failure():
    for m, places in ((tg, hooks), (torch, torch.nn.modules.module)):

        class Failing(m.nn.Module):
            def forward(self, x):
                raise RuntimeError("this is told")

        seen = []
        handles = [
            places.register_module_forward_hook(lambda *told, seen=seen: seen.append("usual")),
            places.register_module_forward_hook(lambda *told, seen=seen: seen.append("always"), always_call=True),
        ]
        with pytest.raises(RuntimeError, match="this is told"):
            Failing()(m.ones(1))
        for handle in handles:
            handle.remove()
        assert seen == ["always"]


def test_other_memory():
    for m, nn_ in BOTH:
        net = nn_.Sequential(nn_.Linear(2, 3), nn_.BatchNorm1d(3)).double()
        weight, state = net[0].weight, {name: (x.shape, x.dtype) for name, x in net.state_dict().items()}
        assert net.to_empty(device="cpu") is net
        assert net[0].weight is weight
        assert {name: (x.shape, x.dtype) for name, x in net.state_dict().items()} == state
        net[0].weight.data.fill_(7)
        net.to_empty(device="cpu", recurse=False)
        assert net[0].weight.eq(7).all()
        with pytest.raises(TypeError, match="device"):
            net.to_empty()
        assert m.is_tensor(net[1].running_mean)


GIVEN = {
    "a dictionary": lambda g: {"a": 1},
    "a list": list,
    "a number": lambda g: 3,
    "a number in a tuple": lambda g: (3,),
    "nothing": lambda g: (),
    "two": lambda g: (g[0], g[0]),
    "another dtype": lambda g: (g[0].half(),),
    "another shape": lambda g: (g[0][:1],),
}


@pytest.mark.parametrize("place", ["register_full_backward_hook", "register_full_backward_pre_hook"])
@pytest.mark.parametrize("give", GIVEN.values(), ids=GIVEN.keys())
def test_what_a_backward_hook_gives(place, give):
    found = []
    for m, module in zip((tg, torch), twins(net), strict=True):
        getattr(module[2], place)(lambda _, *grads: give(grads[0]))
        x = m.tensor(X, requires_grad=True)
        try:
            module(x).sum().backward()
            found.append(told(x.grad))
        except (TypeError, RuntimeError, KeyError) as error:  # PyTorch looks for 0 in a dictionary
            found.append(TypeError if isinstance(error, KeyError) else type(error).__mro__[-4])
    assert found[0] == found[1]


def test_backward_hooks_where_no_input_requires_grad_say_so():
    for m, module in zip((tg, torch), twins(net), strict=True):
        module[0].register_full_backward_hook(lambda *args: None)
        with pytest.warns(UserWarning, match="Full backward hook is firing"):
            module(m.tensor(X)).sum().backward()


def test_hooks_see_what_becomes_a_member_and_may_give_another():
    logs = []
    for lib in (tg.nn.hooks, torch.nn.modules.module):
        nn_, log = (torch.nn if lib.__name__.startswith("torch") else nn), []
        m = torch if nn_ is torch.nn else tg
        handles = [
            getattr(lib, f"register_module_{kind}_registration_hook")(
                lambda module, name, x, kind=kind, log=log: log.append((kind, type(module).__name__, name, x is None))
            )
            for kind in ("buffer", "parameter", "module")
        ]
        norm = nn_.BatchNorm1d(2, affine=False)
        nn_.ModuleDict({"z": nn_.Sequential(norm)})
        module = nn_.Module()
        module.add_module("no_module", None)
        module.register_parameter("no_parameter", None)
        module.register_buffer("no_buffer", None)
        module.x = nn_.Linear(1, 1, bias=False)
        module.x = nn_.Identity()
        module.y = nn_.Buffer(m.ones(1))
        module.y = m.zeros(1)
        zeros = nn_.Parameter(m.zeros(1))
        handles.append(lib.register_module_parameter_registration_hook(lambda *args, zeros=zeros: zeros))
        module.w = nn_.Parameter(m.ones(1))
        assert module.w is zeros
        for handle in handles:
            handle.remove()
        module.v = nn_.Parameter(m.ones(1))
        assert module.v.item() == 1
        logs.append(log)
    assert logs[0] == logs[1]


def test_where_hooks_are_kept():
    for _, nn_ in BOTH:
        net = nn_.Linear(1, 1)
        hook = lambda *args: None  # noqa: E731
        handles = [
            net.register_forward_hook(hook, with_kwargs=True, always_call=True),
            net.register_forward_pre_hook(hook, with_kwargs=True),
            net.register_state_dict_pre_hook(hook),
            net.register_state_dict_post_hook(hook),
            net.register_load_state_dict_pre_hook(hook),
            net.register_load_state_dict_post_hook(hook),
        ]
        kept = [
            *(net._forward_hooks, net._forward_hooks_with_kwargs, net._forward_hooks_always_called),
            *(net._forward_pre_hooks, net._forward_pre_hooks_with_kwargs),
            *(net._state_dict_pre_hooks, net._state_dict_hooks),
            *(net._load_state_dict_pre_hooks, net._load_state_dict_post_hooks),
        ]
        assert [len(hooks) for hooks in kept] == [1] * 9
        assert list(net._forward_hooks.values()) == [hook]
        for handle in handles:
            handle.remove()
        assert not any(kept)
        net.register_buffer("b", None, persistent=False)
        assert net._non_persistent_buffers_set == {"b"}


def test_forward_takes_its_inputs_by_pytorchs_names():
    own = [name for name in nn.__all__ if name not in ("Module", "RNNBase") and "forward" in vars(getattr(nn, name))]
    assert len(own) > 100
    for name in own:
        if name in vars(torch.nn):
            ours, theirs = (list(inspect.signature(getattr(nn_, name).forward).parameters) for _, nn_ in BOTH)
            assert ours == theirs, name
