"""func: what PyTorch cannot be asked about, modules as functions, and what is left behind."""

import gc
import threading
from collections import namedtuple

import pytest

import tinygrad_edu as tg
from tinygrad_edu import func, nn


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2, bias=False)
        self.second = nn.Linear(2, 2, bias=False)
        self.second.weight = self.first.weight

    def forward(self, x, scale=1.0):
        return self.second(self.first(x)) * scale


def test_a_module_is_as_before_whatever_happens():
    net = nn.Linear(2, 1)
    before = dict(net.named_parameters())
    other = {name: tg.ones_like(p) for name, p in before.items()}
    assert func.functional_call(net, other, tg.ones(1, 2)).item() == 3
    with pytest.raises(ValueError, match="last dimension"):
        func.functional_call(net, other, tg.ones(1, 5))
    assert all(p is before[name] for name, p in net.named_parameters())


def test_only_what_is_named_is_replaced():
    net = nn.Linear(2, 1)
    with tg.no_grad():
        net.bias.fill_(5.0)
    assert func.functional_call(net, {"weight": tg.ones(1, 2)}, (tg.ones(1, 2),), {}).item() == 7
    assert func.functional_call(net, {"weight": tg.ones(1, 2), "bias": None}, tg.ones(1, 2)).item() == 2
    for state, message in [
        ({"weight": tg.ones(1, 2)}, r"Missing key\(s\): 'bias'\."),
        ({"weight": net.weight, "bias": net.bias, "more": net.bias}, r"Unexpected key\(s\): 'more'\."),
        ({"weight": net.weight, "more": net.bias}, r"Unexpected key\(s\): 'more'\.\s+Missing key\(s\): 'bias'\."),
    ]:
        with pytest.raises(RuntimeError, match=message):
            func.functional_call(net, state, tg.ones(1, 2), strict=True)


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", tg.tensor([0.0]))
        self.scale = tg.tensor([1.0])

    def forward(self, x):
        self.count = self.count + 1
        return x * self.scale + getattr(self, "shift", 0)


def test_what_the_module_puts_in_such_a_place_is_in_the_dict():
    net, count = Counts(), tg.tensor([2.0])
    state = {"count": count}
    func.functional_call(net, state, tg.ones(1))
    assert (net.count.item(), state["count"].item(), count.item()) == (0, 3, 2)


def test_attributes_are_replaced_and_added_too():
    net = Counts()
    assert func.functional_call(net, {"scale": tg.tensor([5.0]), "shift": tg.ones(1)}, tg.ones(1)).item() == 6
    assert net.scale.item() == 1
    assert not hasattr(net, "shift")
    func.functional_call(net, {"shift": nn.Parameter(tg.ones(1))}, tg.ones(1))
    assert not list(net.parameters())


def test_a_shared_parameter_is_replaced_wherever_it_stands():
    net, twice = Tied(), 2 * tg.eye(2)
    assert func.functional_call(net, {"first.weight": twice}, tg.ones(2)).tolist() == [4, 4]
    assert func.functional_call(net, {"second.weight": twice}, tg.ones(2), {"scale": 10.0}).tolist() == [40, 40]
    with tg.no_grad():
        net.first.weight.copy_(tg.eye(2))
    assert func.functional_call(net, {"first.weight": twice}, tg.ones(2), tie_weights=False).tolist() == [2, 2]
    assert net.second.weight is net.first.weight
    with pytest.raises(ValueError, match=r"multiple values for keys \['first.weight', 'second.weight'\]"):
        func.functional_call(net, {"first.weight": twice, "second.weight": tg.eye(2)}, tg.ones(2))


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"first.weight": tg.ones(1)}, AttributeError, "first"),
        ({"in_features": tg.ones(1)}, TypeError, "'in_features' of Linear is no Tensor but 2"),
        ({"bias": 3.0}, TypeError, "got 3.0 for 'bias'"),
        (({"bias": tg.ones(1)}, {"bias": tg.ones(1)}), ValueError, r"\['bias'\] appeared in multiple"),
        (5, ValueError, "a dict, or a list of dicts, got int"),
    ],
)
def test_what_is_no_state_of_the_module(state, error, message):
    with pytest.raises(error, match=message):
        func.functional_call(nn.Linear(2, 1), state, tg.ones(1, 2))


