"""Recurrent layers against step by step programs of Tensor operations, differences, and each sequence on its own."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import grad, gradcheck, gradgradcheck
from tinygrad_edu.nn.functional import recurrent as F
from tinygrad_edu.nn.utils import rnn as packing

SIZES = [(2, 2, 2), (3, 2, 2, 1), (1,), (2,), (3, 1)]  # how many sequences each step has
BOTH = [False, True]


def leaf(*shape, seed=0, dtype="float64"):
    return tg.tensor(np.random.default_rng(seed).uniform(-1, 1, shape).astype(dtype), requires_grad=True)


def operands(kind, sizes, H=3, P=2, dtype="float64"):
    """The inputs of a primitive for so many sequences."""
    N, B = sum(sizes), max(sizes)
    gates, out = {"rnn": 1, "lstm": 4, "projected_lstm": 4, "gru": 3}[kind], P if kind == "projected_lstm" else H
    shapes = [(N, gates * H), (B, out)]
    if "lstm" in kind:
        shapes = [(N, H + 1), (B, out), (B, H), (gates * H, H + 1)]
    shapes.append((gates * H, out))
    if kind == "projected_lstm":
        shapes.append((P, H))
    if kind != "rnn":
        shapes.append((gates * H,))
    return [leaf(*shape, seed=i, dtype=dtype) for i, shape in enumerate(shapes)]


def run(kind, inputs, sizes, reverse=False, **settings):
    """All outputs: h, and c and the gates where there are."""
    if kind == "rnn":
        return (F.rnn(*inputs, **{"nonlinearity": "tanh"} | settings, sizes=sizes, reverse=reverse),)
    return getattr(F, kind)(*inputs, sizes=sizes, reverse=reverse)


# the same step by step, each sequence on its own


def rnn_step(a, h, weight, nonlinearity="tanh"):
    return (getattr(a + weight @ h, nonlinearity)(),)


def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    i, f, g, o = (weight_ih @ x + weight_hh @ h + bias).reshape(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def projected_lstm_step(x, h, c, weight_ih, weight_hh, projection, bias):
    h, c = lstm_step(x, h, c, weight_ih, weight_hh, bias)
    return projection @ h, c


def gru_step(a, h, weight, bias):
    (ar, az, an), (r, z, q) = a.reshape(3, -1), (weight @ h + bias).reshape(3, -1)
    r, z = (ar + r).sigmoid(), (az + z).sigmoid()
    n = (an + r * q).tanh()
    return ((1 - z) * n + z * h,)


STEPS = {"rnn": rnn_step, "lstm": lstm_step, "projected_lstm": projected_lstm_step, "gru": gru_step}


def by_hand(kind, inputs, sizes, reverse, **settings):
    """h, and of an LSTM c, of all steps."""
    a, *rest = inputs
    states, weights = (rest[:2], rest[2:]) if "lstm" in kind else (rest[:1], rest[1:])
    starts = [0, *itertools.accumulate(sizes)]
    found = {}
    for b in range(max(sizes)):
        state = tuple(x[b] for x in states)
        length = sum(n > b for n in sizes)
        for t in reversed(range(length)) if reverse else range(length):
            state = STEPS[kind](a[starts[t] + b], *state, *weights, **settings)
            found[starts[t] + b] = state
    return [tg.stack([found[row][i] for row in range(len(found))]) for i in range(len(states))]


def weighted(outputs):
    """One number in which every element counts differently."""
    return sum([(y * tg.cos(tg.arange(y.numel(), dtype=y.dtype)).reshape(y.shape)).sum() for y in outputs])


@pytest.mark.parametrize("reverse", BOTH)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("kind", STEPS)
def test_all_steps_in_one_are_what_step_by_step_gives(kind, sizes, reverse):
    inputs = operands(kind, sizes)
    expected = by_hand(kind, inputs, sizes, reverse)
    found = run(kind, inputs, sizes, reverse)[: len(expected)]
    for y, hand in zip(found, expected, strict=True):
        np.testing.assert_allclose(y.detach().numpy(), hand.detach().numpy(), 1e-12, 1e-12)
    wanted = grad(weighted(expected), inputs, retain_graph=True)
    for create_graph in BOTH:  # by the kernel, and recorded
        for gx, hand in zip(
            grad(weighted(found), inputs, retain_graph=True, create_graph=create_graph), wanted, strict=True
        ):
            np.testing.assert_allclose(gx.detach().numpy(), hand.numpy(), 1e-11, 1e-12)
    # where only the last output, or only the first, is used
    for y, hand in zip(found, expected, strict=True):
        for gx, hand_gx in zip(
            grad(weighted([y]), inputs, retain_graph=True, allow_unused=True, materialize_grads=True),
            grad(weighted([hand]), inputs, retain_graph=True, allow_unused=True, materialize_grads=True),
            strict=True,
        ):
            np.testing.assert_allclose(gx.numpy(), hand_gx.numpy(), 1e-11, 1e-12)


def test_relu_in_place_of_tanh():
    inputs = operands("rnn", (2, 2, 1))
    (y,) = run("rnn", inputs, (2, 2, 1), True, nonlinearity="relu")
    (hand,) = by_hand("rnn", inputs, (2, 2, 1), True, nonlinearity="relu")
    np.testing.assert_allclose(y.detach().numpy(), hand.detach().numpy(), 1e-12)
    for gx, hand_gx in zip(grad(weighted([y]), inputs), grad(weighted([hand]), inputs), strict=True):
        np.testing.assert_allclose(gx.numpy(), hand_gx.numpy(), 1e-11, 1e-12)


@pytest.mark.parametrize("reverse", BOTH)
@pytest.mark.parametrize("sizes", [(2, 2), (3, 1)], ids=str)
@pytest.mark.parametrize("kind", STEPS)
def test_first_and_second_derivatives_are_what_differences_give(kind, sizes, reverse):
    inputs = operands(kind, sizes, H=2, P=1)
    assert gradcheck(lambda *x: run(kind, x, sizes, reverse), inputs)  # the gates among the outputs
    assert gradgradcheck(lambda *x: run(kind, x, sizes, reverse), inputs)


@pytest.mark.parametrize("kind", STEPS)
def test_third_derivatives(kind):
    x, *rest = operands(kind, (2, 1), H=2, P=1)

    @tg.enable_grad()  # gradcheck takes its differences without
    def second(x):
        (gx,) = grad(weighted(run(kind, [x, *rest], (2, 1))), [x], create_graph=True)
        return grad((gx * gx).sum(), [x], create_graph=True)[0]

    assert gradcheck(second, [x])


@pytest.mark.parametrize("kind", STEPS)
def test_only_the_gradients_that_are_wanted(kind):
    inputs = operands(kind, (2, 2, 1))
    whole = grad(weighted(run(kind, inputs, (2, 2, 1))[:1]), inputs)
    for i, x in enumerate(inputs):
        others = [y if j == i else y.detach() for j, y in enumerate(inputs)]
        (gx,) = grad(weighted(run(kind, others, (2, 2, 1))[:1]), [x])
        np.testing.assert_allclose(gx.numpy(), whole[i].numpy(), 1e-12, 1e-14)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("kind", STEPS)
def test_the_dtype_is_kept_and_nothing_is_written_to(kind, dtype):
    inputs = operands(kind, (2, 2, 1), dtype=dtype)
    for x in inputs:
        x._array.flags.writeable = False
    outputs = run(kind, inputs, (2, 2, 1), True)
    expected = run(kind, [x.detach().double() for x in inputs], (2, 2, 1), True)
    for y, hand in zip(outputs, expected, strict=True):
        assert y.dtype == dtype
        np.testing.assert_allclose(y.detach().numpy(), hand.numpy(), atol=1e-5 if dtype == "float32" else 1e-2)
    weighted(outputs).backward()
    assert all(x.grad.dtype == dtype and x.grad.shape == x.shape for x in inputs)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_gates_at_extremes_are_0_and_1_without_a_warning(kind):
    inputs = operands(kind, (1, 1), dtype="float32")
    with tg.no_grad():
        inputs[0].mul_(1e4)
    weighted(run(kind, inputs, (1, 1))).backward()
    assert all(np.isfinite(x.grad.numpy()).all() for x in inputs)


def test_an_lstm_of_one_unit_by_hand():
    lstm = nn.LSTM(1, 1)
    with tg.no_grad():
        for i, p in enumerate(lstm.parameters()):
            p.copy_(tg.tensor([0.1, 0.2, 0.3, 0.4]).reshape(p.shape) * (i + 1))
    y, (h, c) = lstm(tg.tensor([[1.0], [-1.0]]))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    state = cell = 0.0
    for x, expected in zip((1.0, -1.0), y.detach().numpy()[:, 0], strict=True):
        i, f, g, o = [k * (x + 2 * state + 3 + 4) / 10 for k in (1, 2, 3, 4)]
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        state = sigmoid(o) * np.tanh(cell)
        assert state == pytest.approx(expected, rel=1e-6)
    assert (h.item(), c.item()) == pytest.approx((state, cell), rel=1e-6)


# modules

KINDS = {
    "RNN": {},
    "relu": {"nonlinearity": "relu"},
    "LSTM": {},
    "projected": {"proj_size": 2},
    "GRU": {},
}


def network(name, **settings):
    kind = {"relu": "RNN", "projected": "LSTM"}.get(name, name)
    return getattr(nn, kind)(3, 4, **KINDS[name] | settings).double()


def states_of(hx):
    return hx if isinstance(hx, tuple) else (hx,)


@pytest.mark.parametrize("enforce_sorted", BOTH)
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bidirectional": True}, {"bias": False}], ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_packed_sequences_give_what_each_gives_alone(name, settings, enforce_sorted):
    lengths = [4, 3, 3, 1] if enforce_sorted else [3, 1, 4, 3]
    net = network(name, **settings)
    sequences = [leaf(n, 3, seed=n) for n in lengths]
    count = len(net.all_weights)
    initial = [
        leaf(count, 4, 4 if i or name != "projected" else 2, seed=9 + i) for i in range(1 + (net.mode == "LSTM"))
    ]
    given = tuple(initial) if net.mode == "LSTM" else initial[0]
    out, final = net(packing.pack_sequence(sequences, enforce_sorted), given)
    together = packing.unpack_sequence(out)
    alone = [
        net(x, tuple(s[:, b] for s in initial) if net.mode == "LSTM" else initial[0][:, b])
        for b, x in enumerate(sequences)
    ]
    for b, (y, (hand, last)) in enumerate(zip(together, alone, strict=True)):
        np.testing.assert_allclose(y.detach().numpy(), hand.detach().numpy(), 1e-12, 1e-12)
        for x, one in zip(states_of(final), states_of(last), strict=True):
            np.testing.assert_allclose(x[:, b].detach().numpy(), one.detach().numpy(), 1e-12, 1e-12)
    leaves = [*sequences, *initial, *net.parameters()]
    both = [
        grad(weighted([*together, *[x[:, b] for b in range(4) for x in states_of(final)]]), leaves),
        grad(weighted([*[y for y, _ in alone], *[x for _, last in alone for x in states_of(last)]]), leaves),
    ]
    for gx, hand in zip(*both, strict=True):
        np.testing.assert_allclose(gx.numpy(), hand.numpy(), 1e-10, 1e-12)


@pytest.mark.parametrize("name", KINDS)
def test_a_batch_is_what_each_sequence_gives_and_batch_first_is_its_transpose(name):
    net = network(name, num_layers=2, bidirectional=True)
    x = leaf(5, 2, 3)
    y, final = net(x)
    for b in range(2):
        one, last = net(x[:, b])
        # the order of sums differs, which shows in sums that are nearly 0
        np.testing.assert_allclose(y[:, b].detach().numpy(), one.detach().numpy(), 1e-12, 1e-15)
        assert [s.shape for s in states_of(last)] == [(4, s.shape[2]) for s in states_of(final)]
    net.batch_first = True
    np.testing.assert_array_equal(net(x.transpose(0, 1))[0].detach().numpy(), y.transpose(0, 1).detach().numpy())


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_cell_is_a_network_of_one_step(kind):
    cell, net = getattr(nn, f"{kind}Cell")(3, 4), getattr(nn, kind)(3, 4)
    net.load_state_dict({f"{name}_l0": p for name, p in cell.state_dict().items()})
    x = tg.randn(6, 2, 3)
    state = None
    for t, expected in enumerate(net(x)[0]):
        state = cell(x[t], state)
        np.testing.assert_allclose(states_of(state)[0].detach().numpy(), expected.detach().numpy(), 1e-6, 1e-6)
    assert states_of(cell(x[0, 0]))[0].shape == (4,)


def test_dropout_is_between_layers_and_in_training_only():
    net = nn.GRU(3, 4, 2, dropout=0.999999)
    x = tg.randn(5, 2, 3)
    dropped = nn.GRU(4, 4)
    dropped.load_state_dict({name.replace("l1", "l0"): p for name, p in net.state_dict().items() if "l1" in name})
    np.testing.assert_allclose(net(x)[0].detach().numpy(), dropped(tg.zeros(5, 2, 4))[0].detach().numpy(), 1e-6)
    net.eval()
    assert abs(net(x)[0] - dropped(tg.zeros(5, 2, 4))[0]).amax() > 1e-3
    with pytest.warns(UserWarning, match="one layer"):
        nn.GRU(3, 4, dropout=0.5)


def test_parameters_are_named_and_drawn_as_told():
    net = nn.LSTM(3, 100, 2, bidirectional=True, proj_size=5)
    assert list(net.state_dict()) == [
        f"{name}_l{layer}{suffix}"
        for layer in range(2)
        for suffix in ("", "_reverse")
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    ]
    for p in net.parameters():
        assert 0.05 < abs(p.detach()).amax() <= 0.1
    assert net.all_weights[3][4] is net.weight_hr_l1_reverse
    assert net.flatten_parameters() is None
    assert repr(net) == "LSTM(3, 100, proj_size=5, num_layers=2, bidirectional=True)"


def test_an_empty_batch():
    for net in (nn.RNN(3, 4), nn.LSTM(3, 4, 2, bidirectional=True), nn.GRU(3, 4)):
        y, final = net(tg.zeros(5, 0, 3))
        y.sum().backward()
        assert y.shape[:2] == (5, 0)
        assert states_of(final)[0].shape[1] == 0
        assert net.weight_ih_l0.grad.shape == net.weight_ih_l0.shape


# packing


@st.composite
def batches(draw):
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    trailing = draw(st.sampled_from([(), (2,), (2, 1)]))
    rng = np.random.default_rng(0)
    return [tg.tensor(rng.standard_normal((n, *trailing)), requires_grad=True) for n in lengths]


@given(batches(), st.booleans(), st.sampled_from([0.0, -1.5]))
def test_packing_and_padding_are_undone(sequences, batch_first, padding):
    packed = packing.pack_sequence(sequences, enforce_sorted=False)
    for x, y in zip(sequences, packing.unpack_sequence(packed), strict=True):
        np.testing.assert_array_equal(x.detach().numpy(), y.detach().numpy())
    padded, lengths = packing.pad_packed_sequence(packed, batch_first, padding)
    assert lengths.tolist() == [len(x) for x in sequences]
    expected = packing.pad_sequence(sequences, batch_first, padding)
    np.testing.assert_array_equal(padded.detach().numpy(), expected.detach().numpy())
    again = packing.pack_padded_sequence(padded, lengths, batch_first, enforce_sorted=False)
    for found, hand in zip(again, packed, strict=True):
        np.testing.assert_array_equal(found.detach().numpy(), hand.detach().numpy())
    for x, y in zip(sequences, packing.unpad_sequence(padded, lengths, batch_first), strict=True):
        np.testing.assert_array_equal(x.detach().numpy(), y.detach().numpy())
    both = grad(weighted([again.data]), sequences), grad(weighted([packed.data]), sequences)
    for gx, hand in zip(*both, strict=True):
        np.testing.assert_array_equal(gx.numpy(), hand.numpy())


def test_padding_on_the_left_and_a_total_length():
    sequences = [tg.tensor([1, 2, 3]), tg.tensor([4])]
    assert packing.pad_sequence(sequences, True, 9, "left").tolist() == [[1, 2, 3], [9, 9, 4]]
    padded, _ = packing.pad_packed_sequence(packing.pack_sequence(sequences), True, total_length=4)
    assert padded.tolist() == [[1, 2, 3, 0], [4, 0, 0, 0]]
    assert packing.pack_sequence(sequences).double().data.dtype == tg.float64


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_dropout_is_between_the_layers_only(kind):
    tg.manual_seed(0)
    net, x = kind(3, 8, num_layers=2, dropout=0.7), tg.randn(5, 2, 3)
    finals = []
    for training in (True, False):
        out, final = net.train(training)(x)
        final = final[0] if kind is nn.LSTM else final
        assert (out[-1] == final[1]).all()
        finals.append(final)
    assert finals[0][0].tolist() == finals[1][0].tolist()
    assert finals[0][1].tolist() != finals[1][1].tolist()


X = tg.zeros(5, 2, 3)

MISTAKES = [
    (lambda: nn.LSTM(3, 4)(tg.zeros(5, 2, 4)), ValueError, r"takes \(T, B, in\) with in = 3, got \(5, 2, 4\)"),
    (lambda: nn.LSTM(3, 4)(tg.zeros(5)), ValueError, "takes"),
    (lambda: nn.LSTM(3, 4)(tg.zeros(0, 2, 3)), RuntimeError, "sequence length to be larger than 0"),
    (lambda: nn.LSTM(3, 4)(X.double()), ValueError, "float64 meets weights of float32"),
    (lambda: nn.LSTM(3, 4)(X, tg.zeros(1, 2, 4)), TypeError, r"\(h_0, c_0\)"),
    (lambda: nn.GRU(3, 4)(X, tg.zeros(2, 2, 4)), RuntimeError, r"Expected hidden state of size \(1, 2, 4\)"),
    (lambda: nn.GRU(3, 4)(X[:, 0], tg.zeros(1, 1, 4)), RuntimeError, "one sequence needs states"),
    (lambda: nn.RNN(3, 4, nonlinearity="gelu"), ValueError, "gelu"),
    (lambda: nn.RNN(3, 0), ValueError, "hidden_size is 1 or more"),
    (lambda: nn.LSTM(3, 4, 0), ValueError, "num_layers is 1 or more"),
    (lambda: nn.GRU(3, 4, "2"), TypeError, "num_layers is an integer"),
    (lambda: nn.RNN(3, 4.0), TypeError, "hidden_size is an integer"),
    (lambda: nn.LSTM(3, 4, proj_size=4), ValueError, "proj_size"),
    (lambda: nn.GRU(3, 4, 2, dropout=2), ValueError, "dropout"),
    (lambda: nn.GRU(3, 4, 1, 5), TypeError, "bias is True or False"),
    (lambda: nn.RNNBase("GRU", 3, 4, proj_size=2), ValueError, "LSTM only"),
    (lambda: nn.RNNBase("QRNN", 3, 4), ValueError, "QRNN"),
    (lambda: nn.LSTMCell(3, 4)(tg.zeros(2, 4)), ValueError, "two states"),
    (lambda: nn.GRUCell(3, 4)(tg.zeros(2, 3), tg.zeros(4)), ValueError, "a state"),
    (lambda: nn.GRUCell(3, 4)(tg.zeros(1, 2, 3)), ValueError, r"takes \(B, in\)"),
    (lambda: nn.LSTMCell(3, 4)(tg.zeros(2, 3).double()), RuntimeError, "weights of float32, got float64"),
    (lambda: nn.GRUCell(3, 4)(tg.zeros(2, 3), tg.zeros(2, 4).half()), RuntimeError, "weights of float32, got float16"),
    (lambda: nn.RNNCell(3, 4, nonlinearity="gelu")(tg.zeros(2, 3)), RuntimeError, "gelu"),
    (lambda: packing.pack_padded_sequence(tg.zeros(5), [5]), ValueError, r"shape \(T, B, ..\), got \(5,\)"),
    (lambda: packing.pack_padded_sequence(X, [1, 2]), RuntimeError, "enforce_sorted=False"),
    (lambda: packing.pack_padded_sequence(X, [6, 2]), RuntimeError, "cannot have the lengths"),
    (lambda: packing.pack_padded_sequence(X, [5, 0]), RuntimeError, "1 or more"),
    (lambda: packing.pack_padded_sequence(X, [5]), ValueError, "a length for each"),
    (lambda: packing.pad_packed_sequence(X), TypeError, "PackedSequence"),
    (lambda: packing.pad_packed_sequence(packing.pack_sequence([X]), total_length=4), ValueError, "total length 4"),
    (lambda: packing.pad_sequence([]), RuntimeError, "at least one"),
    (lambda: packing.pad_sequence([X, tg.zeros(3)]), RuntimeError, "differ in T alone"),
    (lambda: packing.pad_sequence([X], padding_side="top"), RuntimeError, "top"),
    (lambda: packing.pack_sequence([tg.zeros(0, 2)]), RuntimeError, "1 or more"),
    (lambda: packing.unpad_sequence(X, [1]), ValueError, "as many lengths"),
]


@pytest.mark.parametrize(("mistake", "error", "told"), MISTAKES)
def test_a_mistake_is_told(mistake, error, told):
    with pytest.raises(error, match=told):
        mistake()


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_products_in_parts_are_those_of_one_sequence_at_a_time(kind):
    """32 sequences of 128 numbers take a step's product in parts; one sequence takes it whole."""
    tg.manual_seed(0)
    layer = getattr(nn, kind)(5, 128)
    x = tg.randn(4, 32, 5)
    lengths = tg.tensor([4] * 20 + [2] * 12)
    packed, _ = packing.pad_packed_sequence(layer(packing.pack_padded_sequence(x, lengths))[0])
    whole, _ = layer(x)
    whole.cos().sum().backward()
    together = [p.grad.clone() for p in layer.parameters()]
    layer.zero_grad()
    for b in range(32):
        alone, _ = layer(x[:, b : b + 1])
        alone.cos().sum().backward()
        n = int(lengths[b])
        np.testing.assert_allclose(whole[:, b].detach().numpy(), alone[:, 0].detach().numpy(), 1e-5, 1e-6)
        np.testing.assert_allclose(packed[:n, b].detach().numpy(), alone[:n, 0].detach().numpy(), 1e-5, 1e-6)
    for p, g in zip(layer.parameters(), together, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), g.numpy(), 1e-4, 1e-4)


