"""Norms: hand-worked values, the fused one beside its composed form to the third order, statistics, errors."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, tensor
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.nn import functional as F


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape) * 2 + 0.5


def composed(x, w, b, view, spot, dims):
    """What standardize fuses, of ordinary operations."""
    x = x.reshape(view)
    centred = x - x.mean(dims, keepdim=True)
    y = centred / ((centred * centred).mean(dims, keepdim=True) + 1e-5) ** 0.5
    return y * w.reshape(spot) + b.reshape(spot)


NORMS = {
    "batch": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
        lambda x, w, b: composed(x, w, b, (2, 3, 4), (1, 3, 1), (0, 2)),
        (2, 3, 4),
        3,
    ),
    "layer": (
        lambda x, w, b: F.layer_norm(x, (4,), w, b),
        lambda x, w, b: composed(x, w, b, (6, 4), (1, 4), (1,)),
        (2, 3, 4),
        4,
    ),
    "group": (
        lambda x, w, b: F.group_norm(x, 2, w, b),
        lambda x, w, b: composed(x, w, b, (2, 2, 2, 3), (1, 2, 2, 1), (2, 3)),
        (2, 4, 3),
        4,
    ),
    "instance": (
        lambda x, w, b: F.instance_norm(x, None, None, w, b),
        lambda x, w, b: composed(x, w, b, (2, 3, 4), (1, 3, 1), (2,)),
        (2, 3, 4),
        3,
    ),
    "rms": (
        lambda x, w, b: F.rms_norm(x, (4,), w, 1e-5) + b,
        lambda x, w, b: x / ((x * x).mean(2, keepdim=True) + 1e-5) ** 0.5 * w + b,
        (2, 3, 4),
        4,
    ),
}


def three_orders(program, arrays):
    """Values and gradients of a program, of its squared gradients, and of theirs.

    PyTorch takes the statistics for constants in the second derivative of batch and layer norm, so its third is wrong.
    """
    leaves = [tensor(a, requires_grad=True) for a in arrays]
    found = [program(*leaves)]
    value = (found[0] ** 3).sum()
    for _ in range(3):
        gradients = tg.autograd.grad(value, leaves[:2], create_graph=True)
        value = sum((g * g).sum() for g in gradients) / 100
        found += gradients
    return found


@pytest.mark.parametrize("name", NORMS)
def test_fused_is_composed(name):
    fused, plain, shape, n = NORMS[name]
    arrays = numbers(*shape), numbers(n, seed=1), numbers(n, seed=2)
    for mine, expected in zip(three_orders(fused, arrays), three_orders(plain, arrays), strict=True):
        expected = expected.detach().numpy().reshape(mine.shape)
        np.testing.assert_allclose(mine.detach().numpy(), expected, 1e-8, 1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("name", NORMS)
def test_derivatives(name):
    fused, _, shape, n = NORMS[name]
    leaves = [tensor(a, requires_grad=True) for a in (numbers(*shape), numbers(n, seed=1), numbers(n, seed=2))]
    assert gradcheck(fused, leaves)
    assert gradgradcheck(fused, leaves)


GIVEN = {
    "batch": lambda x, w, b, mean, var: F.batch_norm(x, mean, var, w, b, eps=0.1),
    "instance": lambda x, w, b, mean, var: F.instance_norm(x, mean, var, w, b, use_input_stats=False, eps=0.1),
    "no parameters": lambda x, w, b, mean, var: F.batch_norm(x, mean, var, eps=0.1) * w.sum() + b.sum(),
}


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (5, 3, 2, 1, 2), (0, 3, 4), (2, 3, 0), (2, 0, 4)], ids=str)
@pytest.mark.parametrize("name", GIVEN)
def test_statistics_that_are_given(name, shape):
    """The formula, and the gradients of all orders of all that goes into it; the input need not be contiguous."""
    n = shape[1]
    arrays = numbers(*shape[::-1]).T, *[numbers(n, seed=i) for i in (1, 2, 3)], numbers(n, seed=4) ** 2 + 0.1
    x, w, b, mean, var = arrays
    if name == "no parameters":
        w, b = np.full(n, w.sum()), np.full(n, b.sum())
    w, b, mean, var = (a.reshape(-1, *[1] * (x.ndim - 2)) for a in (w, b, mean, var))
    leaves = [tensor(a, requires_grad=True) for a in arrays]
    out = GIVEN[name](*leaves)
    np.testing.assert_allclose(out.detach().numpy(), (x - mean) / np.sqrt(var + 0.1) * w + b, 1e-12, 1e-12)
    assert gradcheck(GIVEN[name], leaves)
    assert gradgradcheck(GIVEN[name], leaves)


@pytest.mark.parametrize("shape", [(50, 8, 21, 21), (3, 8, 170, 60), (6, 8, 100, 90)], ids=str)
def test_given_statistics_of_many_blocks(shape):
    """More numbers than are worked on at once: many images, few, and such that are large."""
    layer = nn.BatchNorm2d(8).eval()
    layer.running_mean.copy_(tg.arange(8.0))
    x = numbers(*shape).astype("float32")
    expected = (x - np.arange(8).reshape(-1, 1, 1)) / np.sqrt(1 + 1e-5)
    np.testing.assert_allclose(layer(tensor(x)).detach().numpy(), expected, 1e-4, 1e-4)


@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize("shape", [(3000, 50), (3, 70000), (0, 5)], ids=str)
def test_layer_norm_of_many_blocks(shape, offset):
    source = np.random.default_rng(0)
    arrays = [source.standard_normal(shape) + offset, *source.standard_normal((2, shape[1]))]
    exact, single = ([tg.tensor(x.astype(dtype), requires_grad=True) for x in arrays] for dtype in ("f8", "f4"))
    g = source.standard_normal(shape)
    for x, w, b in (exact, single):
        tg.layer_norm(x, x.shape[1:], w, b).backward(tg.tensor(g.astype(x.numpy(force=True).dtype)))
    x, w, b = (h.detach().numpy() for h in exact)
    centred = x - x.mean(axis=1, keepdims=True)
    y = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(tg.layer_norm(*exact[:1], shape[1:], *exact[1:]).detach().numpy(), y * w + b, 1e-9, 1e-9)
    np.testing.assert_allclose(exact[1].grad.numpy(), (g * y).sum(axis=0), 1e-9, 1e-7)
    np.testing.assert_allclose(exact[2].grad.numpy(), g.sum(axis=0), 1e-9, 1e-9)
    for h, z in zip(exact, single, strict=True):
        far = 1e-3 if offset else 1e-5  # of float32, 1e3 has four digits less
        np.testing.assert_allclose(z.grad.numpy(), h.grad.numpy(), far, far * (1 + shape[0]) ** 0.5)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3000, 5, 10), (3, 7, 10000), (0, 5, 2)], ids=str)
def test_rms_norm_of_many_blocks_as_it_is_recorded(shape, dtype):
    source = np.random.default_rng(0)
    x, w = (tensor(source.standard_normal(n).astype(dtype), requires_grad=True) for n in (shape, shape[1:]))
    out = F.rms_norm(x, shape[1:], w)
    plain = (
        x / ((x.double() ** 2).mean((1, 2), keepdim=True) + np.finfo("f4" if dtype == "float16" else dtype).eps) ** 0.5
    )
    near = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-13}[dtype]
    np.testing.assert_allclose(out.detach().numpy(), (plain * w).detach().numpy(), near, near)
    g = tensor(source.standard_normal(shape).astype(dtype))
    both = [tg.autograd.grad(out, [x, w], g, retain_graph=True, create_graph=recorded) for recorded in (False, True)]
    for mine, recorded in zip(*both, strict=True):
        assert mine.dtype == recorded.dtype == dtype
        np.testing.assert_allclose(mine.numpy(), recorded.detach().numpy(), near, 50 * near)


def test_given_statistics_in_float16():
    """Computed in float32: one by one, 3000 ones sum to 2048 in float16."""
    x = tensor(np.full((3000, 1), 2.0, "float16"), requires_grad=True)
    given = [tensor(np.array([a], "float16"), requires_grad=True) for a in (1.0, 0.0)]
    out = F.batch_norm(x, tensor(np.zeros(1, "float16")), tensor(np.ones(1, "float16")), *given, eps=0.0)
    out.backward(tg.ones_like(out))
    assert out.dtype == x.grad.dtype == given[0].grad.dtype == tg.float16
    assert (out[0].item(), given[0].grad.item(), given[1].grad.item()) == (2.0, 6000.0, 3000.0)


@pytest.mark.parametrize("offset", [0, 50, 300])
@pytest.mark.parametrize("name", NORMS)
def test_far_from_0_in_float32(name, offset):
    """As right as the input's digits let it be, forward and back, also where a mean square holds no variance."""
    fused, _, shape, n = NORMS[name]
    shape = (*shape[:-1], 4 if name in ("layer", "rms") else 50)
    x = (numbers(*shape) + offset).astype("float32")
    w, b = numbers(n, seed=1).astype("float32"), numbers(n, seed=2).astype("float32")
    results = []
    for dtype in ("float32", "float64"):
        leaves = [tensor(a.astype(dtype), requires_grad=True) for a in (x, w, b)]
        out = fused(*leaves)
        out.backward(tensor(np.cos(np.arange(out.numel())).reshape(out.shape).astype(dtype)))
        results.append([out.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves]])
    for single, double in zip(*results, strict=True):
        np.testing.assert_allclose(single, double, 0, 3e-5 * max(1, np.abs(double).max()))


