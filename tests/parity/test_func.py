"""Transformations of functions: the same programs with PyTorch and with us."""

from collections import OrderedDict, defaultdict

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu.func.structures import flatten

from .compare import assert_same

# torch warns of itself where it uses forward mode
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*torch.jit:DeprecationWarning", "ignore:Attempted to insert:UserWarning"
)

X = np.array([0.5, -1.5, 2.0])
W = np.array([[1.5, 0.25, -0.5], [-1.0, 2.0, 0.75]])


def cube(x):
    return (x**3).sum()


def mixed(x, w):
    return ((w * x).sin().sum(1) ** 2).sum()


def two_results(x, w):
    return (w @ x).tanh(), {"scale": x * 2}


def of_dict(p):
    return (p["w"] * p["x"][0]).exp().sum()


def outside(m, x, w):
    """Differentiated from outside, with autograd."""
    a, b = x.clone().requires_grad_(), w.clone().requires_grad_()
    g = m.func.grad(mixed)(a, b)
    value = (g * g).sum()
    return (value.detach(), *m.autograd.grad(value, [a, b]), g.requires_grad)


def captured(m, x, w):
    """What the function captures is differentiated from outside; what it is given is not."""
    b = w.clone().requires_grad_()
    g, value = m.func.grad_and_value(lambda a: mixed(a, b))(x)
    return (*m.autograd.grad(g.sum() + value, b), g.requires_grad, value.requires_grad)


def pulled_from_outside(m, x, w):
    a = x.clone().requires_grad_()
    y, pull = m.func.vjp(lambda x: (x * x).sin(), a)
    (g,) = pull(x)
    return (y, g, *m.autograd.grad(g.sum() + y.sum(), a))


def pushed_from_outside(m, x, w):
    a, v = x.clone().requires_grad_(), x.clone().requires_grad_()
    y, t = m.func.jvp(lambda x: (x * x).sin(), (a,), (v,))
    return (y, t, *m.autograd.grad((t * x).sum(), [a, v]))


def under_no_grad(m, x, w):
    with m.no_grad():
        g = m.func.grad(cube)(x.clone().requires_grad_())
    return g, g.requires_grad


def switched_off_within(m, x, w):
    def part(a):
        with m.no_grad():
            b = a * a
        return (a * b).sum()

    return m.func.grad(part)(x)


def writing_to_its_batch(m, x, w):
    batch = w.clone()

    def write(row):
        row[0] = 5
        return row.mul_(3).sum()

    return m.vmap(write, in_dims=1)(batch), batch


def writing_to_its_own(m, x, w):
    def write(row):
        made = row.new_zeros(2)
        made[1] = row.sum()
        return made.mul_(2)

    return m.vmap(write)(w)


def drawing_the_same(m, x, w):
    generator = m.Generator().manual_seed(1)
    rows = m.vmap(lambda a: a * 0 + m.rand(3, generator=generator), randomness="same")(w)
    return rows[0] - rows[1]


