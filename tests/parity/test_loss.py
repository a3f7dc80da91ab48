"""Losses and distances beside PyTorch's: values, dtypes, shapes, first and second derivatives, and what is refused."""

import itertools

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import assert_same, hold
from .modules import hold_module

RNG = np.random.default_rng(0)
REDUCTIONS = ["none", "mean", "sum"]
SHAPES = [(), (5,), (3, 4), (2, 0), (2, 3, 2)]
EXTREMES = np.array([-1e4, -200.0, -30.0, -1.0, -1e-8, 0.0, 1e-8, 1.0, 30.0, 200.0, 1e4])


def signs(*shape):
    return RNG.choice([-1.0, 1.0], shape)


def normal(*shape):
    return RNG.standard_normal(shape)


def uniform(*shape):
    return RNG.uniform(0.05, 0.95, shape)


# of a function's name: settings, and the inputs of a shape; the same elements throughout
ELEMENTWISE = {
    "l1_loss": ([{}], lambda s: [normal(*s), normal(*s)]),
    "mse_loss": ([{}], lambda s: [normal(*s), normal(*s)]),
    "smooth_l1_loss": ([{}, {"beta": 0.3}, {"beta": 0.0}, {"beta": 4}], lambda s: [normal(*s), normal(*s)]),
    "huber_loss": ([{}, {"delta": 0.3}, {"delta": 4}], lambda s: [normal(*s), normal(*s)]),
    "binary_cross_entropy": ([{}], lambda s: [uniform(*s), uniform(*s)]),
    "binary_cross_entropy_with_logits": ([{}], lambda s: [normal(*s), uniform(*s)]),
    "kl_div": ([{}, {"log_target": True}], lambda s: [normal(*s), uniform(*s)]),
    "poisson_nll_loss": (
        [{}, {"full": True}, {"log_input": False, "eps": 1e-3}],
        lambda s: [uniform(*s), np.array(3 * uniform(*s))],
    ),
    "gaussian_nll_loss": ([{}, {"full": True, "eps": 0.2}], lambda s: [normal(*s), normal(*s), uniform(*s)]),
    "hinge_embedding_loss": ([{}, {"margin": 0.2}], lambda s: [normal(*s), signs(*s)]),
    "margin_ranking_loss": ([{}, {"margin": 0.5}], lambda s: [normal(*s), normal(*s), signs(*s)]),
    "soft_margin_loss": ([{}], lambda s: [normal(*s), signs(*s)]),
}
CASES = [
    (name, settings, shape, reduction)
    for name, (choices, _) in ELEMENTWISE.items()
    for settings, shape in itertools.product(choices, SHAPES)
    for reduction in REDUCTIONS
]


def program_of(name, **settings):
    def program(m, *inputs):
        if name == "soft_margin_loss":  # whose target PyTorch wants without a gradient
            inputs = [inputs[0], inputs[1].detach()]
        return getattr(m.nn.functional, name)(*inputs, **settings)

    return program


def hold_slopes(program, *arrays):
    """Hold the gradients' gradients, where PyTorch has them."""

    def second(m, *inputs):
        floats = [x for x in inputs if getattr(x, "requires_grad", False)]
        y = program(m, *inputs)
        grads = m.autograd.grad((y * y).sum(), floats, create_graph=True, allow_unused=True)
        total = sum((g * g).sum() for g in grads if g is not None)
        return [g * 1 for g in m.autograd.grad(total, floats, allow_unused=True) if g is not None]

    hold(second, *arrays, backward=True)


