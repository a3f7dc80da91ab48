"""Every public function and method with arguments that make no sense: a result, or one of four errors in our words."""

import inspect
import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.nn import functional

ALLOWED = (ValueError, TypeError, RuntimeError, IndexError)
# how a message begins that NumPy or Python has written, not we
THEIRS = re.compile(
    r"operands could not|could not broadcast|matmul: Input|cannot reshape|axes don't match|zero-size array|"
    r"all the input array|'\w+' object has no attribute|ufunc '|setting an array element|negative dimensions|"
    r"index -?\d+ is out of bounds|too many indices for array|Maximum allowed|array is too big|Unable to allocate|"
    r"(Python )?int too (large|big)|iterator is too large"
)
# what they do to the process outlasts the call, or takes long
LEFT_OUT = {
    *(
        "compile",
        "load",
        "manual_seed",
        "save",
        "set_default_dtype",
        "set_grad_enabled",
        "set_num_threads",
        "set_printoptions",
    ),
    *("set_rng_state", "use_deterministic_algorithms", "Tensor", "seed"),
}

TENSORS = [
    lambda: tg.ones(2, 3),
    lambda: tg.ones(2, 3, requires_grad=True),
    lambda: tg.arange(4),
    lambda: tg.tensor([True, False]),
    lambda: tg.tensor(2.0),
    lambda: tg.tensor(3),
    lambda: tg.zeros(0, 3),
    lambda: tg.ones(3).half(),
    lambda: tg.ones(3, 3).double(),
    lambda: tg.tensor([5, -7]),
    lambda: tg.ones(1, 2, 4, 4),
    lambda: tg.tensor([np.nan, np.inf]),
    lambda: tg.tensor([0, 1, 1], dtype=tg.uint8),
]
WORDS = ["", "a", "mean", "sum", "i,j->ij", "reflect", "nearest", "fro", b"x"]
NUMBERS = [-5, -1, 0, 1, 2, 5, 1.5, float("nan"), float("inf"), 1j, True, np.float32(2), np.int64(1)]
STRUCTURES = [
    None,
    (),
    [],
    {},
    {"a": 1},
    set(),
    [1, [2, 3]],
    [[1, 2], [3]],
    (2, 3),
    (-1, -1),
    [0, 0],
    [None],
    ["a"],
    ...,
]
ARRAYS = [np.array([None, 1]), np.array(["a"]), np.array([1j]), np.ones((2, 3)), np.array([0, 1])]
OBJECTS = [int, object(), abs, slice(None), range(3), tg.float32, tg.device("cpu")]
BAD = [*WORDS, *NUMBERS, *STRUCTURES, *ARRAYS, *OBJECTS]

FUNCTIONS = {
    f"{place}{name}": getattr(module, name)
    for place, module in {"": tg, "F.": functional, "special.": tg.special, "linalg.": tg.linalg}.items()
    for name in module.__all__
    if callable(getattr(module, name)) and name not in LEFT_OUT
}
METHODS = {
    f"Tensor.{name}": value for name, value in inspect.getmembers(tg.Tensor, callable) if not name.startswith("_")
}


def drawn(rng, of_tensors):
    return rng.choice(TENSORS)() if rng.random() < of_tensors else rng.choice(BAD)


def told(value):
    return f"{value!r:.60}".replace("\n", " ")


def call(name, function, seed):
    """Call it with some arguments, and hold what it raises to the rule."""
    rng = random.Random(seed)
    try:
        named = [p.name for p in inspect.signature(function).parameters.values() if p.kind in (1, 3) and p.name != "xp"]
    except (TypeError, ValueError):
        named = []
    arguments = [drawn(rng, 0.3) for _ in range(rng.randint(0, 3))]
    first = rng.choice(TENSORS)() if name.startswith("Tensor.") else drawn(rng, 0.8)
    keywords = {key: drawn(rng, 0.3) for key in named[len(arguments) + 1 :] if rng.random() < 0.2}
    shown = f"{name}({', '.join(map(told, [first, *arguments]))}, {keywords})"
    check(failure(lambda: function(first, *arguments, **keywords)), shown)