def test_layer_norm_by_hand():
    x = tensor([[1.0, 3.0], [-5.0, 5.0]])
    np.testing.assert_allclose(F.layer_norm(x, (2,), eps=0.0).numpy(), [[-1, 1], [-1, 1]], 1e-6)
    np.testing.assert_allclose(F.layer_norm(x, (2, 2), eps=0.0).numpy(), (x.numpy() - 1) / np.sqrt(14), 1e-6)
    assert tg.layer_norm(x, (2,), tensor([2.0, 0.0]), tensor([1.0, 7.0]), 0.0).tolist() == [[-1.0, 7.0], [-1.0, 7.0]]


def test_rms_norm_and_local_response_by_hand():
    np.testing.assert_allclose(F.rms_norm(tensor([3.0, 4.0]), (2,)).numpy(), np.array([3, 4]) / np.sqrt(12.5), 1e-6)
    found = F.rms_norm(tensor([[3.0], [-4.0], [2.0]]), (1,), tensor([2.0]))
    np.testing.assert_allclose(found.numpy(), [[2.0], [-2.0], [2.0]], 1e-6)
    x = tensor([[[1.0], [2.0], [3.0]]])
    squares = np.array([1 + 4, 1 + 4 + 9, 4 + 9]) / 3
    found = F.local_response_norm(x, 3, alpha=2.0, beta=1.0, k=0.5)
    np.testing.assert_allclose(found.numpy()[0, :, 0], np.array([1, 2, 3]) / (0.5 + 2 * squares), 1e-6)


