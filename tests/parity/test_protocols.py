"""Tensors as Python's and NumPy's objects, and the names that programs lean on: the same with PyTorch and with us."""

import copy
import math
import pickle

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import THEIRS, as_array

# of torch's own __array_wrap__
pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")

X = [1.0, 2.0, 3.0]


def shared_copy(m, again):
    base = m.zeros(4)
    first, second = again([base, base[1:3]])
    second[0] = 5.0
    return first


def copied(m, again, requires_grad=True):
    x = m.tensor(X, requires_grad=requires_grad)
    (x * x).sum().backward()
    y = again(x)
    return y, y.grad, y.is_leaf, y is x


def written(x, write):
    write(x)
    return x


def deleted_grad(m):
    x = m.tensor(X, requires_grad=True)
    x.sum().backward()
    del x.grad
    return x.grad


def written_copy(m):
    x = m.tensor(X)
    copy.copy(x)[0] = 9.0
    return x


def attributed(m):
    x = m.tensor(X)
    x.label = ["a"]
    return copy.deepcopy(x).label, pickle.loads(pickle.dumps(x)).label, copy.copy(x).label is x.label


def detached_in_place(m):
    y = m.tensor(X, requires_grad=True) * 2
    y.detach_()
    return y, y.is_leaf


def under_no_grad(m):
    with m.no_grad():
        return m.ones(2, requires_grad=True).numpy()


def stepped(m):
    x = m.tensor(X, requires_grad=True)
    (x * x).sum().backward()
    x.data -= 0.1 * x.grad.data
    x.grad.data.zero_()
    return x, x.grad


def threads(m):
    before = m.get_num_threads()
    m.set_num_threads(1)
    found = m.get_num_threads()
    m.set_num_threads(before)
    return found


def generators(m):
    g = m.Generator(device="cpu").manual_seed(3)
    first = m.rand(2, generator=g)
    g.manual_seed(3)
    state = m.get_rng_state()
    a = m.rand(3)
    m.set_rng_state(state)
    return m.equal(first, m.rand(2, generator=g)), g.initial_seed(), g.device.type, m.equal(a, m.rand(3))


