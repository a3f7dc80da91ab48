"""What checks layers and optimizers: right ones pass, in every form in which they are written; mistakes are told."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.ops.elementary import log
from tinygrad_edu.ops.linear import matmul
from tinygrad_edu.ops.movement import reshape
from tinygrad_edu.primitive import Primitive
from tinygrad_edu.testing import check_layer, check_optimizer, check_vjp
from tinygrad_edu.testing import strategies as st

rng = np.random.default_rng(0)
X, W, B = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=5)


class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0  # in place, as the course writes it
        return dout


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)


class Affine:
    def __init__(self, W=W, b=B):
        self.W, self.b = W, b
        self.x = self.dW = self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = dout.sum(axis=0)
        return np.dot(dout, self.W.T)


class Scaled(Affine):
    """With a constant, which its name tells is no parameter."""

    def __init__(self):
        super().__init__()
        self._factor = np.full(5, 2.0)

    def forward(self, x):
        return super().forward(x) * self._factor

    def backward(self, dout):
        return super().backward(dout * self._factor)


class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log((self.y * t).sum(axis=1)).mean()

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


class Listed:
    """Parameters and gradients in lists."""

    def __init__(self):
        self.params = [W.copy(), B.copy()]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x):
        w, b = self.params
        self.x = x
        return x @ w + b

    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(0)
        return dout @ self.params[0].T


class Named:
    """Parameters and gradients in dictionaries."""

    def __init__(self):
        self.params, self.grads = {"W1": W, "b1": B}, {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W1"] + self.params["b1"]

    def backward(self, dout):
        self.grads = {"W1": self.x.T @ dout, "b1": dout.sum(0)}
        return dout @ self.params["W1"].T


class Network:
    """Layers in a list, each with its own."""

    def __init__(self):
        self.layers = [Affine(), Sigmoid(), Affine(rng.normal(size=(5, 2)), np.zeros(2))]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


class Multiply:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


class BatchNorm:
    def __init__(self):
        self.gamma, self.beta = np.array([1.0, 2.0, 0.5]), np.zeros(3)

    def forward(self, x):
        self.centred = x - x.mean(0)
        self.std = np.sqrt((self.centred**2).mean(0) + 1e-3)
        self.normed = self.centred / self.std
        return self.gamma * self.normed + self.beta

    def backward(self, dout):
        self.dbeta, self.dgamma = dout.sum(0), (dout * self.normed).sum(0)
        g = dout * self.gamma
        return (g - g.mean(0) - self.normed * (g * self.normed).mean(0)) / self.std


def batch_norm(x, gamma, beta):
    centred = x - x.mean(0)
    return gamma * centred / ((centred * centred).mean(0) + 1e-3).sqrt() + beta


def changed(kind, **methods):
    return type(kind.__name__, (kind,), methods)


ONE_HOT = np.eye(3)[[0, 2, 1, 1]]
RIGHT = [
    (Relu, None, {"against": "relu"}),
    (Sigmoid, None, {"against": tg.sigmoid}),
    (Affine(), X, {}),
    (Affine, st.batches(3), {"against": lambda x, W, b: x @ W + b}),
    (Affine(), X, {"parameters": ["W"]}),
    (Affine(), X, {"parameters": {"W": "dW", "b": "db"}}),
    (Scaled, X, {}),
    (SoftmaxWithLoss, [X, ONE_HOT], {}),
    (SoftmaxWithLoss, [X, ONE_HOT.astype(int)], {"against": lambda x, t: -(x.log_softmax(1) * t).sum(1).mean()}),
    (Listed, X, {}),
    (Named, X.astype("f4"), {}),
    (Network, X, {}),
    (Multiply, [X, X + 1], {}),
    (Multiply(), [X, 2.0], {"wrt": 0}),
    (BatchNorm, X, {"against": batch_norm}),
    (nn.Linear(3, 2), X, {}),
    (lambda: nn.BatchNorm1d(3), X, {}),
    (nn.LSTM(3, 2), X, {}),
    (nn.Embedding(4, 2), np.array([0, 1, 1]), {}),
    (
        nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        st.batches(3, min_rows=1),
        {"parameters": ["0.weight"]},
    ),
]


@pytest.mark.parametrize(("layer", "inputs", "options"), RIGHT)
def test_right_layers_pass(layer, inputs, options):
    check_layer(layer, inputs, **options)


def affine(**changes):
    """An Affine whose backward leaves something else."""

    def backward(self, dout):
        dx = Affine.backward(self, dout)
        for name, change in changes.items():
            if name != "dx":
                setattr(self, name, change(self, dout))
        return changes["dx"](self, dout) if "dx" in changes else dx

    return changed(Affine, backward=backward)


def forgetful_norm(self, dout):
    BatchNorm.backward(self, dout)
    return dout * self.gamma / self.std


def halved(kind, halve):
    """A layer that halves one of the gradients within it after its backward."""

    def backward(self, dout):
        dx = kind.backward(self, dout)
        halve(self)
        return dx

    return changed(kind, backward=backward)


def halve_first(net):
    net.layers[0].dW = net.layers[0].dW / 2


def halve_entry(layer):
    layer.grads["b1"] = layer.grads["b1"] / 2


def halve_written(layer):
    layer.grads[0][...] /= 2


WRONG = [
    (affine(db=lambda self, g: g), X, {}, "b is wrong: the sum over the broadcast dimension 0 is missing"),
    (affine(db=lambda self, g: g.mean(0)), X, {}, "b is wrong: it is . times too small, the size of the batch"),
    (affine(dW=lambda self, g: g.T @ self.x), X, {}, "W is wrong: it is the transpose"),
    (affine(dW=lambda self, g: self.x.T @ g / len(g)), X, {}, "W is wrong: it is . times too small, the size of the"),
    (affine(dW=lambda self, g: -self.x.T @ g), X, {}, "W is wrong: its sign"),
    (affine(dW=lambda self, g: None), X, {}, "W is wrong: there is none"),
    (affine(dW=lambda self, g: self.x.T @ np.ones_like(g)), X, {}, "W is wrong: it is not multiplied by the gradient"),
    (affine(dx=lambda self, g: None), X, {}, "x is wrong: there is none"),
    (affine(dx=lambda self, g: g @ self.W.T * 2), X, {}, "x is wrong: it is 2 times too large"),
    (changed(Relu, backward=lambda self, g: g), None, {}, "x is wrong: .* the derivative itself is missing"),
    (changed(Relu, backward=lambda self, g: 1.0 * ~self.mask), None, {}, "x is wrong: it is not multiplied by"),
    (changed(Multiply, backward=lambda self, g: (g * self.x, g * self.y)), [X, X + 1], {}, "it is the gradient of y"),
    (changed(Multiply, backward=lambda self, g: [g * self.y]), [X, X + 1], {}, "backward gives 1 gradients for 2"),
    (
        changed(SoftmaxWithLoss, backward=lambda self, dout=1: self.y - self.t),
        [X, ONE_HOT],
        {},
        "the size of the batch",
    ),
    (changed(BatchNorm, backward=forgetful_norm), X, {"against": batch_norm}, "of several uses some are not added"),
    (
        changed(BatchNorm, backward=forgetful_norm),
        X,
        {},
        "x is wrong: .* is used 2 times|of several uses some are not added",
    ),
    (halved(Listed, halve_written), X, {}, r"params\[0\] is wrong: it is 2 times too small"),
    (halved(Named, halve_entry), X, {}, r"params\['b1'\] is wrong: it is 2 times too small"),
    (halved(Network, halve_first), X, {}, r"layers\[0\].W is wrong: it is 2 times too small"),
    (Sigmoid, None, {"against": "relu"}, "^the forward is wrong\nsmallest counterexample: x = "),
    (Affine(), X, {"against": lambda x, W: x @ W}, "^the forward is wrong"),
    (affine(dW=lambda self, g: np.ones((3, 5))), st.batches(3), {}, "no common mistake explains it"),
]


@pytest.mark.parametrize(("layer", "inputs", "options", "said"), WRONG)
def test_wrong_layers_are_told(layer, inputs, options, said):
    with pytest.raises(AssertionError, match=said):
        check_layer(layer, inputs, **options)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: check_layer(3, X), TypeError, "int has no forward"),
        (lambda: check_layer(np.float64, X), TypeError, "float64 has no forward"),
        (lambda: check_layer(Affine()), ValueError, "say what the layer is to be called on"),
        (lambda: check_layer(Multiply()), ValueError, "say what"),
        (lambda: check_layer(Affine(), X, parameters=["V"]), ValueError, "no parameter 'V'; its arrays are W, b"),
        (
            lambda: check_layer(nn.Linear(3, 2), X, parameters=["V"]),
            ValueError,
            "no parameter 'V'; it has weight, bias",
        ),
        (lambda: check_layer(changed(Affine, __init__=lambda self, W: None), X), TypeError, "needs arguments"),
        (lambda: check_layer(nn.Dropout(), X), ValueError, "the forward is random"),
        (lambda: check_layer(changed(Relu, backward=None), X), TypeError, "Relu has no backward"),
        (lambda: check_layer(Relu, np.array([1, 2])), ValueError, "nothing to check"),
        (lambda: check_layer(Relu, X, against="no_function"), ValueError, "or the name of one in nn.functional"),
        (lambda: check_layer(Relu, X, wrt=3), ValueError, "wrt names input 3, and there are 1"),
    ],
)
def test_bad_use_of_check_layer(call, kind, said):
    with pytest.raises(kind, match=said):
        call()


def test_a_layer_is_left_as_it_was():
    layer = Affine(W.copy(), B.copy())
    check_layer(layer, X)
    assert layer.x is None
    np.testing.assert_array_equal(layer.W, W)


# optimizers


class SGD:
    def __init__(self, lr=0.01):
        self.lr = lr

    def update(self, params, grads):
        for key in params:
            params[key] -= self.lr * grads[key]


class InLists(SGD):
    def update(self, params, grads):
        for i in range(len(params)):
            params[i] -= self.lr * grads[i]


class Adam:
    """Kingma and Ba's, with one line to change."""

    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.t, self.m, self.v = lr, betas, eps, 0, {}, {}

    def update(self, params, grads):
        self.t += 1
        for key, g in grads.items():
            self.move(params, key, g)

    def averages(self, key, g):
        beta1, beta2 = self.betas
        self.m[key] = beta1 * self.m.get(key, 0) + (1 - beta1) * g
        self.v[key] = beta2 * self.v.get(key, 0) + (1 - beta2) * g * g
        return self.m[key], self.v[key]

    def move(self, params, key, g):
        m, v = self.averages(key, g)
        m, v = m / (1 - self.betas[0] ** self.t), v / (1 - self.betas[1] ** self.t)
        params[key] -= self.lr * m / (np.sqrt(v) + self.eps)