def test_a_batch_of_nothing_leaves_statistics_where_they_are():
    layer = nn.BatchNorm1d(2)
    assert layer(tg.zeros(0, 2)).shape == (0, 2)
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([0, 0], [1, 1])
    assert F.batch_norm(tg.zeros(0), None, None).shape == (0,)


@pytest.mark.parametrize(
    "layer", [nn.BatchNorm1d(3), nn.InstanceNorm1d(3, affine=True), nn.GroupNorm(3, 3), nn.GroupNorm(1, 3)]
)
def test_images_of_nothing_give_weights_no_gradient(layer):
    x = tg.zeros(3, 3, 0, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.shape == (3, 3, 0)
    assert (layer.weight.grad.tolist(), layer.bias.grad.tolist()) == ([0, 0, 0], [0, 0, 0])


def test_batch_norm_keeps_statistics():
    batches = [numbers(4, 2, seed=i).astype("float32") for i in range(3)]
    by_part, by_all = nn.BatchNorm1d(2, momentum=0.25), nn.BatchNorm1d(2, momentum=None)
    mean, var = np.zeros(2), np.ones(2)
    for x in batches:
        by_part(tensor(x))
        by_all(tensor(x))
        mean += (x.mean(0) - mean) / 4
        var += (x.var(0, ddof=1) - var) / 4
    np.testing.assert_allclose(by_part.running_mean.numpy(), mean, 1e-5)
    np.testing.assert_allclose(by_part.running_var.numpy(), var, 1e-5)
    np.testing.assert_allclose(by_all.running_mean.numpy(), np.mean([x.mean(0) for x in batches], 0), 1e-5)
    np.testing.assert_allclose(by_all.running_var.numpy(), np.mean([x.var(0, ddof=1) for x in batches], 0), 1e-5)
    assert by_all.num_batches_tracked.item() == 3
    by_part.eval()
    expected = (batches[0] - mean) / np.sqrt(var + 1e-5)
    np.testing.assert_allclose(by_part(tensor(batches[0])).detach().numpy(), expected, 1e-4, 1e-5)
    assert by_part.num_batches_tracked.item() == 3
    by_part.reset_running_stats()
    assert by_part.running_mean.tolist() == [0.0, 0.0]
    assert by_part.running_var.tolist() == [1.0, 1.0]
    assert by_part.num_batches_tracked.item() == 0


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 2, 3, 1), (1, 2, 1, 3), (3, 2, 1, 1), (1, 2, 1, 1, 3)])
def test_a_batch_of_one_image_is_standardised_over_its_pixels(shape):
    x = np.moveaxis(np.array([[1.0, 2.0, 3.0], [4.0, 6.0, 8.0]]).reshape(2, *shape[:1], *shape[2:]), 0, 1)
    found = F.batch_norm(tensor(x), None, None, training=True, eps=1e-12).numpy()
    expected = np.broadcast_to(np.array([-1.0, 0.0, 1.0]) * np.sqrt(1.5), (2, 3))
    np.testing.assert_allclose(np.moveaxis(found, 1, 0).reshape(2, 3), expected, atol=1e-9)


