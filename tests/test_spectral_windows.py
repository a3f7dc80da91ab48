"""Windows by their defining properties, and what is refused."""

import numpy as np
import pytest

import tinygrad_edu as tg

WINDOWS = [tg.bartlett_window, tg.blackman_window, tg.hamming_window, tg.hann_window, tg.kaiser_window]


@pytest.mark.parametrize("window", WINDOWS)
def test_a_periodic_window_is_the_symmetric_one_of_a_place_more_without_its_last(window):
    whole = window(9, periodic=False, dtype=tg.float64)
    np.testing.assert_allclose(whole.numpy(), whole.flip(0).numpy(), atol=1e-15)
    np.testing.assert_allclose(window(8, dtype=tg.float64).numpy(), whole[:-1].numpy(), atol=1e-15)
    assert whole.argmax() == 4
    assert whole[4] == pytest.approx(1)


def test_hann_windows_that_overlap_by_half_sum_to_one():
    half = tg.hann_window(16, dtype=tg.float64)
    np.testing.assert_allclose((half[:8] + half[8:]).numpy(), np.ones(8), atol=1e-15)


@pytest.mark.parametrize("window", WINDOWS)
def test_short_windows_and_dtypes(window):
    assert window(0).shape == (0,)
    assert window(1).tolist() == [1.0]
    assert window(3, dtype=tg.float16).dtype == tg.float16
    assert window(3, requires_grad=True).requires_grad


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(
    ("length", "settings", "error", "words"),
    [
        (-1, {}, RuntimeError, "length is 0 or more, got -1"),
        (2.5, {}, TypeError, "length is an integer, got 2.5"),
        (True, {}, TypeError, "length is an integer, got True"),
        (3, {"dtype": tg.int64}, RuntimeError, "a window is of floats, got int64"),
        (3, {"device": "cuda"}, RuntimeError, "cuda"),
    ],
)
def test_what_is_refused(window, length, settings, error, words):
    with pytest.raises(error, match=words):
        window(length, **settings)
