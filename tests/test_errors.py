"""What goes wrong is told in our words: what came, what was needed, what to do; never a bare message of NumPy's."""

import re
import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.errors import GradientError, ShapeError
from tinygrad_edu.nn.functional import cosine_similarity
from tinygrad_edu.ops.convolution import conv
from tinygrad_edu.optim.lr_scheduler import MultiStepLR

X = tg.ones(2, 3)
V = tg.ones(3)

# What NumPy says, and a user should not have to read alone.
NUMPYS = re.compile(
    r"operands could not be broadcast|could not broadcast input|matmul: Input operand|cannot reshape array|"
    r"axes don't match|zero-size array|all the input array|shapes .* not aligned|ufunc|setting an array element|"
    r"negative dimensions are not|tuple index out of range|has no attribute"
)

WRONG = {
    "shapes of a sum": (
        lambda: X + tg.ones(2, 4),
        ShapeError,
        r"add\(float32 \(2, 3\), float32 \(2, 4\)\).*dimension -1.*3 and 4",
    ),
    "shapes of a choice": (lambda: tg.where(X > 0, X, tg.ones(4)), ShapeError, r"where.*\(2, 3\).*\(4,\)"),
    "shapes of a product": (lambda: X @ X, ShapeError, r"matmul.*\(2, 3\).*\(2, 3\)"),
    "product with a number": (lambda: X @ tg.tensor(1.0), ShapeError, r"matmul.*\(2, 3\).*\(\)"),
    "mm of vectors": (
        lambda: tg.mm(X, V),
        ShapeError,
        r"mm takes Tensors of 2 and 2 dimensions, got \(2, 3\) and \(3,\)",
    ),
    "half a choice": (lambda: tg.where(X > 0, None, X), TypeError, r"both an input and an other"),
    "keepdim of the whole": (lambda: tg.max(X, None, True), TypeError, r"keepdim goes with a dimension, got None"),
    "keepdim of two": (lambda: tg.min(X, X, True), TypeError, r"keepdim goes with a dimension, got tensor"),
    "tolerance": (lambda: tg.allclose(X, X, float("nan")), RuntimeError, r"tolerances are 0 or more, got rtol=nan"),
    "least length": (lambda: cosine_similarity(X, X, 1, -1), RuntimeError, r"takes eps >= 0, got -1"),
    "orthogonal integers": (lambda: nn.init.orthogonal_(X.int()), RuntimeError, r"orthogonal_ .* int32 but for floats"),
    "milestones": (lambda: MultiStepLR(optim.SGD([X.clone()]), 3), TypeError, r"^MultiStepLR\(.*something iterable"),
    "outer of matrices": (lambda: tg.outer(X, V), ShapeError, r"outer takes two vectors, got \(2, 3\)"),
    "einsum": (lambda: tg.einsum("ij,jk->ik", X, X), ValueError, r"einsum"),
    "einsum of too few": (lambda: tg.einsum("ij,jk->ik", X), ValueError, r"names 2 operands, got 1"),
    "einsum of too many letters": (
        lambda: tg.einsum("ijk->i", X),
        ValueError,
        r"'ijk' has 3 letters for a 2-d operand",
    ),
    "reshape": (lambda: X.reshape(4, 2), ShapeError, r"6 elements do not fit into shape \(4, 2\)"),
    "reshape to negative sizes": (
        lambda: X.reshape(-2, -3),
        ShapeError,
        r"6 elements do not fit into shape \(-2, -3\)",
    ),
    "backward to no inputs": (
        lambda: tg.ones(1, requires_grad=True).backward(inputs=[]),
        GradientError,
        r"no inputs; leave `inputs` out",
    ),
    "write to places that share memory": (
        lambda: tg.ones(4).as_strided((2, 2), (1, 1)).add_(1),
        RuntimeError,
        r"share memory.*clone\(\)",
    ),
    "chance beyond 1": (lambda: tg.bernoulli(tg.tensor([1.5])), RuntimeError, r"from 0 to 1"),
    "reshape with two unknowns": (lambda: X.reshape(-1, -1), ShapeError, r"6 elements do not fit"),
    "view of what is not in order": (lambda: X.T.view(6), RuntimeError, r"use \.reshape\(\)"),
    "expand": (lambda: X.expand(4, 3), ShapeError, r"\(2, 3\) cannot be expanded to \(4, 3\)"),
    "permute": (lambda: X.permute(0, 0), RuntimeError, r"each of 2 dimensions once, got \(0, 0\)"),
    "cat": (lambda: tg.cat([X, V]), ShapeError, r"cat along 0.*\(2, 3\), \(3,\)"),
    "cat of nothing": (lambda: tg.cat([]), ValueError, r"at least one"),
    "stack": (lambda: tg.stack([X, V]), ShapeError, r"stack needs Tensors of one shape, got"),
    "split": (lambda: X.split([1, 1], 1), RuntimeError, r"\[1, 1\] add up to 2, dimension 1 has 3"),
    "narrow": (lambda: X.narrow(1, 2, 5), (IndexError, ShapeError), r"2 to 7 is not within dimension 1 of \(2, 3\)"),
    "dimension": (lambda: X.sum(2), IndexError, r"dimension 2 is out of range for a 2-d Tensor: it takes -2 to 1"),
    "dimension twice": (lambda: X.sum((0, 0)), RuntimeError, r"named twice"),
    "dimension of a number": (lambda: tg.tensor(1.0).max(1), IndexError, r"dimension 1 is out of range for a 0-d"),
    "dimension that is text": (lambda: X.sum("a"), TypeError, r"a"),
    "largest of nothing": (lambda: tg.zeros(0).max(), (IndexError, RuntimeError), r"no elements"),
    "place of the largest of nothing": (lambda: tg.zeros(2, 0).argmax(1), IndexError, r"no elements.*\(2, 0\)"),
    "mean of whole numbers": (lambda: tg.arange(3).mean(), RuntimeError, r"int64.*dtype="),
    "index": (lambda: X[5], IndexError, r"getitem\(float32 \(2, 3\).*5"),
    "index with too many parts": (lambda: X[0, 0, 0], IndexError, r"too many indices"),
    "index of floats": (lambda: X[V], IndexError, r"float32; use \.long\(\)"),
    "index that is text": (lambda: X["a"], IndexError, r"only integers|valid ind"),
    "index in an assignment": (lambda: X.clone().__setitem__(7, 1.0), IndexError, r"\(2, 3\)"),
    "value in an assignment": (lambda: X.clone().__setitem__(0, tg.ones(2)), ShapeError, r"\(2,\) does not broadcast"),
    "text in an assignment": (lambda: X.clone().__setitem__(0, "a"), (TypeError, ValueError), r"a"),
    "gather": (lambda: X.gather(1, tg.tensor([[9]])), IndexError, r"outside 0 to 2.*\(2, 3\)"),
    "gather by floats": (lambda: X.gather(1, X), TypeError, r"integers, got float32"),
    "index_select": (lambda: X.index_select(0, tg.tensor([4])), IndexError, r"outside 0 to 1"),
    "topk": (lambda: X.topk(7), RuntimeError, r"between 0 and the 3 elements of the dimension, got 7"),
    "mask of numbers": (lambda: X.masked_fill(X, 1.0), TypeError, r"bools, this one float32"),
    "clamp": (lambda: X.clamp(), RuntimeError, r"min, max, or both"),
    "integer division by zero": (lambda: tg.arange(3) // 0, RuntimeError, r"divided by zero.*float"),
    "negative power of integers": (lambda: tg.arange(3) ** -1, (RuntimeError, ValueError), r"negative"),
    "bools subtracted": (lambda: (X > 0) - (X > 0), (RuntimeError, TypeError), r"bool"),
    "floats inverted": (lambda: ~X, TypeError, r"bitwise_not\(float32 \(2, 3\)"),
    "operand": (lambda: X + "a", TypeError, r"Tensor.*str"),
    "operand None": (lambda: X * None, TypeError, r"None"),
    "operand of a function": (
        lambda: tg.maximum(X, "a"),
        TypeError,
        r"maximum takes Tensors, arrays and numbers, got str 'a'",
    ),
    "operand on the left": (lambda: None + X, TypeError, r"\+"),
    "operand by a name that is none": (
        lambda: tg.maximum(X, nonsense=1),
        TypeError,
        r"maximum takes 2 inputs \(x, y\), got",
    ),
    "complex operand": (lambda: X * 1j, TypeError, r"complex"),
    "complex array": (lambda: X * np.array([1j, 1j, 1j]), TypeError, r"complex128"),
    "NumPy's complex number": (lambda: X * np.complex64(1j), TypeError, r"complex"),
    "array of objects": (lambda: X * np.array([None, 1, 2]), TypeError, r"object"),
    "huge number": (lambda: tg.arange(3) + 10**30, (OverflowError, RuntimeError), r"large|big"),
    "ragged lists": (lambda: tg.tensor([[1], [1, 2]]), ValueError, r"nested lists of equal lengths"),
    "text": (lambda: tg.tensor("abc"), TypeError, r"takes numbers, got str"),
    "nothing": (lambda: tg.tensor(None), TypeError, r"takes numbers, got NoneType"),
    "complex": (lambda: tg.tensor(1j), TypeError, r"complex"),
    "too large": (lambda: tg.tensor(2**63), RuntimeError, r"2\^63"),
    "dtype": (lambda: tg.zeros(2, dtype="nonsense"), TypeError, r"'nonsense' is not a dtype"),
    "complex dtype": (lambda: tg.zeros(2, dtype="complex64"), TypeError, r"cannot hold complex64; it holds float64"),
    "default dtype": (lambda: tg.set_default_dtype("int64"), TypeError, r"floating one, got int64"),
    "from_numpy of a list": (lambda: tg.from_numpy([1]), TypeError, r"takes a NumPy array, got list; use tensor\(\)"),
    "from_numpy of other bytes": (lambda: tg.from_numpy(np.ones(2, ">f4")), ValueError, r"tensor\(\)"),
    "negative size": (lambda: tg.zeros(2, -1), RuntimeError, r"-1"),
    "negative size of full": (lambda: tg.full((-1,), 0.0), RuntimeError, r"-1"),
    "negative size of random numbers": (lambda: tg.randn(-2), RuntimeError, r"-2"),
    "negative identity": (lambda: tg.eye(-2), RuntimeError, r"-2"),
    "size that is a fraction": (lambda: tg.zeros(1.5), TypeError, r"integers.*1\.5"),
    "arange": (lambda: tg.arange(3, 0), RuntimeError, r"from 3 to 0.*steps of 1"),
    "arange without end": (lambda: tg.arange(0, float("inf")), (RuntimeError, ValueError), r"inf"),
    "linspace": (lambda: tg.linspace(0, 1, -1), RuntimeError, r"-1"),
    "randint": (lambda: tg.randint(3, 3, (2,)), RuntimeError, r"low < high, got 3 and 3"),
    "item": (lambda: X.item(), RuntimeError, r"one element, this one has shape \(2, 3\)"),
    "truth": (lambda: bool(X), RuntimeError, r"6 elements.*\.any\(\) or \.all\(\)"),
    "index by a float": (lambda: [1, 2][V[0]], TypeError, r"only integers serve as an index.*float32"),
    "len of a number": (lambda: len(V[0]), TypeError, r"without dimensions"),
    "iteration over a number": (lambda: list(V[0]), TypeError, r"without dimensions"),
    "gradient of integers": (lambda: tg.tensor([1], requires_grad=True), RuntimeError, r"int64"),
    "backward": (lambda: X.sum().backward(), GradientError, r"requires_grad=True"),
    "size of a dimension that is not there": (lambda: X.size(3), IndexError, r"dimension 3 is out of range"),
    "sort of a number": (lambda: V[0].sort(3), IndexError, r"dimension 3"),
    "movedim": (lambda: X.movedim((0, 1), 0), RuntimeError, r"as many distinct destinations"),
    "unflatten": (lambda: X.unflatten(1, (2, 2)), ShapeError, r"3 elements do not fit into shape \(2, 2\)"),
    "flip": (lambda: X.flip(0, 0), RuntimeError, r"flip|twice"),
    "repeat": (lambda: X.repeat(2), RuntimeError, r"each of 2 dimensions, got \(2,\)"),
    "method with a setting it has not": (lambda: X.exp(nonsense=1), TypeError, r"nonsense"),
    "copy of text": (lambda: X.clone().copy_("a"), (TypeError, ValueError), r"a"),
    "place of a batch that is text": (lambda: tg.vmap(abs, in_dims="a")(X), ValueError, r"in_dims.* by ints, got 'a'"),
    "batch of a number": (lambda: tg.vmap(max)(X, 3.0), ValueError, r"float is no batch; give it None among in_dims"),
    "jvp without a tuple": (lambda: tg.func.jvp(abs, X, X), TypeError, r"the primals, and the tangents, as a tuple"),
    "edges of bins": (lambda: X.histogram("a"), TypeError, r"their edges, got str"),
    "profile of printing": (lambda: tg.set_printoptions(profile="a"), ValueError, r'"default", "short" or "full"'),
    "function of a Tensor with gradients": (
        lambda: tg.ones(2, requires_grad=True).map_(tg.ones(2), max),
        RuntimeError,
        r"map_ .*no gradient; detach\(\)",
    ),
    "primitive of convolution": (
        lambda: conv(tg.ones(1, 1, 3), tg.ones(1, 1), stride=(1,), padding=(0,), dilation=(1,)),
        ShapeError,
        r"equally many dimensions, got input \(1, 1, 3\) and weight \(1, 1\)",
    ),
    "settings of the primitive of convolution": (
        lambda: conv(tg.ones(1, 1, 3), tg.ones(1, 1, 1), stride=(1, 1), padding=(0,), dilation=(1,)),
        ShapeError,
        r"1 spatial dimensions and needs as many",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input(name):
    call, error, message = WRONG[name]
    with pytest.raises(error) as failure:
        call()
    told = str(failure.value)
    assert re.search(message, told, re.DOTALL), told
    found = NUMPYS.search(told)
    # NumPy's words may follow ours, which name the operation and the shapes
    assert not found or found.start() > 20, told


def test_a_shape_error_is_a_value_error_and_a_runtime_error():
    for kind in (ValueError, RuntimeError):
        with pytest.raises(kind):
            X + tg.ones(4)


def test_nothing_is_changed_by_a_failure():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    for call in (lambda: y.add_(tg.ones(3)), lambda: y.__setitem__(5, 1.0), lambda: y.copy_(tg.ones(3))):
        with pytest.raises((ShapeError, IndexError)):
            call()
    (y * y).sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_poles_and_overflow_are_values_and_no_warnings():
    x = tg.tensor([0.0, -1.0, 1e38, 1000.0], requires_grad=True)
    found = [
        x.log(),
        x.sqrt(),
        x * 10,
        x.exp(),
        1 / x,
        x / 0,
        x**-1,
        x.sum() * 1e38,
        x.rsqrt(),
        x.log1p(),
        x.prod(),
        x.var(),
        x.half() * 1e6,
        x.half() * np.float32(1e6),
    ]
    for y in found:
        y.sum().backward()
    assert tg.tensor([float("inf"), 1.0, -float("inf")]).sum().isnan()


def test_the_error_of_numpy_is_the_cause():
    with pytest.raises(ShapeError) as failure:
        X + tg.ones(4)
    assert isinstance(failure.value.__cause__, ValueError)


def test_a_warning_that_is_an_error_stays_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="zero-element"):
            tg.nn.Linear(0, 2)