PROGRAMS = {
    "truth": lambda m: (bool(m.tensor(0.0)), bool(m.tensor([[2]]))),
    "truth of several": lambda m: bool(m.ones(2)),
    "truth of none": lambda m: bool(m.ones(0)),
    "length": lambda m: len(m.zeros(3, 2)),
    "length of a number": lambda m: len(m.tensor(1.0)),
    "key": lambda m: {(a := m.zeros(3)): 1, m.zeros(3): 2}[a],
    "number in": lambda m: (2 in m.tensor(X), 5.0 in m.tensor(X), True in m.tensor(X), m.tensor(3.0) in m.tensor(X)),
    "text in": lambda m: "a" in m.tensor(X),
    "None in": lambda m: None in m.tensor(X),
    "list in": lambda m: [1.0] in m.tensor(X),
    "iteration": lambda m: list(m.tensor([[1, 2], [3, 4]])),
    "iteration over a number": lambda m: list(m.tensor(1.0)),
    "unpacking": lambda m: (lambda a, b, c: (a + c, b))(*m.tensor(X, requires_grad=True)),
    "reversed": lambda m: list(reversed(m.tensor(X))),
    "int": lambda m: (int(m.tensor(2.7)), int(m.tensor([[3]])), int(m.tensor(True))),
    "int of several": lambda m: int(m.ones(2)),
    "float of none": lambda m: float(m.ones(0)),
    "float": lambda m: float(m.tensor(2)),
    "complex": lambda m: complex(m.tensor(2.5)),
    "index": lambda m: ("abc"[m.tensor(1)], "abc"[m.tensor([2])], "abc"[m.tensor(True)], list(range(m.tensor(3)))),
    "index of a float": lambda m: "abc"[m.tensor(1.0)],
    "index of several": lambda m: "abc"[m.tensor([1, 2])],
    "rounding": lambda m: (round(m.tensor(2.567), 1), math.floor(m.tensor(2.5)), math.sqrt(m.tensor(4.0))),
    "sum": lambda m: sum(m.tensor(X)),
    "sorted": lambda m: sorted(m.tensor([3.0, 1.0, 2.0])),
    "format": lambda m: (f"{m.tensor(3.14159):.2f}", f"{m.tensor(2):3d}", f"{m.tensor(2.0, requires_grad=True)}"),
    "format of several": lambda m: (f"{m.tensor(X)}", "%s" % m.tensor(X), "%.1f" % m.tensor(2.0)),  # noqa: UP031
    "format of several with digits": lambda m: f"{m.tensor(X):.2f}",
    "deletion": lambda m: m.tensor(X).__delitem__(0),
    "copy": lambda m: copied(m, copy.copy),
    "copy shares memory": written_copy,
    "copy of what was computed": lambda m: copy.copy(m.tensor(X, requires_grad=True) * 2),
    "deepcopy": lambda m: copied(m, copy.deepcopy),
    "deepcopy of what was computed": lambda m: copy.deepcopy(m.tensor(X, requires_grad=True) * 2),
    "deepcopy of shared memory": lambda m: shared_copy(m, copy.deepcopy),
    "deepcopy of one object": lambda m: (lambda d: d[0] is d[1])(copy.deepcopy([m.tensor(X)] * 2)),
    "deepcopy of a transpose": lambda m: (y := copy.deepcopy(m.arange(6).reshape(2, 3).t()), y.stride()),
    "deepcopy of an element": lambda m: copy.deepcopy(m.arange(6)[2]),
    "deepcopy of what was expanded": lambda m: copy.deepcopy(m.ones(1).expand(3)).add_(1),
    "pickle": lambda m: copied(m, lambda x: pickle.loads(pickle.dumps(x))),
    "pickle of a number": lambda m: pickle.loads(pickle.dumps(m.tensor(2, dtype=m.int8))),
    "own attributes": attributed,
    "numpy": lambda m: (m.tensor(X).numpy(), np.asarray(m.tensor(X)), np.asarray(m.tensor(X), dtype="float64")),
    "numpy of what requires grad": lambda m: m.ones(2, requires_grad=True).numpy(),
    "numpy by force": lambda m: m.ones(2, requires_grad=True).numpy(force=True),
    "numpy under no_grad": under_no_grad,
    "array of what requires grad": lambda m: np.asarray(m.ones(2, requires_grad=True)),
    "NumPy's functions": lambda m: (np.sin(m.tensor(X)), np.add(np.ones(3), m.tensor(X)), np.exp(m.tensor(2.0))),
    "NumPy's reductions": lambda m: (np.sum(m.tensor(X)), np.mean(m.tensor(X)), np.concatenate([m.ones(2)] * 2)),
    "NumPy's array of Tensors": lambda m: np.array([m.tensor(1.0), m.tensor(2.0)]),
    "NumPy's index": lambda m: (np.arange(3)[m.tensor([0, 2])], np.arange(3)[m.tensor(1)]),
    "a capsule of DLPack": lambda m: m.from_dlpack(m.arange(3).__dlpack__()),
    "DLPack": lambda m: (np.from_dlpack(m.ones(2)), m.from_dlpack(np.arange(3.0))),
    "buffer": lambda m: m.frombuffer(bytearray(np.arange(4.0).tobytes()), dtype=m.float64, offset=8, count=2),
    "buffer too short": lambda m: m.frombuffer(bytearray(5), dtype=m.float32),
    "comparison with None": lambda m: (m.ones(2) == None, m.ones(2) != "a"),  # noqa: E711
    "order with text": lambda m: m.ones(2) < "a",
    "size": lambda m: ((s := m.zeros(2, 3).size()), s.numel(), s[1:].numel(), repr(s), m.zeros(2, 3).size(dim=-1)),
    "size of what is not there": lambda m: m.zeros(2, 3).size(2),
    "a size of one's own": lambda m: (
        m.Size([2, 3]),
        isinstance(m.Size([1]) + m.Size([2]), m.Size),
        m.zeros(m.Size([2])),
        m.Size([m.tensor(2), np.int64(3)]),
        [isinstance(s, m.Size) for s in (m.Size([1]) * 2, 2 * m.Size([1]), (1,) + m.Size([2]), m.Size())],  # noqa: RUF005
        [m.Size([1]) * 2, (1,) + m.Size([2])],  # noqa: RUF005
    ),
    "sizes that are none": lambda m: m.Size([2.5]),
    "a size of text": lambda m: m.Size(["a"]),
    "one number as sizes": lambda m: m.Size(3),
    "bytes as another dtype": lambda m: m.ones(2).view(dtype=m.int32),
    "a seed with a fraction": lambda m: (m.manual_seed(1.5), m.initial_seed())[1],
    "random numbers up to a fraction": lambda m: m.randint(2.5, (3,)),
    "random numbers of a fraction in place": lambda m: m.zeros(3).random_(2.5),
    "strides": lambda m: (m.zeros(2, 3).t().stride(), m.zeros(2, 1, 0).stride(), m.zeros(4)[1:].storage_offset()),
    "memory": lambda m: (
        m.zeros(2, 3).t().is_contiguous(),
        m.zeros(2).itemsize,
        m.zeros(2).nbytes,
        m.zeros(2).nelement(),
    ),
    "where": lambda m: (
        m.zeros(2).is_cuda,
        m.zeros(2).is_sparse,
        m.zeros(2).layout == m.strided,
        m.zeros(2).get_device(),
    ),
    "format of memory": lambda m: m.ones(2).contiguous(memory_format=m.contiguous_format),
    "uninitialised": lambda m: (
        m.Tensor(2, 3).shape,
        m.Tensor().shape,
        m.LongTensor(2).dtype,
        m.FloatTensor(2, 1).shape,
    ),
    "of lists": lambda m: (
        m.FloatTensor([1, 2]),
        m.LongTensor([1.7]),
        m.BoolTensor([0, 1]),
        m.HalfTensor([1]),
        m.Tensor([1]),
    ),
    "of arrays": lambda m: (m.DoubleTensor(np.ones(2)), m.IntTensor(np.ones(2, "int32")), m.ByteTensor([255])),
    "isinstance": lambda m: (isinstance(m.ones(2), m.FloatTensor), isinstance(m.ones(2), m.LongTensor)),
    "type": lambda m: (
        m.ones(2).type(),
        m.ones(2).type(m.LongTensor),
        m.ones(2).type("torch.IntTensor"),
        m.typename(m.ones(1)),
    ),
    "integers that do not fit": lambda m: m.tensor([300], dtype=m.uint8),
    "negative bytes": lambda m: m.tensor([-1, 255], dtype=m.uint8),
    "NaN as an integer": lambda m: m.tensor([float("nan")], dtype=m.int32),
    "large float as an integer": lambda m: m.tensor(1e20, dtype=m.int64),
    "large integer as a float": lambda m: m.tensor(2**63, dtype=m.float32),
    "data that is no Tensor": lambda m: setattr(m.ones(2), "data", 3),
    "data replaced": lambda m: written(m.ones(2, requires_grad=True), lambda x: setattr(x, "data", m.zeros(3))),
    "a step by data": stepped,
    "grad deleted": deleted_grad,
    "detached in place": detached_in_place,
    "detached view": lambda m: (m.ones(2, requires_grad=True) * 2)[0].detach_(),
    "requires_grad of what was computed": lambda m: setattr(m.ones(2, requires_grad=True) * 2, "requires_grad", True),
    "applied": lambda m: m.arange(3.0).apply_(lambda v: v * 2 + 1),
    "applied to a leaf": lambda m: m.ones(2, requires_grad=True).apply_(abs),
    "devices": lambda m: (
        m.ones(1).device.type,
        str(m.device("cpu")),
        m.get_default_device().type,
        m.ones(1, device="cpu"),
    ),
    "no devices": lambda m: (m.cuda.is_available(), m.cuda.device_count(), m.accelerator.is_available()),
    "no other backends": lambda m: (m.backends.mps.is_available(), m.backends.cudnn.is_available()),
    "seeds of no devices": lambda m: (m.cuda.manual_seed_all(0), m.cuda.manual_seed(0)),
    "threads": threads,
    "no threads": lambda m: m.set_num_threads(0),
    "generators": generators,
    "constants": lambda m: (m.pi, m.inf, m.e, m.newaxis, math.isnan(m.nan)),
    "precision": lambda m: (m.set_float32_matmul_precision("high"), m.get_float32_matmul_precision()),
    "Variable": lambda m: (v := m.autograd.Variable(m.ones(2), requires_grad=True), v.is_leaf),
}


