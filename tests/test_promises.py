"""What would pass unnoticed is refused: arguments of another kind, and shapes that would make more of a result."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.nn import functional as F
from tinygrad_edu.promises import promised

X = tg.ones(2, 3)
HALF = tg.full((2, 3), 0.5)
IMAGES = tg.ones(1, 2, 4, 4)

REFUSED = {
    # a truth that is none
    "a word as a bool": (lambda: tg.var(X, 0, keepdim="no"), TypeError, r"^var: keepdim is True or False, got 'no'$"),
    "a number as a bool": (lambda: tg.topk(X, 1, sorted=1), TypeError, r"^topk: sorted is True or False, got 1$"),
    "None as a bool": (lambda: X.amax(0, None), TypeError, r"^amax: keepdim is True or False, got None$"),
    "a Tensor as a bool": (lambda: F.dropout(X, training=X), TypeError, r"training is True or False, got one of shape"),
    "two dimensions, not in a tuple": (lambda: X.sum(0, 1), TypeError, r"keepdim is True or False, got 1; several"),
    "two dimensions of a mean": (lambda: X.mean(0, 1), TypeError, r"keepdim is True or False, got 1; several"),
    "a fraction as a Tensor's size": (lambda: tg.Tensor(5.0), TypeError, r"^Tensor\(5\.0\): .*integer"),
    "None as a Tensor's values": (lambda: tg.Tensor(None), TypeError, r"^Tensor\(None\): .*integer"),
    "a fraction as values of a dtype": (lambda: tg.FloatTensor(5.0), TypeError, r"^FloatTensor takes sizes, or data"),
    "1 as requires_grad": (lambda: X.requires_grad_(1), TypeError, r"^requires_grad_: requires_grad is True or False"),
    "of all parameters": (
        lambda: nn.Linear(2, 2).requires_grad_(0),
        TypeError,
        r"requires_grad is True or False, got 0",
    ),
    "a mode": (lambda: tg.set_grad_enabled(0), TypeError, r"^set_grad_enabled takes True or False, got 0$"),
    "of a layer": (lambda: nn.MaxPool2d(2, ceil_mode="x")(IMAGES), TypeError, r"^max_pool2d: ceil_mode is True or"),
    # numbers that are none
    "a fraction as an integer": (lambda: tg.rot90(X, 1.5), TypeError, r"^rot90: k is an integer, got 1\.5$"),
    "a Tensor of a fraction": (lambda: X.tril(tg.tensor(1.5)), TypeError, r"^tril: diagonal is an integer, got tensor"),
    "a bool as an integer": (lambda: X.topk(True), TypeError, r"^topk: k is an integer, got True$"),
    "NaN as an integer": (lambda: tg.cov(X, correction=np.nan), TypeError, r"^cov: correction is an integer, got nan$"),
    "None as a number": (
        lambda: F.layer_norm(X, (3,), eps=None),
        TypeError,
        r"^layer_norm: eps is a number, got None$",
    ),
    "several as a number": (lambda: F.gelu(X) + F.elu(X, X), TypeError, r"^elu: alpha is a number, got one of shape"),
    "linspace from None": (lambda: tg.linspace(None, 1, 3), TypeError, r"a number is needed, got NoneType None"),
    "arange of text": (lambda: tg.arange("3"), TypeError, r"a number is needed, got str '3'"),
    "steps of a fraction": (lambda: tg.linspace(0, 1, 2.5), TypeError, r"^linspace: steps is an integer, got 2\.5$"),
    # no Tensors
    "a number": (lambda: tg.exp(2.0), TypeError, r"^exp takes Tensors, got float 2\.0; tensor\(\) makes one"),
    "a complex number": (lambda: tg.abs(1j), TypeError, r"^abs takes Tensors, got complex 1j"),
    "a list": (lambda: tg.log([1.0, 2.0]), TypeError, r"^log takes Tensors, got list \[1\.0, 2\.0\]"),
    "two numbers": (lambda: tg.maximum(1, 2), TypeError, r"^maximum takes Tensors, got int 1, int 2"),
    "nothing": (lambda: tg.logical_not(None), TypeError, r"^logical_not takes Tensors, got NoneType None"),
    "a conjugate of nothing": (lambda: tg.conj(None), TypeError, r"^conj takes a Tensor, got NoneType"),
    "alpha_dropout of nothing": (
        lambda: F.alpha_dropout(None),
        TypeError,
        r"^alpha_dropout takes a Tensor, got NoneTyp",
    ),
    "isin of text": (lambda: tg.isin(X, "a"), TypeError, r"^isin takes Tensors and numbers, got str 'a'"),
    "isin of a list": (lambda: tg.isin(X, [1, 2]), TypeError, r"^isin takes Tensors and numbers, got list"),
    # no dtypes, no sizes
    "a Tensor as a dtype": (lambda: tg.zeros(2, dtype=X), TypeError, r"is not a dtype of Tensors"),
    "a number as a dtype": (lambda: tg.cumsum(X, 0, dtype=np.float32(1)), TypeError, r"is not a dtype of Tensors"),
    "an empty word as a dtype": (lambda: tg.ones(2, dtype=""), TypeError, r"'' is not a dtype"),
    "0 as a dtype": (lambda: tg.zeros_like(X, dtype=0), TypeError, r"0 is not a dtype"),
    "an empty dict as a dtype": (lambda: tg.randn(2, dtype={}), TypeError, r"cannot hold|not a dtype"),
    "bytes as sizes": (lambda: tg.ones(b"x"), TypeError, r"sizes are integers"),
    "text as sizes": (lambda: X.reshape(""), TypeError, r"sizes are integers"),
    "a dict as sizes": (lambda: tg.rand({}), TypeError, r"sizes are integers"),
    "a bool as a size": (lambda: tg.zeros(True), TypeError, r"sizes are integers, got \(True,\)"),
    # what does not fit
    "weights that make more losses": (
        lambda: F.binary_cross_entropy(HALF, HALF, tg.ones(4, 2, 3)),
        ValueError,
        r"a weight that broadcasts to the losses \(2, 3\), got \(4, 2, 3\)",
    ),
    "weights of logits": (
        lambda: F.binary_cross_entropy_with_logits(X, HALF, tg.ones(1, 2, 3)),
        ValueError,
        r"a weight that broadcasts to the losses \(2, 3\), got \(1, 2, 3\)",
    ),
    "a weight that is no Tensor": (lambda: F.binary_cross_entropy(HALF, HALF, 2), TypeError, r"a Tensor as weight"),
    "a target of another dtype": (
        lambda: F.binary_cross_entropy(HALF, tg.ones(2, 3).long()),
        RuntimeError,
        r"a target of the input's dtype float32, got int64; convert it",
    ),
    "a target that is no probability": (
        lambda: F.binary_cross_entropy(HALF, X * 2),
        RuntimeError,
        r"targets are between 0 and 1, got some from 2.0 to 2.0",
    ),
    "targets that make more losses": (
        lambda: F.soft_margin_loss(X, tg.ones(4, 2, 3)),
        ValueError,
        r"a target that broadcasts to the input's shape \(2, 3\), got \(4, 2, 3\)",
    ),
    "weights of another dtype": (
        lambda: F.nll_loss(X, tg.tensor([0, 1]), tg.ones(3).double()),
        RuntimeError,
        r"weights of classes are of the input's dtype float32, got float64",
    ),
    "reflections of another batch": (
        lambda: tg.ormqr(tg.ones(3, 3), tg.ones(2, 3), tg.ones(3, 3)),
        ValueError,
        r"ormqr takes \(\*, m, k\)",
    ),
    "indices of bools": (
        lambda: tg.take_along_dim(X, X > 0, 1),
        TypeError,
        r"indices that are integers, got bool",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_pass_unnoticed_is_refused(name):
    call, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        call()


def attention(**changed):
    x, named = tg.ones(2, 1, 4), dict.fromkeys(("bias_k", "bias_v"))
    named |= {"in_proj_weight": tg.ones(12, 4), "in_proj_bias": tg.ones(12), **changed}
    order = [named[name] for name in ("in_proj_weight", "in_proj_bias", "bias_k", "bias_v")]
    return F.multi_head_attention_forward(x, x, x, 4, 2, *order, False, 0.0, tg.ones(4, 4), tg.ones(4))


def test_biases_of_attention_that_would_broadcast_are_refused():
    assert attention()[0].shape == (2, 1, 4)
    with pytest.raises(ValueError, match=r"in_proj_bias has three numbers for each of 4 features, \(12,\), got \(3,\)"):
        attention(in_proj_bias=tg.ones(3))
    with pytest.raises(ValueError, match=r"bias_k is of shape \(1, 1, 4\), got \(1, 1, 1\)"):
        attention(bias_k=tg.ones(1, 1, 1), bias_v=tg.ones(1, 1, 4))


def test_what_stands_for_a_number_is_taken():
    assert tg.topk(X, np.int64(1))[0].shape == tg.topk(X, tg.tensor(1))[0].shape == (2, 1)
    for eps in (1, np.float32(1), True):
        assert F.layer_norm(X, (3,), eps=eps).tolist() == [[0, 0, 0]] * 2
    assert F.avg_pool2d(IMAGES, (2, 2), np.int64(1)).shape == (1, 2, 3, 3)
    assert F.relu(X, 1) is X  # PyTorch asks only whether it is true


def test_what_a_function_promises():
    def function(x: tg.Tensor, k: int, eps: float = 0.1, *, flag: bool | None = None, inplace: bool = False) -> None:
        """A function."""

    assert [(promise.place, promise.name, promise.kind) for promise in promised(function)] == [
        (1, "k", int),
        (2, "eps", float),
        (2**63 - 1, "flag", bool),
    ]