@pytest.mark.parametrize("bias", BOTH)
@pytest.mark.parametrize("reverse", BOTH)
def test_an_lstms_input_too_wide_to_be_beside_the_states(reverse, bias):
    """Of 200 sequences a product with both weights would not be small; of one it is."""
    net = nn.LSTM(170, 33, bias=bias, bidirectional=reverse).double()
    x = leaf(5, 200, 170)
    lengths = tg.tensor([5] * 120 + [2] * 80)
    packed, _ = packing.pad_packed_sequence(net(packing.pack_padded_sequence(x, lengths))[0])
    for b in (0, 119, 120, 199):
        n = int(lengths[b])
        alone, _ = net(x[:n, b])
        np.testing.assert_allclose(packed[:n, b].detach().numpy(), alone.detach().numpy(), 1e-12, 1e-13)
        both = [grad(weighted([y]), [x, *net.parameters()], retain_graph=True) for y in (packed[:n, b], alone)]
        for gx, hand in zip(*both, strict=True):
            np.testing.assert_allclose(gx.numpy(), hand.numpy(), 1e-10, 1e-12)


@pytest.mark.parametrize("dtype", [tg.float64, tg.float16])
@pytest.mark.parametrize("kind", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_a_cell_begins_with_zeros_of_the_dtype_of_its_input(kind, dtype):
    cell, x = kind(3, 4).to(dtype), tg.randn(2, 3).to(dtype)
    states = (tg.zeros(2, 4, dtype=dtype),) * (2 if kind is nn.LSTMCell else 1)
    found, expected = cell(x), cell(x, states if len(states) == 2 else states[0])
    for one, other in zip(*[x if isinstance(x, tuple) else (x,) for x in (found, expected)], strict=True):
        assert one.dtype == other.dtype == dtype
        assert one.tolist() == other.tolist()