@pytest.mark.parametrize("shape", [(64, 4), (16, 4, 5, 5)])
def test_one_channel_far_from_zero_keeps_its_digits(shape):
    x = np.random.default_rng(0).standard_normal(shape).astype("f4")
    x[:, 1] += np.float32(5000)
    dims = (0, *range(2, len(shape)))
    wide = x.astype("f8")
    expected = (wide - wide.mean(dims, keepdims=True)) / wide.std(dims, keepdims=True)
    found = F.batch_norm(tensor(x), None, None, training=True, eps=1e-12).numpy()
    np.testing.assert_allclose(found, expected, atol=2e-3)
    # each channel is a group of its own
    if len(shape) > 2:
        dims = tuple(range(2, len(shape)))
        expected = (wide - wide.mean(dims, keepdims=True)) / wide.std(dims, keepdims=True)
        np.testing.assert_allclose(F.group_norm(tensor(x), 4, eps=1e-12).numpy(), expected, atol=2e-3)


def test_running_statistics_can_be_written_to_between_forward_and_backward():
    layer = nn.BatchNorm1d(3)
    x = tensor(numbers(5, 3).astype("float32"), requires_grad=True)
    first = layer(x)
    layer(x)
    first.square().sum().backward()
    assert x.grad is not None


def test_state_goes_from_layer_to_layer():
    one, other = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
    one(tensor(numbers(2, 3, 4, 4).astype("float32")))
    other.load_state_dict(one.state_dict())
    assert list(one.state_dict()) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert other.running_var.tolist() == one.running_var.tolist()
    assert other.num_batches_tracked.item() == 1


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(3), nn.InstanceNorm1d(3, affine=True, track_running_stats=True)])
def test_a_state_of_old_has_no_count_of_batches(layer):
    state = dict(layer.state_dict())
    del state["num_batches_tracked"]
    layer.num_batches_tracked.fill_(7)
    assert layer.load_state_dict(state).missing_keys == []
    assert layer.num_batches_tracked.item() == 7
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "running_mean"\.'):
        layer.load_state_dict({name: x for name, x in state.items() if name != "running_mean"})
    assert layer.load_state_dict({}, strict=False).missing_keys == ["weight", "bias", "running_mean", "running_var"]