class Uncorrected(Adam):
    def move(self, params, key, g):
        m, v = self.averages(key, g)
        params[key] -= self.lr * m / (np.sqrt(v) + self.eps)


class CountingAll(Adam):
    def move(self, params, key, g):
        self.t += key != "p0"
        super().move(params, key, g)


class Forgetful(Adam):
    def update(self, params, grads):
        self.m, self.v = {}, {}
        super().update(params, grads)


class Exchanged(Adam):
    def __init__(self, lr=0.001, betas=(0.9, 0.999)):
        super().__init__(lr, betas[::-1])


class Shared(Adam):
    def averages(self, key, g):
        return super().averages("", g)


class Momentum:
    def __init__(self, lr, momentum, damped=False):
        self.lr, self.momentum, self.damping, self.v = lr, momentum, (1 - momentum) if damped else 1, {}

    def update(self, params, grads):
        for key, g in grads.items():
            self.v[key] = self.momentum * self.v.get(key, 0) - self.lr * self.damping * g
            params[key] += self.v[key]


def descend(params, grads):
    return [p - 0.1 * g for p, g in zip(params, grads, strict=True)]


@pytest.mark.parametrize(
    ("optimizer", "against", "settings"),
    [
        (SGD, "SGD", {"lr": 0.1}),
        (InLists, "sgd", {"lr": 0.1}),
        (descend, "sgd", {"lr": 0.1}),
        (Momentum, "sgd", {"lr": 0.1, "momentum": 0.9}),
        (Adam, "adam", {}),
        (Adam, optim.Adam, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 0.1}),
        (optim.RMSprop, "rmsprop", {"lr": 0.1, "momentum": 0.5}),
        (lambda params, **settings: optim.AdamW(params, weight_decay=0, **settings), "adam", {"lr": 0.1}),
    ],
)
def test_right_optimizers_pass(optimizer, against, settings):
    check_optimizer(optimizer, against, **settings)


