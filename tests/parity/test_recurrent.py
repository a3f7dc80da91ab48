"""Recurrent networks and packed sequences beside PyTorch's: what shows, from the same weights."""

import itertools

import numpy as np
import pytest

from .compare import hold
from .modules import hold_module

RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 3, 4))

SETTINGS = [
    {},
    {"bias": False},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "batch_first": True, "dropout": 0.0},
    {"bidirectional": True, "batch_first": True, "bias": False},
]
KINDS = [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("LSTM", {}), ("LSTM", {"proj_size": 2}), ("GRU", {})]
GRID = [
    pytest.param(kind, extra | settings, id=f"{kind} {extra | settings}")
    for (kind, extra), settings in itertools.product(KINDS, SETTINGS)
]


def maker(kind, settings):
    return lambda nn: getattr(nn, kind)(4, 6, **settings)


def initial_states(kind, settings, batch):
    count = settings.get("num_layers", 1) * (1 + settings.get("bidirectional", False))
    sizes = [settings.get("proj_size", 6), 6][: 1 + (kind == "LSTM")]
    return [RNG.standard_normal((count, batch, size)) for size in sizes]


def with_states(module, x, *states):
    return module(x, states if len(states) > 1 else states[0])


@pytest.mark.parametrize(("kind", "settings"), GRID)
def test_a_batch_with_and_without_initial_states_and_one_sequence(kind, settings):
    make = maker(kind, settings)
    hold_module(make, X)
    hold_module(make, X[:, 0])
    batch = X.shape[0 if settings.get("batch_first") else 1]
    states = initial_states(kind, settings, batch)
    hold_module(make, X, *states, call=with_states)
    hold_module(make, X[:, 0], *[s[:, 0] for s in states], call=with_states)


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize(("kind", "settings"), GRID)
def test_packed_sequences(kind, settings, enforce_sorted):
    lengths = [5, 3, 3] if enforce_sorted else [2, 5, 1]

    def call(module, x, *states):
        lib = __import__(type(module).__module__.split(".")[0])
        packing = __import__(f"{lib.__name__}.nn.utils.rnn", fromlist=["rnn"])
        packed = packing.pack_padded_sequence(x, lengths, enforce_sorted=enforce_sorted)
        out, last = with_states(module, packed, *states) if states else module(packed)
        return packing.pad_packed_sequence(out, padding_value=0.5), out, last

    make = maker(kind, settings)
    hold_module(make, X, call=call)
    hold_module(make, X, *initial_states(kind, settings, 3), call=call)


@pytest.mark.parametrize("batch_first", [True, False])
def test_padding_of_elements_with_several_dimensions(batch_first):
    def program(m, x, y):
        packing = m.nn.utils.rnn
        packed = packing.pack_sequence([x, y], enforce_sorted=False)
        return packing.pad_packed_sequence(packed, batch_first, 0.5, 4), packing.pad_sequence([x, y], batch_first, 2.0)

    hold(program, RNG.standard_normal((1, 2, 3)), RNG.standard_normal((3, 2, 3)))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_float32_and_float64_keep_their_dtype(kind):
    hold_module(maker(kind, {"num_layers": 2}), X.astype(np.float32), double=False)


@pytest.mark.parametrize("kind", ["RNN", "GRU"])
def test_projections_are_for_an_lstm(kind):
    hold(lambda m, x: getattr(m.nn, kind)(4, 6, proj_size=2), X)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_cells(kind, bias):
    make = maker(kind, {"bias": bias})
    states = [RNG.standard_normal((3, 6)) for _ in range(1 + (kind == "LSTMCell"))]
    hold_module(make, X[0])
    hold_module(make, X[0, 0])
    hold_module(make, X[0], *states, call=with_states)
    hold_module(make, X[0, 0], *[s[0] for s in states], call=with_states)


def test_a_cell_with_relu():
    hold_module(lambda nn: nn.RNNCell(4, 6, nonlinearity="relu"), X[0])


LENGTHS = [[5, 3, 3], [5, 5, 5], [2, 5, 1], [1, 1, 1], [6, 1, 1], [3, 0, 0]]


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_packing_and_padding(lengths, batch_first, enforce_sorted):
    x = X.transpose(1, 0, 2).copy() if batch_first else X

    def program(m, x):
        packing = m.nn.utils.rnn
        packed = packing.pack_padded_sequence(x, m.tensor(lengths), batch_first, enforce_sorted)
        return (
            *packed,
            packing.pad_packed_sequence(packed, batch_first),
            packing.pad_packed_sequence(packed, not batch_first, -2.0, total_length=7),
            packing.unpack_sequence(packed),
        )

    hold(program, x)


@pytest.mark.parametrize("side", ["left", "right", "top"])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float16", "int64"])
def test_padding_sequences(dtype, batch_first, side):
    sequences = [(X[:n, 0] * 4).astype(dtype) for n in (2, 5, 1)]
    hold(lambda m, *xs: m.nn.utils.rnn.pad_sequence(xs, batch_first, 1.0, side), *sequences)
    hold(lambda m, *xs: m.nn.utils.rnn.pad_sequence(list(xs)), *[x[:, 0] for x in sequences])


@pytest.mark.parametrize("enforce_sorted", [True, False])
def test_packing_sequences(enforce_sorted):
    for lengths in ([2, 5, 1], [4, 4, 2]):
        sequences = [X[:n, 0] for n in lengths]
        hold(lambda m, *xs: tuple(m.nn.utils.rnn.pack_sequence(xs, enforce_sorted)), *sequences)


REFUSED = [
    ("LSTM", X[..., :3]),
    ("GRU", X[0, 0]),
    ("RNN", X[None]),
    ("GRU", X[:0]),
    ("GRU", X.astype(np.float32)),
]


@pytest.mark.parametrize(("kind", "x"), REFUSED, ids=[f"{kind} {x.shape} {x.dtype}" for kind, x in REFUSED])
def test_what_pytorch_refuses_is_refused(kind, x):
    hold(lambda m, x: getattr(m.nn, kind)(4, 6).double()(x), x)
