"""Names beside the families of the other files, each against PyTorch's: values, and gradients on floats."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

ONE = [
    "absolute",
    "arccos",
    "arcsin",
    "arctan",
    "arcsinh",
    "arctanh",
    "deg2rad",
    "rad2deg",
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "fix",
    "frac",
    "i0",
    "lgamma",
    "logit",
    "nan_to_num",
    "positive",
    "sgn",
    "signbit",
    "sinc",
    "isneginf",
    "isposinf",
]
TWO = [
    "arctan2",
    "copysign",
    "divide",
    "true_divide",
    "subtract",
    "float_power",
    "fmax",
    "fmin",
    "greater",
    "greater_equal",
    "less_equal",
    "not_equal",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "xlogy",
    "ldexp",
    "rsub",
]
FLAT = ["heaviside", "nextafter"]  # in PyTorch they have no derivative
WHOLE = ["gcd", "lcm", "bitwise_left_shift", "bitwise_right_shift"]
SHAPED = {
    "addmm": [(2, 4), (2, 3), (3, 4)],
    "addmv": [(2,), (2, 3), (3,)],
    "addr": [(2, 3), (2,), (3,)],
    "addbmm": [(2, 4), (5, 2, 3), (5, 3, 4)],
    "baddbmm": [(5, 2, 4), (5, 2, 3), (5, 3, 4)],
    "ger": [(2,), (3,)],
    "kron": [(2, 3), (2, 2)],
    "vdot": [(3,), (3,)],
    "tensordot": [(2, 3, 4), (3, 4, 5)],
    "cdist": [(2, 3), (4, 3)],
    "trapz": [(2, 3)],
}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def compare(run, arrays, grad=True):
    results = []
    for library in (tg, torch):
        xs = [library.tensor(a) for a in arrays]
        for x in xs:
            if grad and arrays[0].dtype.kind == "f":
                x.requires_grad_()
        y = run(library, *xs)
        if y.requires_grad:
            y.sum().backward()
        grads = [None if x.grad is None else (x.grad + 0).numpy() for x in xs]
        results.append((y.detach().numpy(), grads if y.requires_grad else []))
    (ours, our_grads), (theirs, their_grads) = results
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    for a, b in zip(our_grads, their_grads, strict=True):
        # PyTorch's trigamma, the slope of digamma, is itself right to 5e-10 only
        np.testing.assert_allclose(0 if a is None else a, 0 if b is None else b, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", ONE)
def test_one_input(name, rng):
    compare(lambda library, x: getattr(library, name)(x), [rng.uniform(0.1, 0.9, (2, 3))])


def test_arccosh(rng):
    compare(lambda library, x: library.arccosh(x), [rng.uniform(1.1, 2.9, (2, 3))])


@pytest.mark.parametrize("name", TWO)
def test_two_inputs(name, rng):
    compare(lambda library, x, y: getattr(library, name)(x, y), list(rng.uniform(0.1, 0.9, (2, 2, 3))))


@pytest.mark.parametrize("name", FLAT)
def test_two_inputs_without_a_gradient(name, rng):
    compare(lambda library, x, y: getattr(library, name)(x, y), list(rng.uniform(-1, 1, (2, 2, 3))), grad=False)


@pytest.mark.parametrize("name", WHOLE)
def test_integers(name, rng):
    compare(lambda library, x, y: getattr(library, name)(x, y), list(rng.integers(1, 9, (2, 2, 3))))


@pytest.mark.parametrize("name", SHAPED)
def test_products(name, rng):
    compare(lambda library, *xs: getattr(library, name)(*xs), [rng.uniform(-1, 1, shape) for shape in SHAPED[name]])


@pytest.mark.parametrize(
    "run",
    [
        lambda library, x: library.clip(x, 0.2, 0.5),
        lambda library, x: library.clamp_min(x, 0.2),
        lambda library, x: library.clamp_max(x, 0.2),
        lambda library, x: library.polygamma(2, x),
        lambda library, x: library.mvlgamma(x + 2, 2),
        lambda library, x: library.cross(x, x * x + 1, dim=1),
        lambda library, x: x.new_zeros(2, 3) + x.new_ones(2, 3) + x.new_full((2, 3), 2.5) + x,
        lambda library, x: library.logspace(0, 2, 5),
        lambda library, x: x.new_tensor([1, 2]) + library.scalar_tensor(2.0),
        lambda library, x: library.tensor([1, 2]).type_as(x),
    ],
)
def test_with_settings(run, rng):
    compare(run, [rng.uniform(0.1, 0.9, (2, 3))])


def test_questions_about_tensors_and_dtypes():
    for library in (tg, torch):
        x = library.tensor([1.5])
        assert x.is_floating_point()
        assert library.is_tensor(x)
        assert not library.is_tensor(3)
        assert x.element_size() == 4
        assert x.is_signed()
        assert not x.is_complex()
        assert x.is_nonzero()
        assert library.can_cast(library.float32, library.float64)
        assert library.promote_types(library.int32, library.float16) == library.float16
        assert library.finfo(library.float32).eps == 2**-23
        assert library.iinfo(library.int8).max == 127
        assert x.char().dtype == library.int8
        assert x.cpu() is x
        assert x.new_empty(2, 3).shape == (2, 3)


def test_draws_have_pytorch_s_shapes_and_ranges():
    for library in (tg, torch):
        library.manual_seed(0)
        state = library.get_rng_state()
        first = library.randint_like(library.zeros(50), 2, 5)
        library.set_rng_state(state)
        assert library.equal(first, library.randint_like(library.zeros(50), 2, 5))
        assert 2 <= first.min() <= first.max() < 5
        picked = library.multinomial(library.tensor([0.0, 1.0, 3.0]), 2)
        assert sorted(picked.tolist()) == [1, 2]
        assert library.poisson(library.full((500,), 4.0)).mean().item() == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize(
    "name", ["is_cpu", "is_meta", "is_mkldnn", "is_mps", "is_nested", "is_quantized", "is_xla", "is_xpu"]
)
def test_what_a_tensor_is_not(name):
    assert getattr(tg.ones(2), name) == getattr(torch.ones(2), name)


@pytest.mark.parametrize("name", ["is_pinned", "is_shared", "ndimension"])
def test_what_a_tensor_says_of_itself(name):
    assert getattr(tg.ones(2, 3), name)() == getattr(torch.ones(2, 3), name)()


def test_settings_that_change_nothing():
    for m in (tg, torch):
        for mode in (True, False):
            m.use_deterministic_algorithms(mode)
            assert m.are_deterministic_algorithms_enabled() is mode
        x = m.ones(2)
        assert x.clone(memory_format=m.preserve_format).data_ptr() != x.data_ptr()
        assert x.view(2).data_ptr() == x.data_ptr()
    x = tg.ones(2)
    assert x.share_memory_() is x  # PyTorch's would move it
    assert tg.compile(tg.exp) is tg.exp  # PyTorch's would compile it


@pytest.mark.parametrize("name", ["CharTensor", "ShortTensor"])
def test_types_of_tensors(name):
    mine, theirs = getattr(tg, name)([1, 2]), getattr(torch, name)([1, 2])
    assert (f"torch.{mine.dtype}", mine.tolist()) == (str(theirs.dtype), theirs.tolist())