def failure(run):
    """The exception that a call raises, or None."""
    try:
        run()
    except Exception as error:
        return error


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=4)
@pytest.mark.filterwarnings("ignore")  # of an arcsine of -5, and the like
@pytest.mark.parametrize("family", ["functions", "methods"])
def test_only_our_errors(family, seed):
    names = FUNCTIONS if family == "functions" else METHODS
    tg.manual_seed(0)
    for place, (name, function) in enumerate(names.items()):
        call(name, function, seed + place)


def test_there_is_much_to_try():
    assert len(FUNCTIONS) > 500
    assert len(METHODS) > 300


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: tg.softmax("a", 1), TypeError, r"softmax\('a', 1\): input must be a Tensor, got str"),
        (lambda: tg.gather(tg.ones(2), 0, None), TypeError, r"gather\(float32 \(2,\), 0, None\)"),
        (lambda: tg.ones(2).gather(0, [0]), TypeError, r"gather\(float32 \(2,\), 0, \[0\]\): index must be a Tensor"),
        (lambda: tg.erf("a"), TypeError, r"erf takes Tensors, got str 'a'"),
        (lambda: tg.softmax(tg.ones(2)), TypeError, r"softmax\(float32 \(2,\)\): .*missing.*'dim'"),
        (lambda: tg.rand(10**18), RuntimeError, r"rand\(10{18}\): there is no memory for float32"),
    ],
)
def test_what_is_told(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


def test_an_error_of_the_users_own_function_passes_unchanged():
    class OwnError(Exception):
        pass

    def fail(x):
        raise OwnError

    with pytest.raises(OwnError):
        tg.vmap(fail)(tg.ones(2))
    with pytest.raises(KeyError, match=r"^'missing'$"):
        tg.vmap(lambda x: {}["missing"])(tg.ones(2))


IMAGES = [lambda: tg.rand(1, 4, 6, 6), lambda: tg.rand(2, 4), lambda: tg.rand(1, 4, 6), lambda: tg.rand(1, 4, 6, 6, 6)]
# a call that is right, with an input for each; every other argument has a default
LAYERS = {
    **{f"{kind}{dims}d": (4, 4, 3) for kind in ("Conv", "ConvTranspose") for dims in (1, 2, 3)},
    **{f"{kind}{dims}d": (4,) for kind in ("BatchNorm", "InstanceNorm") for dims in (1, 2, 3)},
    **{f"{kind}Pool{dims}d": (2,) for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax") for dims in (1, 2, 3)},
    **{f"{kind}Pad2d": (1,) for kind in ("Zero", "Reflection", "Replication", "Circular")},
    **dict.fromkeys(("ReLU", "GELU", "ELU", "Softmax", "Dropout", "Flatten", "Softplus", "Threshold", "RReLU"), ()),
    "Threshold": (0.1, 1.0),
    "Softmax": (1,),
    "Linear": (4, 3),
    "Embedding": (5, 3),
    "LayerNorm": (6,),
    "GroupNorm": (2, 4),
    "LSTM": (4, 3),
    "GRU": (4, 3),
    "RNN": (4, 3),
    "LSTMCell": (4, 3),
    "Upsample": (8,),
    "MultiheadAttention": (4, 2),
    "TransformerEncoderLayer": (4, 2),
    "LocalResponseNorm": (2,),
    "PReLU": (),
    "PixelShuffle": (2,),
    "Unfold": (2,),
    "Fold": ((6, 6), 2),
    "CosineSimilarity": (),
    "Bilinear": (4, 4, 3),
    "CrossEntropyLoss": (),
    "LinearCrossEntropyLoss": (2, 3),
    "MSELoss": (),
    "BCELoss": (),
    "NLLLoss": (),
    "CTCLoss": (),
    "TripletMarginLoss": (),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LAYERS)
def test_modules_refuse_what_makes_no_sense(name):
    kind, right = getattr(nn, name), LAYERS[name]
    parameters = [p.name for p in inspect.signature(kind).parameters.values() if p.kind != p.VAR_POSITIONAL]
    for place, parameter in enumerate(parameters):
        for bad in [*BAD, tg.ones(2, 3), tg.tensor([5, -7]), HUGE, -HUGE]:
            arguments = [bad if i == place else argument for i, argument in enumerate(right)]
            options = {} if place < len(right) else {parameter: bad}
            shown = f"{name}({', '.join(map(told, arguments))}, {parameter}={told(bad)})"

            def build_and_call(arguments=arguments, options=options):
                layer = kind(*arguments, **options)
                for made in IMAGES:
                    check(failure(lambda made=made: layer(made())), shown)  # noqa: B023

            check(failure(build_and_call), shown)
    for bad in BAD:
        check(failure(lambda bad=bad: kind(*right)(bad)), f"{name}()({told(bad)})")


def check(error, shown):
    """Hold what a call raised, if anything, to the rule."""
    if error is not None:
        shown += f": {type(error).__name__}: {error}"
        assert isinstance(error, ALLOWED), shown
        assert not isinstance(error, RecursionError), shown
        assert not THEIRS.search(str(error)), shown


OPTIONS = {
    "pad": lambda **o: functional.pad(tg.rand(1, 2, 4), **{"pad": (1, 1), **o}),
    "interpolate": lambda **o: functional.interpolate(tg.rand(1, 2, 4, 4), **{"size": 3, **o}),
    "cross_entropy": lambda **o: functional.cross_entropy(tg.rand(2, 3), tg.tensor([0, 1]), **o),
    "conv2d": lambda **o: functional.conv2d(tg.rand(1, 2, 4, 4), tg.rand(2, 2, 2, 2), **o),
    "conv_transpose2d": lambda **o: functional.conv_transpose2d(tg.rand(1, 2, 4, 4), tg.rand(2, 2, 2, 2), **o),
    "max_pool2d": lambda **o: functional.max_pool2d(tg.rand(1, 2, 4, 4), **{"kernel_size": 2, **o}),
    "avg_pool2d": lambda **o: functional.avg_pool2d(tg.rand(1, 2, 4, 4), **{"kernel_size": 2, **o}),
    "layer_norm": lambda **o: functional.layer_norm(tg.rand(2, 3), **{"normalized_shape": (3,), **o}),
    "batch_norm": lambda **o: functional.batch_norm(tg.rand(2, 3), tg.zeros(3), tg.ones(3), **o),
    "softmax": lambda **o: tg.softmax(tg.rand(2, 3), **{"dim": 1, **o}),
    "dropout": lambda **o: functional.dropout(tg.rand(2, 3), **o),
    "one_hot": lambda **o: functional.one_hot(tg.tensor([0, 1]), **o),
    "sum": lambda **o: tg.sum(tg.rand(2, 3), **o),
    "var": lambda **o: tg.var(tg.rand(2, 3), **o),
    "norm": lambda **o: tg.norm(tg.rand(2, 3), **o),
    "quantile": lambda **o: tg.quantile(tg.rand(2, 3), **{"q": 0.5, **o}),
    "topk": lambda **o: tg.topk(tg.rand(2, 3), **{"k": 1, **o}),
    "clamp": lambda **o: tg.clamp(tg.rand(2, 3), **{"min": 0, **o}),
    "diff": lambda **o: tg.diff(tg.rand(2, 3), **o),
    "scaled_dot_product_attention": lambda **o: functional.scaled_dot_product_attention(
        *[tg.rand(1, 2, 3, 4) for _ in range(3)], **o
    ),
    "tensor": lambda **o: tg.tensor([1, 2], **o),
    "arange": lambda **o: tg.arange(**{"end": 3, **o}),
    "linspace": lambda **o: tg.linspace(**{"start": 0, "end": 1, "steps": 3, **o}),
    "randint": lambda **o: tg.randint(**{"high": 5, "size": (2,), **o}),
    "full": lambda **o: tg.full(**{"size": (2,), "fill_value": 1.0, **o}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OPTIONS)
def test_options_refuse_what_makes_no_sense(name):
    function = getattr(tg, name, None) or getattr(functional, name)
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        for bad in [*BAD, *[make() for make in TENSORS], HUGE, -HUGE]:
            error = failure(lambda key=parameter.name, bad=bad: OPTIONS[name](**{key: bad}))
            check(error, f"{name}({parameter.name}={told(bad)})")


COMPLEX = [
    lambda x: x.fill_(1j),
    lambda x: x.__setitem__(0, 1j),
    lambda x: x.masked_fill(x > 0, 1j),
    lambda x: x.index_fill(0, tg.tensor([0]), 1j),
    lambda x: x.scatter(0, tg.tensor([0]), 1j),
    lambda x: x.copy_(np.array(1j)),
    lambda x: x.normal_(1j),
    lambda x: x.uniform_(0, 1j),
    lambda x: functional.pad(x, (1, 1), value=1j),
    lambda x: functional.leaky_relu(x, 1j),
    lambda x: functional.elu(x, 1j),
    lambda x: functional.softplus(x, 1j),
    lambda x: x + 1j,
    lambda x: x.clamp(1j),
]


@pytest.mark.parametrize("wrong", COMPLEX, ids=range(len(COMPLEX)))
def test_complex_numbers_are_refused_and_leave_the_tensor_as_it_was(wrong):
    x = tg.ones(2)
    with pytest.raises(TypeError):
        wrong(x)
    assert x.tolist() == [1, 1]


HUGE = 10**18
LARGE = [
    lambda n: tg.zeros(n),
    lambda n: tg.ones(2, 3).new_full((n,), 1.0),
    lambda n: tg.Tensor(n),
    lambda n: tg.eye(n),
    lambda n: tg.arange(n),
    lambda n: tg.linspace(0, 1, n),
    lambda n: tg.randn(n),
    lambda n: tg.randperm(n),
    lambda n: tg.ones(1).expand(n) + 1,
    lambda n: tg.ones(1).expand(n).clone(),
    lambda n: tg.ones(2).repeat(n),
    lambda n: tg.ones(2).repeat_interleave(n),
    lambda n: tg.ones(2).tensor_split(n),
    lambda n: tg.combinations(tg.arange(1000), 30) if n == HUGE else tg.combinations(tg.arange(3), n, True),
    lambda n: tg.cartesian_prod(*[tg.arange(1000)] * 20),
    lambda n: tg.diag(tg.ones(2), n),
    lambda n: tg.mvlgamma(tg.ones(2), n),
    lambda n: tg.bincount(tg.tensor([0, 1]), minlength=n),
    lambda n: functional.one_hot(tg.tensor([0, 1]), n),
    lambda n: functional.pad(tg.ones(2), (n, 0)),
    lambda n: functional.pad(tg.ones(1, 2), (n, 0), mode="replicate"),
    lambda n: functional.adaptive_avg_pool1d(tg.ones(1, 2, 4), n),
    lambda n: functional.adaptive_avg_pool2d(tg.ones(1, 2, 4, 4), (2, n)),
    lambda n: functional.adaptive_avg_pool3d(tg.ones(1, 2, 4, 4, 4), n),
    lambda n: functional.adaptive_max_pool1d(tg.ones(1, 2, 4), n),
    lambda n: functional.adaptive_max_pool2d(tg.ones(1, 2, 4, 4), n),
    lambda n: functional.interpolate(tg.ones(1, 2, 4), n),
    lambda n: functional.interpolate(tg.ones(1, 2, 4, 4), (n, 2), mode="area"),
    lambda n: functional.interpolate(tg.ones(1, 2, 4, 4), (n, 2), mode="bicubic"),
    lambda n: functional.conv1d(tg.ones(1, 2, 4), tg.ones(2, 2, 2), padding=n),
    lambda n: functional.conv_transpose1d(tg.ones(1, 2, 4), tg.ones(2, 2, 2), stride=n),
    lambda n: nn.Linear(n, 2),
    lambda n: nn.Embedding(n, n),
    lambda n: nn.BatchNorm1d(n),
    lambda n: nn.LSTM(2, 3, n),
    lambda n: nn.Transformer(8, 2, n, n),
]


@pytest.mark.parametrize("size", [HUGE, 2**63], ids=str)
@pytest.mark.parametrize("make", LARGE, ids=range(len(LARGE)))
def test_what_no_memory_can_hold_is_refused_at_once(make, size):
    with pytest.raises(ALLOWED) as caught:
        make(size)
    assert not THEIRS.search(str(caught.value)), caught.value


def test_what_is_told_of_memory():
    with pytest.raises(RuntimeError, match=r"^zeros\(10{18}\): there is no memory for float32 of shape \(10{18},\)"):
        tg.zeros(HUGE)
    with pytest.raises(RuntimeError, match=r"^Linear\(10{18}, 2\): there is no memory for float32 of shape"):
        nn.Linear(HUGE, 2)
    assert repr(tg.ones(1).expand(HUGE)) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"
