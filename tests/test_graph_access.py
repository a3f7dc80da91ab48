"""The graph as programs see it: what nodes saved, whose gradients they accumulate, edges, and what inference leaves."""

import gc

import pytest

import tinygrad_edu as tg
from tinygrad_edu import autograd
from tinygrad_edu.autograd import graph


def leaf(*values):
    return tg.tensor(values, requires_grad=True)


def test_what_a_node_saved_is_read_by_pytorchs_names():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    node = (x * y).grad_fn
    assert node._saved_self is x
    assert node._saved_other is y
    out = x.exp()
    assert out.grad_fn._saved_result.tolist() == out.tolist()
    assert out.grad_fn._saved_result.grad_fn is out.grad_fn
    summed = tg.ones(2, 3, requires_grad=True).sum(1).grad_fn
    assert summed._saved_dim == (1,)
    assert summed._saved_keepdim is False
    assert (tg.ones(2, 3, requires_grad=True) @ tg.ones(3, 2)).grad_fn._saved_mat2.shape == (3, 2)


def test_what_a_node_has_not_is_an_attribute_error_and_what_was_freed_a_runtime_error():
    x = leaf(1.0, 2.0)
    assert not hasattr((x + 1).grad_fn, "_saved_self")
    assert not hasattr((x + 1).grad_fn, "something")
    with pytest.raises(AttributeError, match="sin saves x, and not 'result'"):
        x.sin().grad_fn._saved_result  # noqa: B018
    y = x.exp()
    y.sum().backward()
    with pytest.raises(RuntimeError, match="freed by the first backward"):
        y.grad_fn._saved_result  # noqa: B018


def test_a_node_that_accumulates_knows_its_leaf_and_does_not_hold_it():
    x = leaf(1.0, 2.0)
    y = x * 2
    accumulate = y.grad_fn.next_functions[0][0]
    assert accumulate.variable is x
    del x
    gc.collect()
    assert accumulate.variable is None


def test_a_variable_of_older_programs_is_a_leaf():
    x = leaf(1.0)
    assert not autograd.Variable(x * 2).requires_grad
    assert autograd.Variable(x * 2, requires_grad=True).is_leaf
    assert isinstance(x, autograd.Variable)
    assert not isinstance(2.0, autograd.Variable)
    with pytest.raises(TypeError, match="Variable takes a Tensor, got float"):
        autograd.Variable(2.0)


def test_a_node_keeps_what_its_user_notes():
    y = leaf(1.0) * 2
    y.grad_fn.metadata["seen"] = 1
    assert y.grad_fn.metadata == {"seen": 1}
    assert (y * 2).grad_fn.metadata == {}


def test_edges_stand_for_tensors():
    x = leaf(1.0, 2.0)
    y = x * x
    edge = graph.get_gradient_edge(y)
    assert edge.node is y.grad_fn
    assert edge.output_nr == 0
    z = y.sum()
    del y
    (g,) = autograd.grad(z, edge, retain_graph=True)
    assert g.tolist() == [1, 1]
    (g,) = autograd.grad(z, graph.get_gradient_edge(x), retain_graph=True)
    assert g.tolist() == [2, 4]
    (g,) = autograd.grad(edge, x, grad_outputs=tg.tensor([1.0, 10.0]), retain_graph=True)
    assert g.tolist() == [2, 40]
    autograd.backward(graph.get_gradient_edge(z))
    assert x.grad.tolist() == [2, 4]


def test_the_edge_of_one_output_of_several():
    x = tg.ones(4, requires_grad=True)
    _, b = (x * 2).chunk(2)
    edge = graph.get_gradient_edge(b)
    assert edge.output_nr == 1
    assert autograd.grad(b.sum(), edge)[0].tolist() == [1, 1]


def test_no_edge_without_a_graph():
    with pytest.raises(RuntimeError, match="does not require grad"):
        graph.get_gradient_edge(tg.ones(2))


def test_no_zeros_are_made_for_an_edge():
    x, unused = leaf(1.0), graph.get_gradient_edge(leaf(1.0) * 2)
    assert autograd.grad(x * 2, unused, allow_unused=True) == (None,)
    with pytest.raises(RuntimeError, match=r"inputs\[0\] is an edge"):
        autograd.grad(x * 2, unused, materialize_grads=True)


