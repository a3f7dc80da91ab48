"""Summaries of networks: what is counted is known by hand; and the display of a module in a notebook."""

import html.parser
import threading

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import models, nn, tensor
from tinygrad_edu.nn import functional as F
from tinygrad_edu.observing import observing
from tinygrad_edu.primitive import Primitive


class Calling(nn.Module):
    """Calls a function with its inputs, and may have modules."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *inputs):
        return self.function(self, *inputs)


# known networks


@pytest.mark.parametrize(
    ("network", "size", "parameters", "multiply_adds"),
    [
        (models.LeNet(), (1, 1, 28, 28), 61_706, 416_520),
        (models.resnet20(), (1, 3, 32, 32), 269_722, 40_551_040),  # 0.27 M and 41 M
        (models.resnet20(), (4, 3, 32, 32), 269_722, 4 * 40_551_040),
        (models.resnet56(), (1, 3, 32, 32), 853_018, 125_485_696),
        (models.MLP((1, 28, 28)), (1, 1, 28, 28), 101_770, 784 * 128 + 1280),
    ],
)
def test_known_networks(network, size, parameters, multiply_adds):
    found = nn.summary(network, size)
    assert (found.parameters, found.trainable, found.multiply_adds) == (parameters, parameters, multiply_adds)
    assert found.parameter_bytes == 4 * parameters
    assert found.layers[0].shapes == ((size[0], 10),)


def test_the_table():
    tg.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2), nn.Sequential(nn.ReLU(), nn.Flatten()))
    net[1].bias.requires_grad_(False)
    assert str(nn.summary(net, (2, 1, 4, 4))).split("\n") == [
        "layer             output        parameters  multiply-adds  weights  activations",
        "-" * 79,
        "Sequential        (2, 8)                22            144     88 B        192 B",
        "  0: Conv2d       (2, 2, 2, 2)          18            144     72 B         64 B",
        "  1: BatchNorm2d  (2, 2, 2, 2)           4                    16 B         64 B",
        "  2: Sequential   (2, 8)                                                   64 B",
        "    0: ReLU       (2, 2, 2, 2)                                             64 B",
        "    1: Flatten    (2, 8)",
        "-" * 79,
        "22 parameters, 20 of them trainable",
        "144 multiply-adds, for inputs (2, 1, 4, 4)",
        "inputs 128 B, weights 88 B, buffers 24 B, activations 192 B",
    ]
    shallow = nn.summary(net, (2, 1, 4, 4), depth=0)
    assert [line.split()[0] for line in str(shallow).split("\n")[2:3]] == ["Sequential"]
    assert len(str(shallow).split("\n")) == 7
    assert repr(shallow) == str(shallow)
    assert len(shallow.layers) == 6


# multiply-adds of each kind, by hand


COUNTED = {
    "linear": (nn.Linear(3, 4), (5, 3), 5 * 12),
    "linear, 3-d": (nn.Linear(3, 4), (2, 5, 3), 10 * 12),
    "linear, 1-d": (nn.Linear(3, 4), (3,), 12),
    "bilinear": (nn.Bilinear(3, 4, 2), [(5, 3), (5, 4)], 5 * 3 * 8 + 5 * 2 * 4),
    "conv1d": (nn.Conv1d(4, 6, 3, stride=2, groups=2), (2, 4, 9), 2 * 6 * 4 * 6),
    "conv2d": (nn.Conv2d(2, 3, (3, 5), padding=1), (1, 2, 6, 8), 3 * 6 * 6 * 30),
    "conv3d": (nn.Conv3d(1, 2, 2), (1, 1, 3, 3, 3), 2 * 8 * 8),
    "conv without batch": (nn.Conv2d(2, 3, 1), (2, 4, 4), 3 * 16 * 2),
    "transposed": (nn.ConvTranspose2d(2, 3, 3, stride=2), (1, 2, 4, 4), 2 * 16 * 27),
    "rnn": (nn.RNN(3, 4), (5, 2, 3), 10 * (12 + 16)),
    "gru": (nn.GRU(3, 4, 2), (5, 2, 3), 10 * 3 * (12 + 16 + 16 + 16)),
    "lstm": (nn.LSTM(3, 4, bidirectional=True), (5, 2, 3), 2 * 10 * 4 * (12 + 16)),
    "lstm projected": (nn.LSTM(3, 4, proj_size=2), (5, 2, 3), 10 * (4 * (12 + 8) + 8)),
    "lstm cell": (nn.LSTMCell(3, 4), (2, 3), 2 * 16 * 7),
    "attention": (nn.MultiheadAttention(8, 2), [(5, 3, 8)] * 3, 4 * 15 * 64 + 2 * 3 * 25 * 8),
    "embedding": (nn.Embedding(9, 4), tensor([[1, 2]]), 0),
    "norms and activations": (nn.Sequential(nn.LayerNorm(4), nn.GELU(), nn.Softmax(-1)), (3, 4), 0),
    "matmul": (Calling(lambda _, x: x @ x.mT), (2, 3, 4), 2 * 9 * 4),
    "matmul of vectors": (Calling(lambda _, x: x @ x), (5,), 5),
    "array @ Tensor": (Calling(lambda _, x: np.ones((2, 3), "f") @ x), (3, 4), 2 * 3 * 4),
    "bmm": (Calling(lambda _, x: tg.bmm(x, x)), (2, 3, 3), 54),
    "einsum": (Calling(lambda _, x: tg.einsum("ij,kj->ik", x, x)), (3, 5), 45),
    "functional": (Calling(lambda _, x: F.conv2d(x, tg.ones(2, 1, 3, 3))), (1, 1, 5, 5), 2 * 9 * 9),
    "scaled dot product": (Calling(lambda _, x: F.scaled_dot_product_attention(x, x, x)), (2, 5, 4), 2 * 2 * 25 * 4),
    "under no_grad": (Calling(lambda self, x: tg.no_grad()(self.fc)(x), fc=nn.Linear(3, 4)), (1, 3), 12),
    "nothing": (nn.Identity(), (3, 4), 0),
}


@pytest.mark.parametrize("kind", COUNTED)
def test_multiply_adds_by_hand(kind):
    model, size, expected = COUNTED[kind]
    assert nn.summary(model, size).multiply_adds == expected


def test_a_layer_that_is_called_again_is_counted_again_and_its_parameters_once():
    net = Calling(lambda self, x: self.b(self.a(self.a(x))), a=nn.Linear(3, 3), b=nn.Linear(3, 3))
    net.b.weight = net.a.weight
    net.c = net.a
    found = nn.summary(net, (1, 3))
    assert found.parameters == sum(p.numel() for p in net.parameters()) == 9 + 3 + 3
    assert found.multiply_adds == 27
    _, a, b, c = found.layers
    assert (a.calls, a.parameters, a.multiply_adds) == (2, 12, 18)
    assert (b.calls, b.parameters, b.multiply_adds) == (1, 3, 9)
    assert c.above
    assert "a: Linear  (1, 3), 2 times" in str(found)
    assert "c: Linear  as above" in str(found)


def test_a_layer_that_is_not_called_has_no_shape():
    found = nn.summary(Calling(lambda self, x: x, spare=nn.Linear(3, 4)), (1, 3))
    assert (found.layers[1].shapes, found.layers[1].calls, found.parameters) == ((), 0, 16)


def test_memory_that_is_shared_counts_once():
    assert nn.summary(nn.Sequential(nn.Identity(), nn.Flatten()), (2, 3, 4)).activation_bytes == 0
    assert nn.summary(nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True)), (2, 3)).activation_bytes == 32
    assert nn.summary(nn.Linear(3, 4).double(), (2, 3)).activation_bytes == 64
    assert nn.summary(Calling(lambda self, x: self.fc.weight, fc=nn.Linear(3, 4)), (2, 3)).activation_bytes == 0


def test_outputs_in_containers():
    found = nn.summary(Calling(lambda _, x: {"a": x, "b": [x[0], (x[:, 0], None)]}), (2, 3))
    assert found.layers[0].shapes == ((2, 3), (3,), (2,))


# inputs


def test_inputs_by_shape_or_example():
    seen = []
    net = Calling(lambda _, *inputs: seen.append(inputs) or inputs[0])

    def given(*arguments, **named):
        seen.clear()
        found = nn.summary(net, *arguments, **named)
        assert found.inputs == tuple(x.shape for x in seen[0])
        return [(str(x.dtype), x.shape, x.tolist()) for x in seen[0]]

    assert given((2,)) == given([2]) == given([(2,)]) == given([[2]]) == [("float32", (2,), [1.0, 1.0])]
    assert given(()) == [("float32", (), 1.0)]
    assert given((2,), "int64") == [("int64", (2,), [0, 0])]
    assert given([(1,), (2,)], [tg.int64, None]) == [("int64", (1,), [0]), ("float32", (2,), [1.0, 1.0])]
    assert given(tensor([3, 4])) == given(np.array([3, 4])) == [("int64", (2,), [3, 4])]
    assert given([tensor([3.5]), (1,)]) == [("float32", (1,), [3.5]), ("float32", (1,), [1.0])]
    net.p = nn.Parameter(tg.ones(1, dtype="float64"))
    assert given((1,)) == [("float64", (1,), [1.0])]
    assert given(tg.ones(1).shape) == given((np.int64(1),))


@pytest.mark.parametrize(
    ("arguments", "error", "word"),
    [
        ((3, (1,)), TypeError, "takes a Module, got int"),
        ((nn.ReLU, (1,)), TypeError, "takes a Module, got type"),
        ((nn.ReLU(), "1, 3"), TypeError, "takes the shapes of inputs, such as"),
        ((nn.ReLU(), (1, 2.5)), TypeError, "takes the shapes of inputs"),
        ((nn.ReLU(), None), TypeError, "takes the shapes of inputs"),
        ((nn.ReLU(), (True,)), TypeError, "takes the shapes of inputs"),
        ((nn.ReLU(), (1, -2)), ValueError, r"no negative sizes, got \(1, -2\)"),
        ((nn.ReLU(), [(1,), (2,)], ["float32"]), ValueError, "2 inputs and 1 dtypes"),
        ((nn.ReLU(), (1,), "floating"), TypeError, "floating"),
    ],
)
def test_what_is_no_input_is_refused(arguments, error, word):
    with pytest.raises(error, match=word):
        nn.summary(*arguments)


@pytest.mark.parametrize(
    ("model", "size", "word"),
    [
        (
            models.LeNet(),
            (1, 1, 32, 32),
            r"layer 'c5', Linear\(in_features=400.* given \(1, 576\): .*expects \(\.\.\., 400\)",
        ),
        (models.resnet20(), (1, 1, 32, 32), r"\(1, 1, 32, 32\), layer 'conv1', Conv2d\(3, 16, .*has 1 channels"),
        (nn.Linear(3, 4), (1, 5), r"with inputs \(1, 5\), Linear\(in_features=3.*given \(1, 5\): "),
        (nn.ReLU(), [(1,), (2,)], r"with inputs \(1,\), \(2,\), ReLU\(\), given \(1,\), \(2,\): .*argument"),
        (Calling(lambda _, x: x["a"]), (1,), "Calling"),
        (nn.Sequential(nn.Sequential(nn.ReLU(), nn.Linear(3, 4))), (2, 2), r"layer '0\.1', Linear"),
    ],
)
def test_an_input_that_does_not_fit_names_the_layer(model, size, word):
    with pytest.raises((ValueError, RuntimeError), match=word):
        nn.summary(model, size)


def test_a_failure_that_the_model_handles_is_no_failure():
    def forward(self, x):
        try:
            return self.a(x)
        except ValueError:
            return self.b(x)

    found = nn.summary(nn.Sequential(Calling(forward, a=nn.Linear(2, 4), b=nn.Linear(3, 4))), (1, 3))
    assert [layer.calls for layer in found.layers] == [1, 1, 0, 1]
    assert found.multiply_adds == 12


# the model stays as it was


class Stateful(nn.Module):
    """Changes whatever a forward can change."""

    def __init__(self):
        super().__init__()
        self.fc = nn.utils.weight_norm(nn.Linear(3, 3))
        self.bn = nn.BatchNorm1d(3)
        self.emb = nn.Embedding(4, 3, max_norm=0.1)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("count", tensor(0))
        self.steps, self.kept = 0, None

    def forward(self, x):
        self.steps += 1
        self.count += 1
        with tg.no_grad():
            self.fc.bias.add_(1)
        self.kept = self.fc(x)
        self.extra = tg.rand(2)
        return self.drop(self.bn(self.kept)) + self.emb(tensor([0])) + tg.rand(1)


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_it_was(fails):
    tg.manual_seed(1)
    net = Stateful()
    net.bn.eval()
    net(tg.randn(4, 3)).sum().backward()
    hooked = []
    net.bn.register_forward_hook(lambda *_: hooked.append(1))
    before = {name: x.numpy().copy() for name, x in net.state_dict().items()}
    identities = {name: id(x) for name, x in (*net.named_parameters(), *net.named_buffers())}
    attributes = {module: {**vars(module)} for module in net.modules()}
    hooks = {module: (len(module._forward_hooks), len(module._forward_pre_hooks)) for module in net.modules()}
    grads = [p.grad.tolist() for p in net.parameters() if p.grad is not None]
    versions = [x._version for x in (*net.parameters(), *net.buffers())]
    state, kept = tg.get_rng_state(), net.kept
    if fails:
        with pytest.raises(ValueError, match="with inputs"):
            nn.summary(net, (4, 2))
    else:
        assert nn.summary(net, (4, 3)).parameters == sum(p.numel() for p in net.parameters())
    assert tg.get_rng_state() == state
    assert (net.steps, net.kept) == (1, kept)
    assert identities == {name: id(x) for name, x in (*net.named_parameters(), *net.named_buffers())}
    assert all(np.array_equal(before[name], x.numpy()) for name, x in net.state_dict().items())
    assert grads == [p.grad.tolist() for p in net.parameters() if p.grad is not None]
    assert versions == [x._version for x in (*net.parameters(), *net.buffers())]
    assert hooks == {module: (len(module._forward_hooks), len(module._forward_pre_hooks)) for module in net.modules()}
    for module, was in attributes.items():
        assert list(vars(module)) == list(was)
        assert all(vars(module)[name] is value for name, value in was.items())
    assert net.training
    assert not net.bn.training


def test_no_history_is_recorded():
    outputs = []
    nn.summary(Calling(lambda self, x: outputs.append(self.fc(x)) or outputs[0], fc=nn.Linear(2, 2)), (1, 2))
    assert not outputs[0].requires_grad


# observing


def names_of(block):
    seen = []
    with observing(lambda primitive, inputs, settings, out: seen.append((primitive.name, out.shape))):
        block()
    return seen


def test_calls_are_seen_once_each_from_outside():
    x = tg.ones(2, 3, 4)
    layer = nn.Linear(4, 5)
    # a linear layer of three dimensions multiplies by calling matmul, which is part of it
    assert names_of(lambda: layer(x).relu()) == [("linear", (2, 3, 5)), ("relu", (2, 3, 5))]
    assert names_of(lambda: x @ x.mT)[-1] == ("matmul", (2, 3, 3))


def test_what_is_seen_are_the_arrays_that_tensors_hold():
    seen = []
    with observing(lambda primitive, inputs, settings, out: seen.append((inputs, settings, out))):
        x = tg.ones(2, 3)
        y = x.sum()  # for which NumPy gives a number
        parts = x.split(1)
    (inputs, settings, out), (_, _, outs) = seen
    assert inputs[0] is x._array
    assert out is y._array
    assert settings.keys() <= {"dim", "keepdim"}
    assert [one is part._array for one, part in zip(outs, parts, strict=True)] == [True, True]


def test_nothing_is_left_behind_and_blocks_nest():
    x = tg.ones(2)
    inner = []
    outer = names_of(lambda: [x + 1, inner.extend(names_of(lambda: x * 2)), x - 1])
    assert (outer, inner) == ([("add", (2,)), ("sub", (2,))], [("mul", (2,))])
    with pytest.raises(ZeroDivisionError), observing(lambda *_: None):
        raise ZeroDivisionError
    assert "forward" not in vars(Primitive)


def test_other_threads_are_not_seen():
    x = tg.ones(2)
    seen = []

    def block():
        thread = threading.Thread(target=lambda: (x + 1, seen.extend(names_of(lambda: x * 2)), x / 2))
        thread.start()
        thread.join()
        _ = x - 1

    assert names_of(block) == [("sub", (2,))]
    assert seen == [("mul", (2,))]
    assert "forward" not in vars(Primitive)


# the display in a notebook


class Checked(html.parser.HTMLParser):
    """Notes the tags, and that they are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_a_module_shows_itself_folded():
    found = Checked(models.resnet20()._repr_html_())
    folds = [attrs for tag, attrs in found.seen if tag == "details"]
    assert folds[0] == {"open": None}
    assert all(attrs == {} for attrs in folds[1:])
    assert len(folds) == 1 + 3 + 9 + 19 * 2 + 1  # stages, blocks, convolutions and norms, the affine layer
    text = "\n".join(found.texts)
    assert "269,722 parameters" in text
    assert "conv1: Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)" in text
    assert "weight: float32 (16, 3, 3, 3)" in text
    assert "running_mean: float32 (16,), buffer" in text
    assert {tag for tag, _ in found.seen} == {"div", "details", "summary", "small"}


def test_the_display_is_escaped():
    class Net(nn.Module):
        def extra_repr(self):
            return "<script>alert('&')</script>"

    net = Net()
    net.add_module("<b>", nn.ReLU())
    net.register_parameter("</div>", nn.Parameter(tg.ones(1), requires_grad=False))
    shown = net._repr_html_()
    assert "<script" not in shown
    found = Checked(shown)
    assert "Net(<script>alert('&')</script>)" in "".join(found.texts)
    assert "<b>: ReLU()" in found.texts
    assert "</div>: float32 (1,), frozen" in "".join(found.texts)


def test_the_display_of_shared_and_missing_modules():
    layer = nn.Linear(2, 2, bias=False)
    net = nn.Sequential(layer, layer)
    net.gone = None
    shown = net._repr_html_()
    assert shown.count("<details") == 2
    assert "1: Linear(in_features=2, out_features=2, bias=False), as above" in shown
    assert nn.ReLU()._repr_html_().count("div>") == 3