@pytest.mark.parametrize(
    ("optimizer", "against", "settings", "said"),
    [
        (
            changed(SGD, update=lambda self, p, g: None),
            "sgd",
            {},
            "step 1 is not that of SGD: the parameters do not move",
        ),
        (lambda lr: SGD(-lr), "sgd", {"lr": 0.1}, "the sign is wrong"),
        (lambda lr: SGD(10 * lr), "sgd", {"lr": 0.1}, "its steps are 10 times"),
        (Uncorrected, "adam", {"lr": 0.1}, "the bias of the moving averages is not corrected"),
        (CountingAll, "adam", {"lr": 0.1}, "the steps of all parameters are counted together"),
        (Forgetful, "adam", {"lr": 0.1}, "step 2 is not that of Adam: its moving averages are lost between steps"),
        (Exchanged, "adam", {"lr": 0.1}, "beta1 and beta2 are exchanged"),
        (Shared, "adam", {"lr": 0.1}, "all parameters share one state"),
        (lambda lr, momentum: SGD(lr), "sgd", {"lr": 0.1, "momentum": 0.9}, "the momentum is left out"),
        (
            lambda lr, momentum: Momentum(lr, momentum, True),
            "sgd",
            {"lr": 0.1, "momentum": 0.8},
            "damped by 1 - momentum",
        ),
        (optim.AdamW, "adam", {"lr": 0.1, "weight_decay": 0.1}, "it is that of AdamW"),
        (optim.RMSprop, "adam", {"lr": 0.1}, "it is that of RMSprop"),
        (lambda lr: SGD(0.37 * lr), "sgd", {"lr": 0.1}, "no common mistake explains it"),
    ],
)
def test_wrong_optimizers_are_told(optimizer, against, settings, said):
    with pytest.raises(AssertionError, match=said) as caught:
        check_optimizer(optimizer, against, **settings)
    lines = str(caught.value).split("\n")
    assert lines[1].startswith("smallest counterexample: parameter ")
    assert [line.split(" ")[0] for line in lines[2:]] == ["it", "its", "expected", "given"]


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: check_optimizer(3, "sgd"), TypeError, "an optimizer's class or a function"),
        (lambda: check_optimizer(SGD, "sdg"), ValueError, "there is no optimizer 'sdg' .* did you mean 'sgd'"),
        (lambda: check_optimizer(SGD, "lbfgs"), ValueError, "there is no optimizer 'lbfgs'"),
        (lambda: check_optimizer(SGD, "sgd", rate=1), TypeError, "SGD does not take these settings"),
        (lambda: check_optimizer(SGD, "sgd", momentum=0.9), TypeError, "SGD does not take the settings"),
        (lambda: check_optimizer(lambda lr: 3, "sgd", lr=0.1), TypeError, "int has neither"),
        (
            lambda: check_optimizer(changed(SGD, update=lambda self, p, g: 3), "sgd"), TypeError,
            "update.. returns nothing or the moved parameters",
        ),
        (lambda: check_optimizer(changed(SGD, update=lambda self, p, g: 1 / 0), "sgd"), ZeroDivisionError, "division"),
    ],
)  # fmt: skip
def test_bad_use_of_check_optimizer(call, kind, said):
    with pytest.raises(kind, match=said):
        call()


# primitives


def test_a_primitive_is_tried_on_inputs_that_it_takes():
    for operation in (matmul, log):
        check_vjp(operation)


def test_a_wrong_rule_is_told_by_its_mistake():
    def times(x, y):
        return x * y

    operation = Primitive(times, "")
    operation.vjp(x=lambda g, y: g * y, y=lambda g, x: -g * x)
    with pytest.raises(AssertionError, match="is wrong: its sign is wrong"):
        check_vjp(operation)
    with pytest.raises(ValueError, match="say on which inputs"):
        check_vjp(reshape)
    with pytest.raises(TypeError, match="takes a primitive, got int"):
        check_vjp(3)