def test_a_module_that_takes_nothing_and_a_function_that_gives_nothing():
    constant = type("Constant", (nn.Module,), {"forward": lambda self: self.value})()
    constant.value = tg.tensor(1.0)
    assert func.functional_call(constant, {"value": tg.tensor(2.0)}).item() == 2
    assert func.jacrev(lambda x: x[:0])(tg.ones(2, 3)).shape == (0, 3, 2, 3)


def test_a_named_tuple_stays_one():
    pair = namedtuple("pair", "x y")
    (found,) = func.vjp(lambda p: pair(p.y, p.x * 3), pair(tg.ones(1), tg.ones(2)))[1](pair(tg.ones(2), tg.ones(1)))
    assert (found.x.tolist(), found.y.tolist()) == ([3], [1, 1])
    with pytest.raises(ValueError, match=r"argnums=.*the structure|\(Tensor, \[Tensor, int\]\)"):
        func.vjp(lambda x: x, (tg.ones(1), [tg.ones(1), 3]))


def test_an_ensemble_gives_what_its_members_give():
    models = [nn.Linear(3, 2) for _ in range(4)]
    parameters, buffers = func.stack_module_state(models)
    x = tg.randn(5, 3)
    found = tg.vmap(lambda p, b: func.functional_call(models[0], (p, b), x))(parameters, buffers)
    assert parameters["weight"].requires_grad
    assert found.tolist() == tg.stack([model(x) for model in models]).tolist()
    with pytest.raises(RuntimeError, match="one type"):
        func.stack_module_state([nn.Linear(1, 1), nn.ReLU()])


@pytest.mark.parametrize(("randomness", "equal"), [("same", True), ("different", False)])
def test_randomness_of_vmap(randomness, equal):
    rows = tg.vmap(lambda x: x + tg.rand(3), randomness=randomness)(tg.zeros(2))
    assert tg.equal(rows[0], rows[1]) == equal


@pytest.mark.parametrize("randomness", ["same", "different"])
def test_numbers_of_any_generator_are_the_same_for_each_example_or_not(randomness):
    own = tg.Generator().manual_seed(3)
    gamma = tg.distributions.Gamma(tg.tensor(2.0), 1.0)
    rows = tg.vmap(lambda x: x + tg.stack([tg.rand((), generator=own), gamma.sample()]), randomness=randomness)
    a, b = rows(tg.zeros(2))
    assert (a == b).tolist() == [randomness == "same"] * 2


def test_vmaps_within_vmaps_draw_as_each_says():
    def rows(inner, outer):
        return tg.vmap(
            lambda x: tg.vmap(lambda y: x + tg.rand(()) + y, randomness=inner)(tg.zeros(3)), randomness=outer
        )

    columns, lines = (f(tg.zeros(2)) for f in (rows("same", "different"), rows("different", "same")))
    assert tg.equal(columns[:, 0], columns[:, 1])
    assert (columns[0] != columns[1]).all()
    assert tg.equal(lines[0], lines[1])
    assert lines[0, 0] != lines[0, 1]
    with pytest.raises(RuntimeError, match="draws random numbers"):
        rows("same", "error")(tg.zeros(2))


SHARED = tg.zeros(3)


@pytest.mark.parametrize(
    "write",
    [
        SHARED.add_,
        lambda x: SHARED.view(3).add_(1) + x,
        lambda x: SHARED.__setitem__(0, x) or x,
        lambda x: tg.vmap(lambda y: SHARED.mul_(y))(tg.ones(2)) + x,
    ],
)
def test_what_all_examples_share_is_not_written_to(write):
    with pytest.raises(RuntimeError, match=r"writes in place to a Tensor of shape \(3,\) that all examples share"):
        tg.vmap(write)(tg.ones(4))
    assert SHARED.add_(1).shape == (3,)  # as ever, afterwards
    SHARED.zero_()


def test_what_another_thread_writes_is_no_write_of_an_example():
    def in_a_thread(x):
        thread = threading.Thread(target=SHARED.add_, args=(1,))
        thread.start()
        thread.join()
        return x * 2

    assert tg.vmap(in_a_thread)(tg.ones(3)).tolist() == [2, 2, 2]
    assert SHARED.tolist() == [3, 3, 3]
    SHARED.zero_()


def test_inputs_get_no_grad_and_results_no_history():
    x = tg.ones(2, requires_grad=True)
    found = func.grad(lambda a: (a * a).sum())(x.detach())
    assert not found.requires_grad
    assert x.grad is None
    y, pull = func.vjp(lambda a: a * a, tg.ones(2))
    assert not y.requires_grad
    assert not pull(tg.ones(2))[0].requires_grad