@pytest.mark.filterwarnings("ignore:kl_div with reduction 'mean'")
@pytest.mark.parametrize(("name", "settings", "shape", "reduction"), CASES, ids=str)
def test_elementwise(name, settings, shape, reduction):
    program = program_of(name, reduction=reduction, **settings)
    arrays = ELEMENTWISE[name][1](shape)
    hold(program, *arrays)
    hold(program, *[x.astype("float32") for x in arrays])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_second_derivatives(name):
    choices, inputs = ELEMENTWISE[name]
    for settings in choices:
        if settings.get("beta") == 0 or name == "l1_loss":
            continue  # flat: PyTorch gives a Tensor of zeros that is no array
        hold_slopes(program_of(name, reduction="sum", **settings), *inputs((3, 4)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_logits_at_extremes(dtype, target):
    x = EXTREMES.astype(dtype)
    t = np.full_like(x, target)
    hold(program_of("binary_cross_entropy_with_logits", reduction="none"), x, t)
    hold(program_of("multilabel_soft_margin_loss", reduction="none"), x, t)
    hold(lambda m, x: m.nn.functional.binary_cross_entropy_with_logits(x, m.ones_like(x) * target, reduction="none"), x)


@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_probabilities_of_0_and_1(target):
    # not in float64: PyTorch's bound for the gradient, 1e-12, is right to 8 digits
    x = np.array([0, 1e-30, 1e-12, 1e-3, 0.5, 1 - 1e-6, 1], "float32")
    hold(program_of("binary_cross_entropy", reduction="none"), x, np.full_like(x, target))
    hold(program_of("kl_div", reduction="none"), x, np.full_like(x, target), backward=target > 0)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_classes_at_extremes(reduction):
    x = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [0, 0, -np.inf]])
    hold(program_of("cross_entropy", reduction=reduction), x, np.array([1, 0, 1]))
    hold(program_of("cross_entropy", reduction=reduction, label_smoothing=0.1), x[:2], np.array([1, 0]))


WEIGHTED = {
    "l1_loss": [(3, 4)],
    "mse_loss": [(3, 4)],
    "huber_loss": [(3, 4)],
    "binary_cross_entropy": [(3, 4), (4,), (3, 1), ()],
    "binary_cross_entropy_with_logits": [(3, 4), (4,), (3, 1), ()],
    "multilabel_soft_margin_loss": [(3, 4), (4,), (3, 1)],
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("name", "shape"), [(name, s) for name, shapes in WEIGHTED.items() for s in shapes], ids=str)
def test_weights(name, shape, reduction):
    def program(m, x, y, w):
        return getattr(m.nn.functional, name)(x, y, weight=w.detach(), reduction=reduction)

    hold(program, uniform(3, 4), uniform(3, 4), uniform(*shape))


@pytest.mark.parametrize("shape", [(3, 4), (4,), (1,), ()], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_weights_of_positive_targets(shape, weighted):
    def program(m, x, y, p):
        w = m.nn.functional.binary_cross_entropy_with_logits
        return w(x, y, p.detach() if weighted else None, pos_weight=p.detach())

    hold(program, 3 * normal(3, 4), uniform(3, 4), uniform(*shape))


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"])
def test_shapes_that_differ_broadcast_with_a_warning(name):
    x, y = normal(3, 4), normal(4)
    with pytest.warns(UserWarning, match=rf"{name} of input \(3, 4\) and target \(4,\) broadcasts") as caught:
        hold(program_of(name), x, y)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="broadcasts"):
        hold(program_of(name), normal(3), normal(4))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"])
def test_targets_that_are_bools(name, reduction):
    for dtype in ("float64", "float32"):
        x, mask = normal(3, 4).astype(dtype), normal(3, 4) > 0
        whole = name != "huber_loss"  # PyTorch's takes no input of bools, and fails in backward by the other
        hold(program_of(name, reduction=reduction), x, mask, backward=whole)
        if whole:
            hold(program_of(name, reduction=reduction), mask, x)


def test_the_mean_of_a_divergence_is_warned_of():
    with pytest.warns(UserWarning, match="batchmean"):
        hold(program_of("kl_div"), normal(3, 4), uniform(3, 4))
    for shape in [(3, 4), (3,), ()]:
        hold(program_of("kl_div", reduction="batchmean"), normal(*shape), uniform(*shape))
    hold(program_of("kl_div", reduction="sum"), normal(2, 3, 4), uniform(4))


