"""make_tensor: the numbers, sizes and settings that PyTorch's programs ask for, and what is refused."""

import pytest

import tinygrad_edu as tg
from tinygrad_edu.pytorch.make_tensor import make_tensor


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int8", "uint8", "bool"])
def test_numbers_lie_between_the_bounds(dtype):
    dtype = getattr(tg, dtype)
    x = make_tensor(200, dtype=dtype, device="cpu")
    assert (x.shape, x.dtype) == ((200,), dtype)
    assert -9 <= x.double().min() <= x.double().max() <= 9
    assert x.double().unique().numel() > 1
    within = make_tensor((50, 4), dtype=dtype, low=0, high=1.5).double()
    assert set(within.unique().tolist()) <= ({0.0, 1.0} if dtype.kind != "f" else set(within.unique().tolist()))
    assert 0 <= within.min() <= within.max() < 1.5


def test_sizes_layouts_zeros_and_gradients():
    assert make_tensor(dtype=tg.float32, device="cpu").shape == ()
    assert make_tensor([0, 3], dtype=tg.float32).shape == (0, 3)
    apart = make_tensor(3, 4, dtype=tg.float32, noncontiguous=True)
    assert apart.shape == (3, 4)
    assert not apart.is_contiguous()
    assert make_tensor(1, dtype=tg.float32, noncontiguous=True).is_contiguous()
    assert make_tensor(99, dtype=tg.int64, low=0, high=2, exclude_zero=True).tolist() == [1] * 99
    assert make_tensor(2, dtype=tg.float64, requires_grad=True).requires_grad


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"low": 3, "high": 1}, "low below its high, got 3 and 1"),
        ({"low": float("nan")}, "low below its high, got nan"),
        ({"dtype": tg.int8, "low": 500, "high": 600}, "none from 500 to 600"),
        ({"dtype": tg.int64, "requires_grad": True}, "cannot require grad"),
        ({"noncontiguous": True, "memory_format": tg.contiguous_format}, "not both"),
    ],
)
def test_what_is_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        make_tensor(2, 2, **{"dtype": tg.float32, **settings})


def test_a_program_finds_it():
    from tinygrad_edu.pytorch import as_torch

    with as_torch():
        from torch.testing import make_tensor as found

        assert found((2,), dtype=tg.float32, device="cpu").shape == (2,)