PROGRAMS = {
    "grad": lambda m, x, w: m.func.grad(cube)(x),
    "grad of grad": lambda m, x, w: m.func.grad(lambda a: m.func.grad(cube)(a).prod())(x),
    "three times": lambda m, x, w: m.func.grad(m.func.grad(m.func.grad(lambda a: a**4)))(x[0]),
    "by the second": lambda m, x, w: m.func.grad(mixed, argnums=1)(x, w),
    "by both": lambda m, x, w: m.func.grad(mixed, argnums=(1, 0))(x, w),
    "by the last": lambda m, x, w: m.func.grad(mixed, argnums=-1)(x, w),
    "by a dict": lambda m, x, w: m.func.grad(of_dict)({"w": w, "x": [x]}),
    "and value": lambda m, x, w: m.func.grad_and_value(mixed)(x, w),
    "and the rest": lambda m, x, w: m.func.grad_and_value(lambda a: (cube(a), {"twice": a * 2}), has_aux=True)(x),
    "gradient and the rest": lambda m, x, w: m.func.grad(lambda a: (cube(a), a * 2), has_aux=True)(x),
    "by keyword too": lambda m, x, w: m.func.grad(lambda a, k: (a * k).sum())(x, k=w),
    "what is not used": lambda m, x, w: m.func.grad(lambda a, b: cube(a), argnums=(0, 1))(x, w),
    "a constant": lambda m, x, w: m.func.grad(lambda a: w.sum())(x),
    "vjp": lambda m, x, w: m.func.vjp(lambda a, b: (a * b).exp(), x, w)[1](w),
    "vjp of a structure": lambda m, x, w: m.func.vjp(two_results, x, w)[1]((x[:2], {"scale": x})),
    "vjp and the rest": lambda m, x, w: m.func.vjp(lambda a: (a * a, a + 1), x, has_aux=True)[2],
    "jvp": lambda m, x, w: m.func.jvp(two_results, (x, w), (x * 2, w * 3)),
    "jvp and the rest": lambda m, x, w: m.func.jvp(lambda a: (a * a, a + 1), (x,), (x,), has_aux=True),
    "jvp of what is constant": lambda m, x, w: m.func.jvp(lambda a: a * 0 + 1, (x,), (x,)),
    "linearize": lambda m, x, w: m.func.linearize(lambda a: a.sin() * a, x)[1](x),
    "jacrev": lambda m, x, w: m.func.jacrev(two_results)(x, w),
    "jacrev by both": lambda m, x, w: m.func.jacrev(two_results, argnums=(0, 1))(x, w),
    "jacrev and the rest": lambda m, x, w: m.func.jacrev(lambda a: (a * a, a), has_aux=True)(x),
    "jacfwd": lambda m, x, w: m.func.jacfwd(two_results)(x, w),
    "jacfwd by both": lambda m, x, w: m.func.jacfwd(two_results, argnums=(0, 1))(x, w),
    "jacfwd of jacrev": lambda m, x, w: m.func.jacfwd(m.func.jacrev(cube))(x),
    "jacrev of jacfwd": lambda m, x, w: m.func.jacrev(m.func.jacfwd(cube))(x),
    "hessian": lambda m, x, w: m.func.hessian(mixed)(x, w),
    "hessian by both": lambda m, x, w: m.func.hessian(mixed, argnums=(0, 1))(x, w),
    "hessian of several": lambda m, x, w: m.func.hessian(lambda a: a**3)(x),
    "pulled by its name": lambda m, x, w: m.func.vjp(lambda a: a * a, x)[1](cotangents=x),
    "jvp that writes to its input": lambda m, x, w: m.func.jvp(lambda a: a.mul_(2) * a, (x.clone(),), (x,)),
    "jvp that writes to a part": lambda m, x, w: m.func.jvp(lambda a, b: a[0].copy_(b), (w.clone(), x), (w, x)),
    "jacfwd that writes to its input": lambda m, x, w: m.func.jacfwd(lambda d: d["a"].relu_() ** 2)({"a": x.clone()}),
    "jvp of what it got": lambda m, x, w: m.func.jvp(lambda a, b: (b, a), (w, x), (w, x)),
    "jvp beside indices": lambda m, x, w: m.func.jvp(lambda a: (a * 2, a.argmax(), a > 0), (x,), (x,)),
    "jvp of indices": lambda m, x, w: m.func.jvp(lambda a: a.argsort(), (x,), (x,)),
    "jacfwd beside indices": lambda m, x, w: m.func.jacfwd(lambda a: {"i": a.argsort(), "x": a * a.sum()})(x),
    "jacfwd by both beside indices": lambda m, x, w: m.func.jacfwd(lambda a, b: (a @ b, b.argmax()), (1, 0))(w, x),
    "vmap": lambda m, x, w: m.func.vmap(lambda a: (a * x).sum())(w),
    "vmap of columns": lambda m, x, w: m.vmap(lambda a: a * 2, in_dims=1, out_dims=1)(w),
    "vmap with one for all": lambda m, x, w: m.vmap(lambda a, b: a @ b, in_dims=(0, None))(w, x),
    "vmap by a negative": lambda m, x, w: m.vmap(lambda a: a.sum(), in_dims=-1)(w),
    "vmap out at the end": lambda m, x, w: m.vmap(lambda a: a * 2, out_dims=-1)(w),
    "vmap of several results": lambda m, x, w: m.vmap(lambda a: (a, {"s": a.sum()}), out_dims=(1, 0))(w),
    "vmap of a dict": lambda m, x, w: m.vmap(lambda p: p["a"] * p["b"], in_dims=({"a": 0, "b": None},))(
        {"a": w, "b": x}
    ),
    "vmap of a named argument": lambda m, x, w: m.vmap(lambda a, k: a * k.sum())(w, k=w),
    "vmap within vmap": lambda m, x, w: m.vmap(lambda a: m.vmap(lambda b: b * a.sum())(a))(w),
    "vmap in chunks": lambda m, x, w: m.vmap(lambda a: a.sum(), chunk_size=1)(w),
    "vmap of no examples": lambda m, x, w: m.vmap(lambda a: (a.sum(), {"rows": a * x}), out_dims=(0, 1))(w[:0]),
    "vmap of no columns": lambda m, x, w: m.vmap(lambda a, b: a * b, in_dims=(1, None))(w[:, :0], x[0]),
    "vmap that writes to its batch": writing_to_its_batch,
    "vmap that writes to its own": writing_to_its_own,
    "the same numbers of a generator": drawing_the_same,
    "gradients of each example": lambda m, x, w: m.vmap(m.func.grad(cube))(w),
    "gradient of a vmap": lambda m, x, w: m.func.grad(lambda a: m.vmap(lambda b: (a * b).sum() ** 2)(w).sum())(x),
    "outside": outside,
    "captured": captured,
    "pulled from outside": pulled_from_outside,
    "pushed from outside": pushed_from_outside,
    "under no_grad": under_no_grad,
    "switched off within": switched_off_within,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    ours, theirs = (PROGRAMS[name](m, m.tensor(X), m.tensor(W)) for m in (tg, torch))
    assert type(ours) is type(theirs) or isinstance(ours, tg.Tensor)
    found, expected = flatten(ours), torch.utils._pytree.tree_leaves(theirs)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert_same(a, b, name)
        assert getattr(a, "requires_grad", None) == getattr(b, "requires_grad", None)


REFUSED = {
    "gradient of several": lambda m, x, w: m.func.grad(lambda a: a * 2)(x),
    "gradient of no Tensor": lambda m, x, w: m.func.grad(lambda a: 3.0)(x),
    "no such argument": lambda m, x, w: m.func.grad(cube, argnums=1)(x),
    "argument that is no Tensor": lambda m, x, w: m.func.grad(lambda a: x.sum() * a)(3.0),
    "integers": lambda m, x, w: m.func.grad(lambda a: (a * x).sum())(m.tensor([1, 2, 3])),
    "no rest": lambda m, x, w: m.func.grad(cube, has_aux=True)(x),
    "vector of another shape": lambda m, x, w: m.func.vjp(lambda a: a * a, x)[1](x[:2]),
    "tangent of another shape": lambda m, x, w: m.func.jvp(lambda a: a * a, (x,), (x[:2],)),
    "too few tangents": lambda m, x, w: m.func.jvp(lambda a, b: a * b, (x, x), (x,)),
    "jacobian of no Tensor": lambda m, x, w: m.func.jacrev(lambda a: 3.0)(x),
    "batches of two sizes": lambda m, x, w: m.vmap(lambda a, b: a)(x, w),
    "no batch": lambda m, x, w: m.vmap(lambda a: a, in_dims=None)(x),
    "no such dimension": lambda m, x, w: m.vmap(lambda a: a, in_dims=2)(x),
    "number as a batch": lambda m, x, w: m.vmap(lambda a: a)(x[0]),
    "dimensions of another structure": lambda m, x, w: m.vmap(lambda a, b: a, in_dims=(0,))(x, x),
    "no place for the batch": lambda m, x, w: m.vmap(lambda a: a, out_dims=3)(x),
    "result that is no Tensor": lambda m, x, w: m.vmap(lambda a: 3)(x),
    "random numbers": lambda m, x, w: m.vmap(lambda a: a + m.rand(1))(x),
    "random numbers of a generator": lambda m, x, w: m.vmap(lambda a: m.rand(1, generator=m.Generator()))(x),
    "random numbers that nobody uses": lambda m, x, w: m.vmap(lambda a: (a, m.rand(1))[0])(x),
    "writes of all to one": lambda m, x, w: m.vmap(x[0].clone().add_)(x),
    "writes of all to a part of one": lambda m, x, w: m.vmap(lambda a: x.clone().__setitem__(0, a) or w[0].add_(a))(x),
    "writes of draws to one": lambda m, x, w: m.vmap(lambda a: x.normal_() + a, randomness="different")(x[:2].clone()),
    "no such randomness": lambda m, x, w: m.vmap(lambda a: a, randomness="some")(x),
    "chunks of nothing": lambda m, x, w: m.vmap(lambda a: a, chunk_size=0)(x),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_pytorch_refuses_we_refuse(name):
    for m, errors in ((torch, (Exception,)), (tg, (ValueError, TypeError, RuntimeError, IndexError))):
        with pytest.raises(errors):
            REFUSED[name](m, m.tensor(X), m.tensor(W))


def test_a_place_for_the_batch_that_is_not_there():
    for m in (torch, tg):
        with pytest.raises(IndexError):
            m.vmap(lambda a: a, out_dims=3)(m.tensor(X))


def test_modules_as_functions():
    for m in (tg, torch):
        net = m.nn.Sequential(m.nn.Linear(3, 2), m.nn.ReLU(), m.nn.Linear(2, 1))
        net.load_state_dict({name: m.ones(p.shape) / 4 for name, p in net.named_parameters()})
        p = {name: p.detach() for name, p in net.named_parameters()}
        x = m.tensor(W).float()

        def loss(p, row, m=m, net=net):
            return m.func.functional_call(net, p, (row,)).sum()

        gradients = m.vmap(m.func.grad(loss), in_dims=(None, 0))(p, x)
        assert gradients["0.weight"].shape == (2, 2, 3)
        loss(dict(net.named_parameters()), x).backward()
        for name, parameter in net.named_parameters():
            np.testing.assert_allclose(gradients[name].sum(0).numpy(), parameter.grad.numpy(), rtol=1e-5)


def test_an_inner_gradient_leaves_no_history_outside():
    for m in (tg, torch):
        g = m.func.grad(lambda x, m=m: m.func.grad(lambda y: x * y**2)(m.tensor(3.0)))(m.tensor(2.0))
        assert (g.item(), g.requires_grad) == (6.0, False)


def test_names_that_a_module_has_not_are_passed_over_unless_strict():
    for m in (tg, torch):
        net = m.nn.Linear(2, 1)
        given = {"weight": m.ones(1, 2), "bias": m.zeros(1), "other": m.ones(1)}
        assert m.func.functional_call(net, given, (m.ones(2),)).tolist() == [2]
        with pytest.raises(RuntimeError):
            m.func.functional_call(net, given, (m.ones(2),), strict=True)


CALLS_THAT_FAIL = {
    "argnums twice": lambda m, x: m.func.grad(m.mul, argnums=(0, -2))(x, x),
    "argnums in a list": lambda m, x: m.func.jacrev(m.mul, argnums=[0])(x, x),
    "no argnums": lambda m, x: m.func.jacfwd(m.mul, argnums=())(x, x),
    "no output": lambda m, x: m.func.jacrev(lambda a: ())(x),
    "no output forwards": lambda m, x: m.func.jvp(lambda a: [], (x,), (x,)),
    "no primals": lambda m, x: m.func.jvp(m.sin, (), ()),
    "tangents in a list": lambda m, x: m.func.jvp(m.sin, (x,), [x]),
    "an output that does not depend": lambda m, x: m.func.jvp(lambda a: (a, x), (x,), (x,), strict=True),
    "chunks of nothing": lambda m, x: m.func.jacrev(m.sin, chunk_size=0)(x),
    "another structure": lambda m, x: m.func.vjp(lambda a: (a, (a, a)), x)[1](((x, (x, x)),)),
    "a list for a tuple": lambda m, x: m.func.vjp(lambda a: (a, a), x)[1]([x, x]),
    "results that differ": lambda m, x: m.vmap(lambda a: a * 2, out_dims=None)(x),
    "text that has a place": lambda m, x: m.vmap(lambda a: "text", out_dims=0)(x),
}


@pytest.mark.parametrize("name", CALLS_THAT_FAIL)
def test_calls_that_fail(name):
    for m in (torch, tg):
        with pytest.raises((RuntimeError, ValueError, TypeError)):
            CALLS_THAT_FAIL[name](m, m.tensor(X))


def test_results_without_a_batch():
    for m in (tg, torch):
        x = m.tensor(W)
        assert m.vmap(lambda row: "a text", out_dims=None)(x) == "a text"
        rows, text = m.vmap(lambda row: (row * 2, "a text"), out_dims=(1, None))(x)
        assert (rows.tolist(), text) == ((W * 2).T.tolist(), "a text")
        assert m.vmap(lambda row, m=m: m.arange(3), out_dims=None)(x).tolist() == [0, 1, 2]
        assert m.vmap(lambda row: row, out_dims=(1,))(x).tolist() == W.T.tolist()


def test_dicts_stay_what_they_are():
    for m in (tg, torch):
        ordered, counted = OrderedDict(b=m.tensor(X), a=m.tensor(X)), defaultdict(list, k=m.tensor(X))
        found = m.func.grad(lambda d: (d["a"] * d["b"]).sum())(ordered)
        assert (type(found), list(found)) == (OrderedDict, ["b", "a"])
        assert type(m.vmap(lambda x: OrderedDict(z=x, y=x))(m.tensor(X))) is OrderedDict
        made = m.func.jacrev(lambda d: d)(counted)
        assert (type(made), made.default_factory, type(made["k"])) == (defaultdict, list, defaultdict)