@pytest.mark.parametrize("var", [(4, 3), (4,), (4, 1), (1, 3), (1, 1), (3,), (4, 3, 1)], ids=str)
def test_variances_that_are_shared(var):
    hold(program_of("gaussian_nll_loss"), normal(4, 3), normal(4, 3), uniform(*var))


def test_a_variance_as_a_number_and_one_of_0():
    hold(program_of("gaussian_nll_loss"), normal(4), normal(4), 0.5)
    hold(program_of("gaussian_nll_loss", reduction="none"), normal(3), normal(3), np.array([0.0, 1e-9, 1.0]))
    hold(program_of("gaussian_nll_loss"), normal(3), normal(3), np.array([1.0, -1e-9, 1.0]))


@pytest.mark.parametrize("target", [-1.0, 0.0, 1.0, 2.0])
def test_targets_that_are_neither_sign(target):
    x = normal(5)
    hold(program_of("hinge_embedding_loss"), x, np.full(5, target))
    hold(program_of("cosine_embedding_loss"), normal(5, 3), normal(5, 3), np.full(5, target))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("settings", [{}, {"margin": 0.4}])
@pytest.mark.parametrize("shapes", [[(4, 3), (4, 3), (4,)], [(3,), (3,), ()], [(3,), (4, 3), (4,)]], ids=str)
def test_cosine_embedding(shapes, settings, reduction):
    arrays = [normal(*shapes[0]), normal(*shapes[1]), signs(*shapes[2])]
    hold(program_of("cosine_embedding_loss", reduction=reduction, **settings), *arrays)
    if arrays[0].ndim == arrays[1].ndim:
        hold_slopes(program_of("cosine_embedding_loss", reduction="sum", **settings), *arrays)
    zeros = [np.zeros(shapes[0], "float32"), *[np.array(x, "float32") for x in arrays[1:]]]
    hold(program_of("cosine_embedding_loss", reduction=reduction, **settings), *zeros)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("settings", [{}, {"p": 2}, {"margin": 0.3}, {"p": 2, "margin": 2}], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("shape", "target"),
    [((4, 3), [0, 2, 1, 1]), ((3,), 2), ((3,), [2]), ((1, 3), 1), ((), 0), ((2, 3), [0, 3]), ((2, 3), [0, -1])],
    ids=str,
)
def test_multi_margin(shape, target, weighted, settings, reduction):
    def program(m, x, y, w):
        w = w.detach() if weighted else None
        return m.nn.functional.multi_margin_loss(x, y, weight=w, reduction=reduction, **settings)

    hold(program, normal(*shape), np.array(target), uniform(shape[-1] if shape else 1))


LABELS = [
    ((3, 4), [[0, 2, -1, 1], [-1, 0, 1, 2], [3, 2, 1, 0]]),
    ((4,), [1, 1, -1, 0]),
    ((4,), [-1, -1, -1, -1]),
    ((), 0),
    ((1,), [0]),
    ((2,), [0, 2]),
    ((2,), [-2, 0]),
]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("shape", "labels"), LABELS, ids=str)
def test_multilabel_margin(shape, labels, reduction):
    hold(program_of("multilabel_margin_loss", reduction=reduction), normal(*shape), np.array(labels))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (0, 3)], ids=str)
def test_multilabel_soft_margin(shape, reduction):
    hold(program_of("multilabel_soft_margin_loss", reduction=reduction), normal(*shape), uniform(*shape))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(
    "settings", [{}, {"p": 1.0}, {"p": 3, "margin": 0.2, "eps": 1e-3}, {"p": float("inf")}], ids=str
)
def test_triplets(settings, swap, reduction):
    program = program_of("triplet_margin_loss", swap=swap, reduction=reduction, **settings)
    hold(program, normal(4, 3), normal(4, 3), normal(4, 3))
    hold(program, normal(3), normal(3), normal(3))
    hold(program, normal(4, 3), normal(1, 3), normal(4, 3))
    if settings.get("p") != float("inf"):
        hold_slopes(program, normal(2, 3), normal(2, 3), normal(2, 3))


