"""NumPy's numbers as settings count as Python's, as in PyTorch: a float32 Tensor stays one."""

import numpy as np
import pytest

from .compare import hold
from .modules import hold_module

# of m, one of the two libraries, a Tensor x of (3, 4), and a number near 0.5
SETTINGS = {
    "celu": lambda m, x, n: m.celu(x, n),
    "clamp": lambda m, x, n: x.clamp(-n, n),
    "clamp from below": lambda m, x, n: m.clamp_min(x, n),
    "clip": lambda m, x, n: m.clip(x, max=n),
    "cosine_similarity": lambda m, x, n: m.nn.functional.cosine_similarity(x, x + 1, eps=n),
    "elu": lambda m, x, n: m.nn.functional.elu(x, n),
    "full": lambda m, x, n: x * m.full((4,), n),
    "hardshrink": lambda m, x, n: m.hardshrink(x, n),
    "hardtanh": lambda m, x, n: m.nn.functional.hardtanh(x, -n, n),
    "huber_loss": lambda m, x, n: m.nn.functional.huber_loss(x, x.detach() * 2 + 1, delta=n),
    "interpolate": lambda m, x, n: m.nn.functional.interpolate(x[None], scale_factor=n * 4),
    "isin": lambda m, x, n: m.isin(m.tensor([0.5, 1.0]), n),
    "leaky_relu": lambda m, x, n: m.nn.functional.leaky_relu(x, n),
    "logit": lambda m, x, n: m.logit(x, n / 4),
    "normalize": lambda m, x, n: m.nn.functional.normalize(x, eps=n),
    "rms_norm": lambda m, x, n: m.nn.functional.rms_norm(x, (4,), eps=n),
    "rrelu": lambda m, x, n: m.nn.functional.rrelu(x, n, n * 2),
    "scaled_dot_product_attention": lambda m, x, n: m.nn.functional.scaled_dot_product_attention(x, x, x, scale=n),
    "smooth_l1_loss": lambda m, x, n: m.nn.functional.smooth_l1_loss(x, x.detach() * 2 + 1, beta=n),
    "softplus": lambda m, x, n: m.nn.functional.softplus(x, n, n * 3),
    "softshrink": lambda m, x, n: m.nn.functional.softshrink(x, n),
    "threshold": lambda m, x, n: m.nn.functional.threshold(x, n, n),
}
COUNTS = {
    "arange": lambda m, n: m.arange(n),
    "chunk": lambda m, n: m.arange(5).chunk(n),
    "clamp": lambda m, n: m.arange(5, dtype=m.int16).clamp(n, n * 2),
    "clamp of floats": lambda m, n: m.arange(5.0).clamp(n, n * 2),
    "full": lambda m, n: m.full((n,), n),
    "histogram": lambda m, n: m.histogram(m.arange(5.0), n)[0],
    "max_pool1d": lambda m, n: m.nn.functional.max_pool1d(m.arange(6.0).reshape(1, 1, 6), n, n),
    "pixel_shuffle": lambda m, n: m.nn.functional.pixel_shuffle(m.arange(16.0).reshape(1, 4, 2, 2), n),
    "polygamma": lambda m, n: m.polygamma(n, m.arange(1.0, 4.0)),
    "smooth_l1_loss": lambda m, n: m.nn.functional.smooth_l1_loss(m.arange(3.0), m.zeros(3), beta=n),
}
FLOATS = [np.float64(0.5), np.float32(0.5), np.float16(0.5)]
INTEGERS = [np.int64(2), np.int32(2), np.uint8(2)]


@pytest.mark.parametrize("number", FLOATS, ids=lambda n: n.dtype.name)
@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name, number):
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    hold(lambda m, x: SETTINGS[name](m, x, number), x)


@pytest.mark.parametrize("number", INTEGERS, ids=lambda n: n.dtype.name)
@pytest.mark.parametrize("name", COUNTS)
def test_counts(name, number):
    hold(lambda m: COUNTS[name](m, number))


TENSORS = {
    **COUNTS,
    "batch_norm": lambda m, n: m.nn.functional.batch_norm(
        m.arange(4.0).reshape(2, 2), None, None, training=True, eps=n
    ),
    "eps of group_norm": lambda m, n: m.nn.functional.group_norm(m.arange(8.0).reshape(2, 4), 2, eps=n),
    "group_norm": lambda m, n: m.nn.functional.group_norm(m.arange(8.0).reshape(2, 4), n),
    "histc": lambda m, n: m.histc(m.arange(5.0), n, n - 1, n + 1),
    "histc of a fraction": lambda m, n: m.histc(m.arange(5.0), n / 2),
    "histc to a fraction": lambda m, n: m.histc(m.arange(5.0), 3, n / 4, n * 1.5),
    "pixel_shuffle of a fraction": lambda m, n: m.nn.functional.pixel_shuffle(m.ones(1, 4, 2, 2), n / 2),
    "pixel_unshuffle": lambda m, n: m.nn.functional.pixel_unshuffle(m.arange(16.0).reshape(1, 4, 2, 2), n),
    "randperm": lambda m, n: m.randperm(n).sort()[0],
}


@pytest.mark.parametrize("name", TENSORS)
def test_tensors_as_settings(name):
    hold(lambda m: TENSORS[name](m, m.tensor(2)))


@pytest.mark.parametrize(
    "make",
    [
        lambda nn: nn.LayerNorm(np.int64(4), eps=np.float64(0.5)),
        lambda nn: nn.RMSNorm(np.int64(4), eps=np.float64(0.5)),
        lambda nn: nn.MaxPool1d(np.int64(2)),
        lambda nn: nn.ELU(np.float64(0.5)),
        lambda nn: nn.Upsample(scale_factor=np.float32(2)),
        lambda nn: nn.TransformerEncoderLayer(np.int64(4), np.int64(2), np.int64(8), np.float64(0)),
    ],
)
def test_layers(make):
    hold_module(make, np.random.default_rng(0).standard_normal((3, 2, 4)).astype(np.float32), double=False)


def test_layers_with_a_dropout_of_numpys():
    hold_module(lambda nn: nn.LSTM(4, 3, dropout=np.float32(0)), np.ones((3, 2, 4), np.float32), double=False)