def test_memory_returns_without_the_collector():
    gc.disable()
    try:
        tg.func.hessian(lambda a: (a**3).sum())(tg.ones(3))
        gc.collect()
        for _ in range(3):
            tg.func.hessian(lambda a: (a**3).sum())(tg.ones(3))
            tg.vmap(func.jacfwd(lambda a: a * a))(tg.ones(2, 2))
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_dicts_in_another_order_are_matched_by_their_names():
    x = tg.tensor([1.0, 2.0])
    _, pull = func.vjp(lambda a: {"two": a * 2, "thirty": a * 30}, x)
    assert pull({"thirty": x, "two": x * 0})[0].tolist() == [30, 60]
    both = {"two": x, "thirty": x}
    _, found = func.jvp(lambda d: d["two"] * 2 + d["thirty"] * 30, (both,), ({"thirty": x, "two": x * 0},))
    assert found.tolist() == [30, 60]
    rows = tg.vmap(lambda d: d["one"] + d["all"], in_dims=({"all": None, "one": 0},))({"one": x, "all": x[1]})
    assert rows.tolist() == [3, 4]
    made = tg.vmap(lambda a: {"one": a * x, "two": a}, out_dims={"two": 0, "one": 1})(tg.ones(3))
    assert (made["one"].shape, made["two"].shape) == ((2, 3), (3,))


def test_what_is_the_same_for_all_examples_has_no_batch():
    x = tg.ones(2, 3)
    found, text = tg.vmap(lambda row: (row.new_zeros(2), "a text"), out_dims=(None, None))(x)
    assert (found.shape, text) == ((2,), "a text")
    assert tg.vmap(lambda row: row * 2, out_dims=(1,))(x).shape == (3, 2)
    with pytest.raises(ValueError, match="differs from example to example"):
        tg.vmap(lambda row: row.sum(), out_dims=None)(tg.arange(4.0).reshape(2, 2))


TWO = tg.ones(2)
REFUSED = {
    "a list": (lambda: func.grad(tg.mul, argnums=[0])(TWO, TWO), "an int or a tuple of ints"),
    "a float": (lambda: func.jacrev(tg.mul, argnums=(1, 0.0))(TWO, TWO), "an int or a tuple of ints"),
    "one twice": (lambda: func.jacfwd(tg.mul, argnums=(0, -2))(TWO, TWO), "each once"),
    "none": (lambda: func.hessian(tg.mul, argnums=())(TWO, TWO), "each once"),
    "no output": (lambda: func.jacrev(lambda x: ())(TWO), r"or several of them, got \(\)"),
    "no primal": (lambda: func.jvp(tg.sin, ((),), ((),)), "a primal or more"),
    "no chunk": (lambda: func.jacrev(tg.sin, chunk_size=0), "a positive number or None"),
    "another structure": (
        lambda: func.vjp(lambda x: (x, (x, x)), TWO)[1](((TWO, (TWO, TWO)),)),
        r"has the structure \(\(Tensor, \(Tensor, Tensor\)\)\), not \(Tensor, \(Tensor, Tensor\)\)",
    ),
    "a list for a tuple": (lambda: func.vjp(lambda x: (x, x), TWO)[1]([TWO, TWO]), r"\[Tensor, Tensor\], not"),
    "other names": (lambda: func.vjp(lambda x: {"a": x}, TWO)[1]({"b": TWO}), r"\{'b': Tensor\}, not \{'a': Tensor\}"),
    "dims of other names": (lambda: tg.vmap(lambda d: d["a"], in_dims=({"b": 0},))({"a": TWO}), "does not fit"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_transformations_refuse(name):
    call, told = REFUSED[name]
    with pytest.raises(ValueError, match=told):
        call()


def test_outputs_that_do_not_depend_on_the_primals():
    assert func.jvp(lambda x: (x, TWO), (TWO,), (TWO,))[1][1].tolist() == [0, 0]
    with pytest.raises(RuntimeError, match="each output of jvp's function depends on its inputs"):
        func.jvp(lambda x: (x, TWO), (TWO,), (TWO,), strict=True)
    assert func.jvp(lambda x: (x, x * 2), (TWO,), (TWO,), strict=True)[1][1].tolist() == [2, 2]
