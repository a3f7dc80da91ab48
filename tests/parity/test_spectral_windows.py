"""Windows against PyTorch's: every length, periodic or not."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

NAMES = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_windows(name, periodic, dtype):
    for length in (0, 1, 2, 3, 8, 17, 100):
        ours = getattr(tg, name)(length, periodic, dtype=getattr(tg, dtype))
        theirs = getattr(torch, name)(length, periodic, dtype=getattr(torch, dtype))
        assert str(ours.dtype) == dtype
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), 1e-6, 1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda m: m.hamming_window(9, True, 0.3, 0.7),
        lambda m: m.hamming_window(9, False, 0.3),
        lambda m: m.kaiser_window(9, True, 3.0),
        lambda m: m.hann_window(window_length=5, device="cpu", requires_grad=True),
    ],
)
def test_settings(make):
    ours, theirs = make(tg), make(torch)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), 1e-6, 1e-6)
    assert ours.requires_grad == theirs.requires_grad
