"""Dropouts: means, variances, whole channels, seeds, errors."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, tensor
from tinygrad_edu.nn import functional as F

CHANNELS = {"dropout1d": (3,), "dropout2d": (3, 2), "dropout3d": (1, 3, 2), "feature_alpha_dropout": (4,)}


@pytest.mark.parametrize("name", ["dropout", *CHANNELS, "alpha_dropout"])
def test_the_mean_is_kept_and_the_seed_decides(name):
    x = tensor(np.random.default_rng(0).standard_normal((60, 50, *CHANNELS.get(name, (4,)))))
    call = getattr(F, name)
    tg.manual_seed(3)
    y = call(x, 0.4, training=True)
    tg.manual_seed(3)
    np.testing.assert_array_equal(call(x, 0.4, training=True).numpy(), y.numpy())
    assert abs(y.numpy().mean() - x.numpy().mean()) < 0.1
    if "alpha" in name:
        assert abs(y.numpy().var() - 1) < 0.1
    else:
        assert set(np.unique((y / x).numpy().round(9))) == {0.0, round(1 / 0.6, 9)}
    assert call(x, 0.4, training=False) is x


@pytest.mark.parametrize("name", CHANNELS)
def test_channels_drop_whole(name):
    y = getattr(F, name)(tg.ones(40, 30, *CHANNELS[name]), 0.5, training=True).numpy().reshape(40, 30, -1)
    assert (y == y[:, :, :1]).all()
    assert len(np.unique(y)) == 2
    assert 0.4 < (y[:, :, 0] == y.min()).mean() < 0.6


def test_one_image_drops_channels_too():
    y = F.dropout1d(tg.ones(500, 4), 0.5).numpy()
    assert (y == y[:, :1]).all()
    assert len(np.unique(y)) == 2


def test_what_is_written_in_place_is_the_gradient_too():
    x = tg.ones(50, 4).requires_grad_()
    y = x * 1
    assert F.alpha_dropout(y, 0.5, True, inplace=True) is y
    y.sum().backward()
    assert len(np.unique(x.grad.numpy())) == 2


REFUSED = {
    "p": (lambda: F.alpha_dropout(tg.ones(2), 1.5), ValueError, "between 0 and 1, but got 1.5"),
    "a module's p": (lambda: nn.Dropout2d(-1), ValueError, "between 0 and 1, but got -1"),
    "integers": (
        lambda: F.dropout(tensor([1, 2])),
        RuntimeError,
        "dropout is not implemented for int64",
    ),
    "dimensions": (lambda: F.dropout1d(tg.ones(3)), ValueError, r"takes \(B, C, L\) or \(C, L\)"),
    "no channels": (lambda: F.feature_alpha_dropout(tg.ones(3), training=True), ValueError, "batch and channels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, kind, told = REFUSED[name]
    with pytest.raises(kind, match=told):
        call()


def test_unusual_dimensions_warn_as_in_pytorch():
    with pytest.warns(UserWarning, match=r"Received a 3-D input to dropout2d.*\(B, C, L\)"):
        F.dropout2d(tg.ones(2, 3, 4))
    with pytest.warns(UserWarning, match="Received a 3-D input to dropout3d"):
        F.dropout3d(tg.ones(2, 3, 4))