@pytest.mark.parametrize("swap", [False, True])
def test_triplets_with_a_distance(swap):
    def program(m, *inputs):
        def taxicab(x, y):
            return (x - y).abs().sum(-1)

        triplets = m.nn.functional.triplet_margin_with_distance_loss
        return [
            triplets(*inputs, swap=swap),
            triplets(
                *inputs, swap=swap, reduction="none", margin=0.3, distance_function=lambda x, y: (x - y).abs().sum(-1)
            ),
            triplets(*inputs, distance_function=m.nn.CosineSimilarity(), reduction="sum"),
        ]

    hold(program, normal(4, 3), normal(4, 3), normal(4, 3))


@pytest.mark.parametrize("p", [0.5, 1.0, 2, 3.0, float("inf")])
def test_distances(p):
    hold(program_of("pairwise_distance", p=p), normal(4, 3), normal(4, 3))
    hold(program_of("pairwise_distance", p=p, keepdim=True, eps=0.1), normal(3), normal(4, 3))
    x = normal(5, 3)
    hold(program_of("pdist", p=p), x)
    hold(program_of("pdist", p=p), np.vstack([x, x[:1]]))
    for rows in (0, 1):  # PyTorch's backward of no pairs dies
        hold(program_of("pdist", p=p), normal(rows, 3), backward=False)


@pytest.mark.parametrize("shapes", [[(4, 3), (4, 3)], [(3,), (4, 3)], [(2, 3, 4), (3, 1)], [(), ()]], ids=str)
@pytest.mark.parametrize("dim", [-1, 0, 1, 2])
def test_cosine_similarity(shapes, dim):
    hold(program_of("cosine_similarity", dim=dim), *[normal(*s) for s in shapes])
    hold(program_of("cosine_similarity", dim=dim, eps=2.0), *[normal(*s) for s in shapes])
    hold(program_of("cosine_similarity", dim=dim), np.zeros(shapes[0]), normal(*shapes[1]))


def test_the_second_derivative_of_a_cosine():
    hold_slopes(program_of("cosine_similarity", dim=0), normal(4, 3), normal(4, 3))


def test_names_that_stand_beside_the_losses():
    for name in ("cosine_similarity", "pairwise_distance"):
        hold(lambda m, x, y, name=name: getattr(m, name)(x, y), normal(4, 3), normal(4, 3))
    hold(lambda m, x: m.pdist(x), normal(4, 3))


INTEGERS = ["cosine_embedding_loss", "margin_ranking_loss", "poisson_nll_loss", "triplet_margin_loss"]


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("name", INTEGERS)
def test_whole_numbers(name, dtype):
    x, y, z = [RNG.integers(1, 4, (3, 4)).astype(dtype) for _ in range(3)]
    arrays = {"cosine_embedding_loss": [x, y, np.array([1, -1, 1])], "poisson_nll_loss": [x, y]}.get(name, [x, y, z])
    hold(program_of(name), *arrays, lenient=True)


# the classes' losses


def class_inputs(shape, probabilities, rng):
    classes = shape[1] if len(shape) > 1 else shape[0]
    if probabilities:
        return [rng.standard_normal(shape), rng.dirichlet(np.ones(classes), [*shape[:1][: len(shape) - 1], *shape[2:]])]
    return [rng.standard_normal(shape), rng.integers(0, classes, shape[:1][: len(shape) - 1] + shape[2:])]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("ignored", [None, 1])