def test_hooks_of_saved_tensors_can_be_disabled():
    x = leaf(1.0, 2.0)
    hooks = graph.saved_tensors_hooks(lambda t: t, lambda t: t)
    with graph.disable_saved_tensors_hooks("not here"):
        assert (x * x).tolist() == [1, 4]
        with pytest.raises(RuntimeError, match="not here"), hooks:
            pass
    with hooks, pytest.raises(RuntimeError, match="nor here"), graph.disable_saved_tensors_hooks("nor here"):
        pass
    with hooks:
        pass


@pytest.mark.parametrize(
    "change", [lambda y: y.unsqueeze_(0), lambda y: y.squeeze_(0), lambda y: y.t_(), lambda y: y.transpose_(0, 1)]
)
def test_a_retained_gradient_is_that_of_the_shape_when_it_was_asked_for(change):
    x = tg.ones(1, 3, requires_grad=True)
    y = x * 3
    y.retain_grad()
    change(y)
    y.sum().backward()
    assert y.grad.tolist() == [[1, 1, 1]]
    assert x.grad.tolist() == [[3, 3, 3]]


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.add_(1),
        lambda x: x.mul_(2.0),
        lambda x: x.zero_(),
        lambda x: x.exp_(),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: x[0].add_(1),
        lambda x: x.view(2, 1).copy_(tg.ones(2, 1)),
    ],
)
def test_what_inference_made_is_written_to_in_inference_mode_alone(write):
    with tg.inference_mode():
        x = tg.ones(2)
        write(x)
    with pytest.raises(RuntimeError, match="made in inference_mode"):
        write(x)
    with tg.no_grad(), pytest.raises(RuntimeError, match="made in inference_mode"):
        x.add_(1)
    write(x.clone())


def test_a_view_made_in_inference_mode_is_as_its_source():
    x = tg.ones(2)
    with tg.inference_mode():
        view = x.view(2, 1)
        x.add_(1)
    assert not view.is_inference()
    view.add_(1)
    assert x.tolist() == [3, 3]


WRITES = {
    "an input": lambda x: (lambda y: (y.sin().sum(), y.mul_(3)))(x.clone()),
    "an output": lambda x: (lambda y: (y.sum(), y.mul_(3)))(x.exp()),
    "through a view": lambda x: (lambda y: ((y * y).sum(), y[:1].fill_(9.0)))(x.clone()),
    "from a view": lambda x: (lambda y: ((y[:1] * y[1:]).sum(), y.zero_()))(x.clone()),
    "twice": lambda x: (lambda y: ((y * y).sum() + (y.add_(1) ** 3).sum(), y.add_(1)))(x.clone()),
}


@pytest.mark.parametrize("name", WRITES)
def test_what_was_saved_may_be_written_to_where_that_is_allowed(name):
    write, x = WRITES[name], tg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="overwritten"):
        write(x)[0].backward()
    with tg.autograd.graph.allow_mutation_on_saved_tensors():
        y, written = write(x)
        (g,) = tg.autograd.grad(y, x, create_graph=True)
        (again,) = tg.autograd.grad(g.sum() + written.sum(), x)
        with (
            pytest.raises(RuntimeError, match="cannot stand within another"),
            tg.autograd.graph.allow_mutation_on_saved_tensors(),
        ):
            pass
    first = {
        "an input": x.cos(),
        "an output": x.exp(),
        "through a view": 2 * x,
        "from a view": x.flip(0),
        "twice": 2 * x + 3 * (x + 1) ** 2,
    }
    second = {
        "an input": 3 - x.sin(),
        "an output": 4 * x.exp(),
        "through a view": 2 * tg.ones(2),
        "from a view": tg.ones(2),
        "twice": 3 + 6 * (x + 1),
    }
    assert tg.allclose(g, first[name])
    assert tg.allclose(again, second[name])


def test_a_condition_is_no_input_that_hooks_and_walkers_see():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    z = tg.where(x > 1.5, x, y)
    assert [node.variable for node, _ in z.grad_fn.next_functions] == [x, y]
    z.grad_fn.register_hook(lambda gradients, _: tuple(10 * g for g in gradients))
    z.sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([0, 10], [10, 0])