def test_renorm_by_hand():
    x = tensor([[3.0, 4.0], [0.3, 0.4]], requires_grad=True)
    y = x.renorm(2, 0, 1.0)
    np.testing.assert_allclose(y.detach().numpy(), [[0.6, 0.8], [0.3, 0.4]], 1e-5)
    assert gradcheck(
        lambda x: x.renorm(2, 0, 1.0), (tensor([[3.0, 4.0], [0.3, 0.4]], dtype=tg.float64).requires_grad_(),)
    )


REFUSED = {
    "one value": (lambda: nn.BatchNorm1d(3)(tg.ones(1, 3)), ValueError, "more than one value for each channel"),
    "one pixel": (lambda: nn.BatchNorm2d(3)(tg.ones(1, 3, 1, 1)), ValueError, "more than one value for each channel"),
    "one value in each group": (
        lambda: nn.GroupNorm(3, 3)(tg.ones(1, 3, 1)),
        ValueError,
        "more than one value for each group",
    ),
    "dimensions": (lambda: nn.BatchNorm2d(3)(tg.ones(2, 3)), ValueError, "BatchNorm2d takes a 4-d input, got"),
    "channels": (lambda: nn.BatchNorm1d(3)(tg.ones(2, 4)), RuntimeError, r"of shape \(4,\), got \(3,\)"),
    "one statistic": (
        lambda: F.batch_norm(tg.ones(2, 3), tg.ones(3), None, training=True),
        ValueError,
        "both, or neither",
    ),
    "no statistics": (lambda: F.batch_norm(tg.ones(2, 3), None, None), RuntimeError, "and got None"),
    "sizes": (
        lambda: nn.LayerNorm(3)(tg.ones(2, 4)),
        ValueError,
        r"over \(3,\) takes an input \(..., 3\), got \(2, 4\)",
    ),
    "a number": (lambda: F.layer_norm(tg.ones(3), 3), TypeError, "a sequence of sizes, got 3"),
    "groups": (lambda: nn.GroupNorm(2, 3), ValueError, "num_groups must divide num_channels, got 2 for 3"),
    "no groups": (lambda: F.group_norm(tg.ones(2, 3), 0), ValueError, "divides 3 channels, got 0"),
    "dtype": (lambda: nn.LayerNorm(3).double()(tg.ones(3)), RuntimeError, "float32, got float64"),
    "integers": (lambda: F.rms_norm(tg.ones(3, dtype=tg.int64), (3,)), RuntimeError, "rms_norm is not implemented"),
    "no Tensor": (lambda: F.group_norm([1.0], 1), TypeError, "takes a Tensor, got list"),
    "an image": (lambda: nn.InstanceNorm2d(3, affine=True)(tg.ones(2, 4, 4)), ValueError, "dim=0 to be 3"),
    "a matrix": (lambda: nn.LocalResponseNorm(2)(tg.ones(2, 3)), ValueError, "three dimensions or more"),
    "p": (lambda: tg.ones(2, 2).renorm(0, 0, 1.0), RuntimeError, "renorm takes p > 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, kind, told = REFUSED[name]
    with pytest.raises(kind, match=told):
        call()


@pytest.mark.parametrize("dtype", [tg.float16, tg.float64])
def test_running_statistics_of_an_instance_norm_keep_their_dtype(dtype):
    layer = nn.InstanceNorm1d(2, track_running_stats=True)
    x = tg.tensor([[[0.0, 2.0], [1.0, 5.0]]], dtype=dtype, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert (y.dtype, x.grad.dtype, layer.running_mean.dtype) == (dtype, dtype, tg.float32)
    assert layer.running_mean.tolist() == pytest.approx([0.1, 0.3])
    assert layer.running_var.tolist() == pytest.approx([1.1, 1.7])
    evaluated = layer.eval()(x)
    assert evaluated.dtype == dtype
    assert evaluated[0, 0].tolist() == pytest.approx([-0.1 / 1.1**0.5, 1.9 / 1.1**0.5], rel=1e-3)


def test_the_dimensions_of_one_image_of_an_instance_norm():
    kinds = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
    assert [kind(2)._get_no_batch_dim() for kind in kinds] == [2, 3, 4]


def test_an_instance_norm_without_parameters_warns_of_other_channels():
    with pytest.warns(UserWarning, match="not used because affine=False"):
        nn.InstanceNorm1d(3)(tg.ones(2, 4, 5))