def flat(found):
    return [item for part in found for item in flat(part)] if isinstance(found, tuple | list) else [found]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    try:
        theirs = PROGRAMS[name](torch)
    except THEIRS:
        with pytest.raises((ValueError, TypeError, RuntimeError, IndexError)):
            PROGRAMS[name](tg)
        return
    ours = PROGRAMS[name](tg)
    for a, b in zip(flat(ours), flat(theirs), strict=True):
        assert isinstance(a, tg.Tensor) == isinstance(b, torch.Tensor)
        if isinstance(b, torch.Tensor | np.ndarray):
            np.testing.assert_array_equal(as_array(a), as_array(b), strict=True)
            assert getattr(a, "requires_grad", None) == getattr(b, "requires_grad", None)
        else:
            assert a == b or str(b) == f"torch.{a}"  # a dtype has PyTorch's name for a name


@pytest.mark.parametrize(
    "use",
    [
        lambda: tg.ones(2).cuda(),
        lambda: tg.ones(2).to("cuda"),
        lambda: tg.zeros(2, device="cuda:0"),
        lambda: tg.device("mps"),
        lambda: tg.set_default_device("cuda"),
        lambda: tg.cuda.synchronize(),
        lambda: tg.cuda.current_device(),
    ],
)
def test_another_device_is_an_error_that_says_so(use):
    with pytest.raises(RuntimeError, match="CPU"):
        use()