@pytest.mark.parametrize(
    ("input", "weight", "target"),
    [
        ((4, 2), (3, 2), np.array([0, 1, 2, 0])),
        ((2,), (3, 2), np.array(2)),
        ((4, 2), (3, 2, 2, 2), np.arange(16).reshape(4, 2, 2) % 3),
        ((4, 2), (3, 2), uniform(4, 3)),
        ((4, 2), (3, 2, 2), uniform(4, 3, 2)),
        ((0, 2), (3, 2), np.zeros(0, np.int64)),
        # what does not fit
        ((2,), (3, 2, 2), np.zeros(2, np.int64)),
        ((4, 3), (3, 2), np.zeros(4, np.int64)),
        ((4, 2, 2), (3, 2), np.zeros((4, 2), np.int64)),
        ((4, 2), (2,), np.zeros(4, np.int64)),
        ((4, 2), (3, 2), np.zeros(3, np.int64)),
    ],
)
def test_linear_cross_entropy(input, weight, target, ignored, smoothing, reduction):
    def program(m, x, w, b, y):
        f = m.nn.functional.linear_cross_entropy
        settings = {"reduction": reduction, "ignore_index": ignored, "label_smoothing": smoothing}
        return f(x, w, y, linear_bias=b, **settings), f(x, w, y, weight=x.new_ones(3) * 2, **settings)

    hold(program, normal(*input), normal(*weight), normal(*weight[:-1]), target)
    hold(program, normal(*input), normal(*weight), normal(2), target)  # a bias that does not fit


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (2, 0, 3)], ids=str)
def test_cross_entropy_without_classes(shape, smoothing):
    for reduction in REDUCTIONS:
        program = program_of("cross_entropy", reduction=reduction, label_smoothing=smoothing)
        hold(program, np.zeros(shape), np.zeros(shape))
        if reduction != "sum" or not smoothing:  # PyTorch's sum over no samples is NaN then
            hold(program, np.zeros(shape), np.zeros(shape[:1] + shape[2:], np.int64))


@pytest.mark.parametrize(
    ("settings", "arrays"),
    [
        ({}, [normal(4, 2), np.array([0, 1, 2, 0])]),
        ({"bias": True}, [normal(2), np.array(1)]),
        ({"out_features": (2, 2), "bias": True, "ignore_index": 1}, [normal(4, 2), np.arange(16).reshape(4, 2, 2) % 3]),
        ({"weight": uniform(3), "label_smoothing": 0.1, "reduction": "sum"}, [normal(4, 2), uniform(4, 3)]),
    ],
)
def test_linear_cross_entropy_as_a_layer(settings, arrays):
    def make(nn):
        tensor = tg.tensor if nn is tg.nn else torch.tensor
        given = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
        return nn.LinearCrossEntropyLoss(2, 3, **given)

    hold_module(make, *arrays)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("ignored", [-100, 1, -1])
@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 3, 4), (2, 3, 2, 2), (0, 3), (2, 3, 0)], ids=str)
def test_cross_entropy(shape, ignored, smoothing, reduction):
    x, y = class_inputs(shape, False, RNG)
    if ignored == -1 and y.size:
        y = np.where(RNG.random(y.shape) < 0.5, -1, y)
    for weighted, dtype in itertools.product([False, True], ["float64", "float32"]):

        def program(m, x, y, w, weighted=weighted):
            return m.nn.functional.cross_entropy(
                x,
                y,
                w.detach() if weighted else None,
                ignore_index=ignored,
                reduction=reduction,
                label_smoothing=smoothing,
            )

        hold(program, x.astype(dtype), y, uniform(3).astype(dtype))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 3, 4), (0, 3)], ids=str)
def test_cross_entropy_of_probabilities(shape, smoothing, reduction):
    x, y = class_inputs(shape, True, RNG)
    y = np.moveaxis(y, -1, 1) if len(shape) > 1 else y

    def program(m, x, y, w):
        f = m.nn.functional.cross_entropy
        settings = {"reduction": reduction, "label_smoothing": smoothing}
        return [f(x, y, **settings), f(x, y, w.detach(), **settings)]

    hold(program, x, y, uniform(3))
    hold_slopes(lambda m, x, y: m.nn.functional.cross_entropy(x, y, label_smoothing=smoothing), x, y)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("dtype", ["int64", "uint8"])
@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 3, 4), (2, 3, 2, 2), (0, 3)], ids=str)
def test_nll(shape, dtype, reduction):
    x, y = class_inputs(shape, False, RNG)
    y = np.array(y).astype(dtype)
    # PyTorch takes uint8 for (N, C) only
    hold(program_of("nll_loss", reduction=reduction), x, y, lenient=True)
    hold(program_of("nll_loss", reduction=reduction, ignore_index=2), x.astype("float32"), y, lenient=True)
    hold(lambda m, *xs: m.nn.functional.nll_loss(*xs, reduction=reduction), x, y, uniform(3), lenient=True)


def test_a_batch_that_is_ignored_altogether():
    for reduction in REDUCTIONS:
        hold(program_of("cross_entropy", reduction=reduction), normal(2, 3), np.array([-100, -100]))
        hold(program_of("nll_loss", reduction=reduction, ignore_index=0), normal(2, 3), np.array([0, 0]))


REFUSED = {
    "reduction": [("mse_loss", {"reduction": "total"}, [normal(2), normal(2)])],
    "beta": [("smooth_l1_loss", {"beta": -1.0}, [normal(2), normal(2)])],
    "delta": [("huber_loss", {"delta": 0.0}, [normal(2), normal(2)])],
    "weights": [("mse_loss", {"weight": None}, [normal(2), "y"]), ("l1_loss", {}, [normal(2), None])],
    "shapes": [
        ("binary_cross_entropy", {}, [uniform(2), uniform(2, 1)]),
        ("binary_cross_entropy_with_logits", {}, [uniform(2), uniform(1)]),
        ("margin_ranking_loss", {}, [normal(2), normal(2, 1), signs(2)]),
        ("cosine_embedding_loss", {}, [normal(2, 3), normal(2, 3), signs()]),
        ("multi_margin_loss", {}, [normal(2, 3), np.array([1])]),
        ("multilabel_margin_loss", {}, [normal(2, 3), np.array([1, 1, 1])]),
        ("multilabel_soft_margin_loss", {}, [normal(), normal()]),
        ("triplet_margin_loss", {}, [normal(2, 3), normal(3), normal(2, 3)]),
        ("pdist", {}, [normal(3)]),
        ("nll_loss", {}, [normal(2, 3), np.array([1])]),
        ("cross_entropy", {}, [normal(), np.array(0)]),
    ],
    "probabilities": [
        ("binary_cross_entropy", {}, [np.array([1.5]), np.array([1.0])]),
        ("binary_cross_entropy", {}, [np.array([np.nan]), np.array([1.0])]),
    ],
    "p": [("multi_margin_loss", {"p": 3}, [normal(2, 3), np.array([1, 1])]), ("pdist", {"p": -1.0}, [normal(2, 3)])],
    "margin": [("triplet_margin_loss", {"margin": 0.0}, [normal(2, 3), normal(2, 3), normal(2, 3)])],
    "classes": [
        ("cross_entropy", {}, [normal(2, 3), np.array([0, 3])]),
        ("nll_loss", {}, [normal(2, 3), np.array([0, -1])]),
        ("cross_entropy", {"label_smoothing": 1.5}, [normal(2, 3), np.array([0, 1])]),
        ("cross_entropy", {"ignore_index": 1}, [normal(2, 3), uniform(2, 3)]),
    ],
    "integers": [("pdist", {}, [np.arange(6).reshape(2, 3)]), ("cosine_similarity", {}, [np.ones((2, 3), int)] * 2)],
}


@pytest.mark.parametrize(("name", "settings", "arrays"), [row for rows in REFUSED.values() for row in rows])
def test_what_pytorch_refuses_is_refused(name, settings, arrays):
    with pytest.raises((ValueError, RuntimeError, IndexError, TypeError, AttributeError)):
        program_of(name, **settings)(torch, *[torch.tensor(x) if isinstance(x, np.ndarray) else x for x in arrays])
    with pytest.raises((ValueError, RuntimeError, IndexError, TypeError)):
        program_of(name, **settings)(tg, *[tg.tensor(x) if isinstance(x, np.ndarray) else x for x in arrays])


# modules


def several(*shapes, last=()):
    return [*[normal(*shape) for shape in shapes], *last]


MODULES = {
    "L1Loss": [({"reduction": "sum"}, several((3, 4), (3, 4)))],
    "MSELoss": [({}, several((3, 4), (3, 4)))],
    "SmoothL1Loss": [({"reduction": "none", "beta": 0.5}, several((3, 4), (3, 4)))],
    "HuberLoss": [({"reduction": "none", "delta": 0.5}, several((3, 4), (3, 4)))],
    "KLDivLoss": [({"reduction": "batchmean", "log_target": True}, several((3, 4), (3, 4)))],
    "PoissonNLLLoss": [({"log_input": False, "full": True, "eps": 0.1}, [uniform(3, 4), 4 * uniform(3, 4)])],
    "GaussianNLLLoss": [({"full": True, "eps": 0.1}, several((3, 4), (3, 4), last=[uniform(3, 4)]))],
    "BCELoss": [({"weight": uniform(4)}, [uniform(3, 4), uniform(3, 4)])],
    "BCEWithLogitsLoss": [
        ({"weight": uniform(4), "pos_weight": uniform(4)}, [normal(3, 4), uniform(3, 4)]),
        ({}, [normal(3, 4), uniform(3, 4)]),
    ],
    "SoftMarginLoss": [({"reduction": "none"}, [normal(3, 4), signs(3, 4).astype("int64")])],
    "MultiLabelSoftMarginLoss": [({"weight": uniform(4)}, [normal(3, 4), uniform(3, 4)])],
    "HingeEmbeddingLoss": [({"margin": 0.5}, [normal(3, 4), signs(3, 4)])],
    "MarginRankingLoss": [({"margin": 0.5}, [normal(4), normal(4), signs(4)])],
    "MultiMarginLoss": [({"p": 2, "margin": 0.5, "weight": uniform(4)}, [normal(3, 4), np.array([0, 3, 1])])],
    "MultiLabelMarginLoss": [({}, [normal(2, 3), np.array([[0, -1, 1], [2, 1, -1]])])],
    "CosineEmbeddingLoss": [({"margin": 0.1}, [normal(4, 3), normal(4, 3), signs(4)])],
    "TripletMarginLoss": [({"margin": 0.1, "p": 1.0, "swap": True}, several((4, 3), (4, 3), (4, 3)))],
    "TripletMarginWithDistanceLoss": [({"margin": 0.1, "swap": True}, several((4, 3), (4, 3), (4, 3)))],
    "NLLLoss": [({"weight": uniform(3), "ignore_index": 1}, [normal(4, 3), np.array([0, 1, 2, 0])])],
    "CrossEntropyLoss": [({"weight": uniform(3), "label_smoothing": 0.1}, [normal(4, 3), np.array([0, 1, 2, 0])])],
    "CTCLoss": [({"blank": 1, "zero_infinity": True}, [normal(5, 2, 3), np.array([[0, 2], [2, 2]]), (5, 4), (2, 2)])],
    "CosineSimilarity": [({"dim": 0}, several((4, 3), (4, 3)))],
    "PairwiseDistance": [({"p": 1.0, "eps": 0.1, "keepdim": True}, several((4, 3), (4, 3)))],
}


@pytest.mark.parametrize(
    ("name", "settings", "arrays"), [(name, *row) for name, rows in MODULES.items() for row in rows]
)
def test_module(name, settings, arrays):
    def make(nn):
        tensor = tg.tensor if nn is tg.nn else torch.tensor
        return getattr(nn, name)(**{k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()})

    hold_module(make, *arrays)
    mine, theirs = make(tg.nn), make(torch.nn)
    for setting in settings:
        attribute = {"p": "norm"}.get(setting, setting) if name == "PairwiseDistance" else setting
        ours, expected = getattr(mine, attribute), getattr(theirs, attribute)
        if isinstance(expected, torch.Tensor):
            assert_same(ours, expected, setting)
        else:
            assert ours == expected
