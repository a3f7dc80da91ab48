"""Distributions beside PyTorch's: what they say of themselves, log-probabilities and gradients, and divergences."""

from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import THEIRS, assert_same, hold

PLACE = np.linspace(-1.0, 1.0, 6).reshape(2, 3)
SCALE = np.array([0.5, 1.5, 2.0])
PROBS = np.array([[0.2, 0.5, 0.3], [0.9, 0.05, 0.05]])
CHANCE = np.array([[0.2, 0.5, 1.0], [0.9, 0.0, 0.05]])
LOGITS = np.array([[0.3, -1.0, 2.0], [0.0, 0.5, -0.5]])
MATRIX = np.array([[[2.0, 0.0], [0.5, 1.0]], [[1.0, 0.0], [-0.3, 0.7]]])
COVARIANCE = MATRIX @ MATRIX.swapaxes(-1, -2)
POSITIVE = np.array([[0.3, 1.0, 2.5], [4.0, 0.7, 0.1]])
ROWS_OF_FACTORS = np.tril(np.random.default_rng(0).normal(size=(2, 3, 3, 3))) + 2 * np.eye(3)
FACTORS = ROWS_OF_FACTORS / np.linalg.norm(ROWS_OF_FACTORS, axis=-1, keepdims=True)
CLASSES = np.array([[0, 2], [1, 1], [2, 0]])


def d(m: Any) -> Any:
    return m.distributions


# how it is made, its parameters, and values of its samples
ROWS = {
    "Normal": (lambda m, a, b: d(m).Normal(a, b), (PLACE, SCALE), PLACE * 3),
    "Normal of numbers": (lambda m, a: d(m).Normal(a, 2), (PLACE,), PLACE + 1),
    "LogNormal": (lambda m, a, b: d(m).LogNormal(a, b), (PLACE, SCALE), POSITIVE),
    "HalfNormal": (lambda m, b: d(m).HalfNormal(b), (SCALE,), POSITIVE),
    "Laplace": (lambda m, a, b: d(m).Laplace(a, b), (PLACE, SCALE), PLACE * 3 + 0.1),
    "Gumbel": (lambda m, a, b: d(m).Gumbel(a, b), (PLACE, SCALE), PLACE * 3),
    "Cauchy": (lambda m, a, b: d(m).Cauchy(a, b), (PLACE, SCALE), PLACE * 3),
    "Uniform": (lambda m, a, b: d(m).Uniform(a, a + b), (PLACE, SCALE), PLACE + 0.25),
    "Exponential": (lambda m, b: d(m).Exponential(b), (SCALE,), POSITIVE),
    "Gamma": (lambda m, a, b: d(m).Gamma(a, b), (POSITIVE, SCALE), POSITIVE[::-1].copy()),
    "Chi2": (lambda m, a: d(m).Chi2(a), (POSITIVE,), POSITIVE[::-1].copy()),
    "Beta": (lambda m, a, b: d(m).Beta(a, b), (POSITIVE, SCALE + 1), PROBS),
    "Dirichlet": (lambda m, a: d(m).Dirichlet(a), (POSITIVE,), PROBS),
    "Bernoulli": (lambda m, p: d(m).Bernoulli(p), (PROBS,), np.array([1.0, 0.0, 1.0])),
    "Bernoulli of logits": (lambda m, x: d(m).Bernoulli(logits=x), (LOGITS,), np.array([1.0, 0.0, 1.0])),
    "Geometric": (lambda m, p: d(m).Geometric(p), (PROBS,), np.array([1.0, 0.0, 4.0])),
    "Geometric of logits": (lambda m, x: d(m).Geometric(logits=x), (LOGITS,), np.array([1.0, 0.0, 4.0])),
    "Binomial": (lambda m, p: d(m).Binomial(4, p), (PROBS,), np.array([1.0, 0.0, 4.0])),
    "Binomial of logits": (lambda m, x: d(m).Binomial(4, logits=x), (LOGITS,), np.array([1.0, 0.0, 4.0])),
    "NegativeBinomial": (lambda m, p: d(m).NegativeBinomial(4, p), (PROBS,), np.array([1.0, 0.0, 4.0])),
    "NegativeBinomial of logits": (
        lambda m, n, x: d(m).NegativeBinomial(n, logits=x),
        (POSITIVE, LOGITS),
        np.array([1.0, 0.0, 4.0]),
    ),
    "StudentT": (lambda m, n, a, b: d(m).StudentT(n, a, b), (POSITIVE, PLACE, SCALE), PLACE * 3),
    "StudentT of numbers": (lambda m, n: d(m).StudentT(n), (POSITIVE,), PLACE * 3),
    "Poisson": (lambda m, a: d(m).Poisson(a), (POSITIVE,), np.array([1.0, 0.0, 4.0])),
    "Categorical": (lambda m, p: d(m).Categorical(p * 3), (PROBS,), CLASSES),
    "Categorical of logits": (lambda m, x: d(m).Categorical(logits=x), (LOGITS,), CLASSES),
    "OneHotCategorical": (lambda m, p: d(m).OneHotCategorical(p), (PROBS,), np.eye(3)[[2, 0]]),
    "MultivariateNormal": (
        lambda m, a, s: d(m).MultivariateNormal(a[:, :2], scale_tril=s),
        (PLACE, MATRIX),
        PLACE[:, :2],
    ),
    "MultivariateNormal of a covariance": (
        lambda m, a, s: d(m).MultivariateNormal(a[0, :2], s),
        (PLACE, COVARIANCE),
        PLACE[:, 1:],
    ),
    "MultivariateNormal of a precision": (
        lambda m, a, s: d(m).MultivariateNormal(a[:, :2], precision_matrix=s),
        (PLACE, COVARIANCE),
        PLACE[:, 1:],
    ),
    "Independent": (lambda m, a, b: d(m).Independent(d(m).Normal(a, b), 1), (PLACE, SCALE), PLACE * 2),
    "a mixture": (
        lambda m, p, a, b: d(m).MixtureSameFamily(d(m).Categorical(p), d(m).Normal(a, b)),
        (PROBS, PLACE, SCALE),
        np.array([0.5, -1.0]),
    ),
    "a mixture of vectors": (
        lambda m, p, a: d(m).MixtureSameFamily(
            d(m).Categorical(p), d(m).Independent(d(m).Normal(a.unsqueeze(-1) + m.ones(4, dtype=a.dtype), 1.5), 1)
        ),
        (PROBS, PLACE),
        np.ones((5, 2, 4)) / 3,
    ),
    "RelaxedOneHotCategorical": (
        lambda m, x: d(m).RelaxedOneHotCategorical(m.tensor(0.7, dtype=x.dtype), logits=x),
        (LOGITS,),
        PROBS,
    ),
    "RelaxedBernoulli": (
        lambda m, x: d(m).RelaxedBernoulli(m.tensor(0.7, dtype=x.dtype), logits=x),
        (LOGITS,),
        PROBS,
    ),
    "a squashed normal": (
        lambda m, a, b: d(m).TransformedDistribution(d(m).Normal(a, b), [d(m).TanhTransform()]),
        (PLACE, SCALE),
        PLACE / 2,
    ),
    "a squashed vector": (
        lambda m, a, b: d(m).Independent(
            d(m).TransformedDistribution(
                d(m).Normal(a, b), [d(m).TanhTransform(cache_size=1), d(m).AffineTransform(1.0, -2.0)]
            ),
            1,
        ),
        (PLACE, SCALE),
        PLACE / 2,
    ),
    "a logistic": (
        lambda m, a: d(m).TransformedDistribution(
            d(m).Uniform(m.zeros(3, dtype=a.dtype), m.ones(3, dtype=a.dtype)),
            [d(m).SigmoidTransform().inv, d(m).AffineTransform(a, 0.5)],
        ),
        (PLACE,),
        PLACE * 2,
    ),
    "a Weibull": (
        lambda m, a, b: d(m).TransformedDistribution(
            d(m).Exponential(m.ones(2, 3, dtype=a.dtype)), [d(m).PowerTransform(b), d(m).AffineTransform(0, a)]
        ),
        (POSITIVE, SCALE),
        POSITIVE,
    ),
    "a copula": (
        lambda m, a, b: d(m).TransformedDistribution(
            d(m).MultivariateNormal(m.zeros(3, dtype=a.dtype), m.diag(b)),
            [d(m).CumulativeDistributionTransform(d(m).Normal(a[0], b))],
        ),
        (PLACE, SCALE),
        PROBS,
    ),
    "LKJCholesky": (lambda m, a: d(m).LKJCholesky(3, a), (POSITIVE,), FACTORS),
    "LKJCholesky of a number": (lambda m, a: d(m).LKJCholesky(3, a[0, 0]), (POSITIVE,), FACTORS),
    "Pareto": (lambda m, a, b: d(m).Pareto(b, a + 2), (POSITIVE, SCALE), POSITIVE + 2),
    "Weibull": (lambda m, a, b: d(m).Weibull(b, a + 1), (POSITIVE, SCALE), POSITIVE[::-1].copy()),
    "HalfCauchy": (lambda m, b: d(m).HalfCauchy(b), (SCALE,), POSITIVE),
    "Kumaraswamy": (lambda m, a, b: d(m).Kumaraswamy(a + 1, b + 1), (POSITIVE, SCALE), PROBS * 0.9),
    "InverseGamma": (lambda m, a, b: d(m).InverseGamma(a + 2.1, b), (POSITIVE, SCALE), POSITIVE[::-1].copy()),
    "FisherSnedecor": (lambda m, a, b: d(m).FisherSnedecor(a + 3, b + 5), (POSITIVE, SCALE), POSITIVE[::-1].copy()),
    "Multinomial": (lambda m, p: d(m).Multinomial(4, p), (PROBS,), np.array([[1.0, 0.0, 3.0]])),
    "Multinomial of logits": (lambda m, x: d(m).Multinomial(4, logits=x), (LOGITS,), np.array([[4.0, 0.0, 0.0]])),
    "LogisticNormal": (lambda m, a, b: d(m).LogisticNormal(a, b), (PLACE, SCALE), np.array([[0.1, 0.2, 0.3, 0.4]])),
    "ContinuousBernoulli": (lambda m, p: d(m).ContinuousBernoulli(p), (PROBS,), PROBS[::-1].copy()),
    "ContinuousBernoulli of logits": (
        lambda m, x: d(m).ContinuousBernoulli(logits=x * 0.002),
        (LOGITS,),
        PROBS,
    ),
    "LowRankMultivariateNormal": (
        lambda m, a, s, b: d(m).LowRankMultivariateNormal(a[:, :2], s[..., :1], b[1:]),
        (PLACE, MATRIX, SCALE),
        PLACE[:, :2],
    ),
    "Wishart": (lambda m, a, s: d(m).Wishart(a[:, 0] + 2, s), (POSITIVE, COVARIANCE), COVARIANCE[::-1] * 2.5),
    "Wishart of a precision": (
        lambda m, a, s: d(m).Wishart(a[0, 0] + 2, precision_matrix=s),
        (POSITIVE, COVARIANCE),
        COVARIANCE[::-1] * 2.5,
    ),
    "vectors as matrices": (
        lambda m, a, b: d(m).TransformedDistribution(d(m).Normal(a[:, :2], b[:2]), d(m).ReshapeTransform((2,), (1, 2))),
        (PLACE, SCALE),
        PLACE[:, None, :2] * 2,
    ),
    "a softplus of a vector": (
        lambda m, a, b: d(m).TransformedDistribution(
            d(m).Normal(a, b), d(m).IndependentTransform(d(m).transforms.SoftplusTransform(), 1)
        ),
        (PLACE, SCALE),
        POSITIVE,
    ),
}
TOLD = ("mean", "mode", "variance", "stddev", "entropy", "perplexity")
COARSE = {
    "Gamma",
    "Chi2",
    "Beta",
    "Dirichlet",
    "StudentT",
    "StudentT of numbers",
    "InverseGamma",
    "Kumaraswamy",
    "Multinomial",
    "Multinomial of logits",
    "Wishart",
    "Wishart of a precision",
}  # PyTorch's trigamma is right to 1e-10 or so, and in an entropy it takes factorials in float32


@pytest.mark.parametrize("row", ROWS)
def test_log_probabilities_and_their_gradients(row):
    make, parameters, value = ROWS[row]
    hold(lambda m, v, *p: make(m, *p).log_prob(v), value, *parameters)
    for name in ("cdf", "icdf"):
        at = value if name == "cdf" else np.clip(PROBS, 0.1, 0.9)[: max(1, value.shape[0] if value.ndim > 1 else 1)]
        if not refuses(row, lambda x, v, name=name: getattr(x, name)(v), torch.from_numpy(at)):
            hold(lambda m, v, *p, name=name: getattr(make(m, *p), name)(v), at, *parameters)


@pytest.mark.filterwarnings("ignore:Singular sample detected")  # PyTorch's Wishart always says so
@pytest.mark.parametrize("row", ROWS)
def test_what_a_distribution_says_of_itself(row):
    make, parameters, _ = ROWS[row]
    for name in TOLD:
        if not refuses(row, lambda x, name=name: called(x, name)):
            hold(lambda m, *p, name=name: called(make(m, *p), name), *in_turn(row, parameters))
    hold(lambda m, *p: make(m, *p).expand((4, *make(m, *p).batch_shape)).batch_shape, *parameters, backward=False)
    ours = make(tg, *[tg.from_numpy(x) for x in parameters])
    theirs = make(torch, *[torch.from_numpy(x) for x in parameters])
    assert (ours.batch_shape, ours.event_shape) == (tuple(theirs.batch_shape), tuple(theirs.event_shape))
    assert ours.sample((7,)).shape == tuple(theirs.sample((7,)).shape)
    assert f"torch.{ours.sample().dtype}" == str(theirs.sample().dtype)
    if ours.has_rsample:
        assert theirs.has_rsample
    if "mixture" not in row and row != "Beta":  # PyTorch's show more than they were made of, or nothing
        assert repr(ours) == repr(theirs)


def in_turn(row, parameters):
    return [x.astype("float32") if row in COARSE else x for x in parameters]


def called(distribution, name):
    found = getattr(distribution, name)
    return found() if callable(found) else found


def refuses(row, call, *arguments):
    """Whether PyTorch has none."""
    make, parameters, _ = ROWS[row]
    try:
        call(make(torch, *[torch.from_numpy(x) for x in parameters]), *arguments)
    except (*THEIRS, AssertionError):
        return True
    return False


@pytest.mark.parametrize("row", ROWS)
def test_log_probabilities_of_samples_of_an_expanded_one(row):
    make, parameters, _ = ROWS[row]
    ours = make(tg, *[tg.from_numpy(x) for x in parameters])
    sample = ours.expand((4, *ours.batch_shape)).sample((2,))
    hold(
        lambda m, v, *p: make(m, *p).expand((4, *make(m, *p).batch_shape)).log_prob(v),
        sample.numpy().copy(),
        *parameters,
    )


DIVERGENCES = {
    "Normal": ("Normal", (PLACE, SCALE), (PLACE[::-1].copy(), SCALE * 2)),
    "LogNormal": ("LogNormal", (PLACE, SCALE), (PLACE[::-1].copy(), SCALE * 2)),
    "Laplace": ("Laplace", (PLACE, SCALE), (PLACE[::-1].copy(), SCALE * 2)),
    "Uniform": ("Uniform", (PLACE, PLACE + SCALE), (PLACE - 0.5, PLACE + SCALE * 1.2)),
    "Exponential": ("Exponential", (SCALE,), (SCALE * 2,)),
    "Gamma": ("Gamma", (POSITIVE, SCALE), (POSITIVE[::-1].copy(), SCALE * 2)),
    "Beta": ("Beta", (POSITIVE, SCALE), (POSITIVE[::-1].copy(), SCALE * 2)),
    "Dirichlet": ("Dirichlet", (POSITIVE,), (POSITIVE[::-1].copy(),)),
    "Poisson": ("Poisson", (POSITIVE,), (POSITIVE[::-1].copy(),)),
    "Geometric": ("Geometric", (PROBS,), (PROBS[::-1].copy(),)),
    "Categorical": ("Categorical", (PROBS,), (PROBS[::-1].copy(),)),
    "OneHotCategorical": ("OneHotCategorical", (PROBS,), (PROBS[::-1].copy(),)),
    "Bernoulli": ("Bernoulli", (PROBS,), (PROBS[::-1].copy(),)),
    "LowRankMultivariateNormal": (
        "LowRankMultivariateNormal",
        (PLACE[:, :2], MATRIX, SCALE[1:]),
        (PLACE[:, 1:], MATRIX[::-1].copy(), SCALE[:2]),
    ),
    "MultivariateNormal": ("MultivariateNormal", (PLACE[:, :2], COVARIANCE), (PLACE[:, 1:], COVARIANCE[::-1].copy())),
}


FAMILIES = {
    "Bernoulli": lambda m, a, b: d(m).Bernoulli(a),
    "Beta": lambda m, a, b: d(m).Beta(a + 1, b),
    "Binomial": lambda m, a, b: d(m).Binomial(5, a),
    "Cauchy": lambda m, a, b: d(m).Cauchy(a, b),
    "ContinuousBernoulli": lambda m, a, b: d(m).ContinuousBernoulli(a * 0.7),
    "Exponential": lambda m, a, b: d(m).Exponential(b),
    "Gamma": lambda m, a, b: d(m).Gamma(b, a + 1),
    "Gumbel": lambda m, a, b: d(m).Gumbel(a, b),
    "HalfNormal": lambda m, a, b: d(m).HalfNormal(b),
    "Laplace": lambda m, a, b: d(m).Laplace(a, b),
    "Normal": lambda m, a, b: d(m).Normal(a, b),
    "Pareto": lambda m, a, b: d(m).Pareto(a, b + 2.5),
    "Poisson": lambda m, a, b: d(m).Poisson(b),
    "Uniform": lambda m, a, b: d(m).Uniform(a, a + b),
}


@pytest.mark.parametrize("q", FAMILIES)
@pytest.mark.parametrize("p", FAMILIES)
def test_divergences_between_families(p, q):
    def program(m, a, b):
        return d(m).kl_divergence(FAMILIES[p](m, a, b), FAMILIES[q](m, a.flip(0) * 0.9, b * 1.5))

    given = [x.astype("float32") for x in (PROBS * 0.9, SCALE)]  # PyTorch's trigamma is right to 1e-10 or so
    try:
        theirs = program(torch, *map(torch.from_numpy, given))
    except NotImplementedError:
        with pytest.raises(NotImplementedError, match=r"there is no divergence of"):
            program(tg, *map(tg.from_numpy, given))
        return
    ours = program(tg, *map(tg.from_numpy, given))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), 1e-4, 1e-5)
    if torch.isfinite(theirs).all():
        hold(program, *given, lenient=True)


def test_divergences_of_classes_derived_from_those_of_a_rule():
    chi, gamma = d(tg).Chi2(tg.tensor(3.0)), d(tg).Gamma(tg.tensor(1.5), tg.tensor(0.5))
    for other in (d(tg).Normal(0.0, 1.0), d(tg).Exponential(2.0), d(tg).Beta(1.0, 1.0)):
        assert d(tg).kl_divergence(chi, other).item() == pytest.approx(d(tg).kl_divergence(gamma, other).item())
    assert d(tg).kl_divergence(d(tg).Exponential(1.0), chi).isfinite().item()


@pytest.mark.parametrize("row", DIVERGENCES)
def test_divergences(row):
    kind, p, q = DIVERGENCES[row]

    def program(m, *given):
        return d(m).kl_divergence(getattr(d(m), kind)(*given[: len(p)]), getattr(d(m), kind)(*given[len(p) :]))

    hold(program, *in_turn(row, (*p, *q)))


def test_divergences_of_what_rules_something_out():
    def program(m, p, q):
        bernoulli = d(m).kl_divergence(d(m).Bernoulli(p), d(m).Bernoulli(q))
        classes = [d(m).Categorical(x / x.sum(-1, keepdim=True)) for x in (p, q)]
        return bernoulli, d(m).kl_divergence(*classes)

    hold(program, CHANCE, CHANCE[:, ::-1].copy(), backward=False)
    independent = lambda m, a, b: d(m).Independent(d(m).Normal(a, b), 1)  # noqa: E731
    hold(
        lambda m, a, b: d(m).kl_divergence(independent(m, a, b), independent(m, a * 2, b + 1)),
        PLACE,
        SCALE,
    )


LOWER = np.random.default_rng(0).standard_normal((2, 3, 3))
TRANSFORMS = {
    "StickBreaking": (lambda m: d(m).StickBreakingTransform(), PLACE * 2),
    "CorrCholesky": (lambda m: d(m).CorrCholeskyTransform(), PLACE * 2),
    "LowerCholesky": (lambda m: d(m).LowerCholeskyTransform(), LOWER),
    "PositiveDefinite": (lambda m: d(m).PositiveDefiniteTransform(), LOWER),
    "Cat": (lambda m: d(m).CatTransform([d(m).ExpTransform(), d(m).TanhTransform()], -1, [1, 2]), PLACE),
    "Cat of vectors": (
        lambda m: d(m).CatTransform([d(m).SoftmaxTransform(), d(m).SoftmaxTransform()], 0, [1, 1]),
        PLACE,
    ),
    "CumulativeDistribution": (lambda m: d(m).CumulativeDistributionTransform(d(m).Laplace(0.5, 2.0)), PLACE),
    "Reshape": (lambda m: d(m).ReshapeTransform((3, 3), (9,)), LOWER),
    "Stack": (lambda m: d(m).StackTransform([d(m).ExpTransform(), d(m).AffineTransform(1.0, 2.0)], dim=-2), PLACE),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_of_vectors_and_matrices(name):
    make, x = TRANSFORMS[name]
    hold(lambda m, x: make(m)(x), x)
    hold(lambda m, x: make(m).inv(make(m)(x)), x)
    if name not in {"LowerCholesky", "PositiveDefinite", "Cat of vectors"}:
        hold(lambda m, x: make(m).log_abs_det_jacobian(x, make(m)(x)), x)
        hold(lambda m, x: make(m).inv.log_abs_det_jacobian(make(m)(x), x), x)
    for shape in (x.shape, (5, *x.shape)):
        ours, theirs = make(tg), make(torch)
        assert ours.forward_shape(shape) == tuple(theirs.forward_shape(torch.Size(shape)))
        there = ours.forward_shape(shape)
        assert ours.inverse_shape(there) == tuple(theirs.inverse_shape(torch.Size(there))) == shape


SETS = {
    "real": lambda c: c.real,
    "positive": lambda c: c.positive,
    "unit_interval": lambda c: c.unit_interval,
    "greater_than": lambda c: c.greater_than(1.5),
    "less_than": lambda c: c.less_than(1.5),
    "interval": lambda c: c.interval(1.0, 3.0),
    "simplex": lambda c: c.simplex,
    "real_vector": lambda c: c.real_vector,
    "positive vectors": lambda c: c.independent(c.positive, 1),
    "lower_cholesky": lambda c: c.lower_cholesky,
    "corr_cholesky": lambda c: c.corr_cholesky,
    "positive_definite": lambda c: c.positive_definite,
    "positive_semidefinite": lambda c: c.positive_semidefinite,
    "cat": lambda c: c.cat([c.positive, c.unit_interval], -1, [1, 2]),
    "stack": lambda c: c.stack([c.positive, c.unit_interval, c.real], -2),
}
MATRICES = {
    "square": np.ones((2, 3, 3)),
    "not square": np.ones((2, 3, 2)),
    "symmetric": np.stack([np.eye(3), np.ones((3, 3)), np.arange(9.0).reshape(3, 3)]),
    "nearly symmetric": COVARIANCE * (1e6 + np.tri(2)),
    "indefinite": np.stack([np.eye(3), -np.eye(3), np.ones((3, 3))]),
    "lower": np.tril(np.ones((2, 3, 3))),
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("registry", ["transform_to", "biject_to"])
def test_transforms_onto_sets(registry, name):
    def program(m, x):
        return getattr(d(m), registry)(SETS[name](d(m).constraints))(x)

    if registry == "biject_to" and name in {"lower_cholesky", "positive_definite", "positive_semidefinite"}:
        with pytest.raises(NotImplementedError, match="there is no transform onto"):
            program(tg, tg.from_numpy(LOWER))
        return
    hold(program, LOWER)
    inside = SETS[name](d(tg).constraints).check(program(tg, tg.from_numpy(LOWER)))
    assert inside.all()


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize(
    "kind", ["square", "symmetric", "positive_semidefinite", "positive_definite", "lower_triangular", "lower_cholesky"]
)
def test_sets_of_matrices(kind, name):
    if name == "not square" and "lower" in kind:
        return

    def program(m, x):
        found = getattr(d(m).constraints, kind)
        return m.tensor(found.event_dim), found.check(x)

    hold(program, MATRICES[name], backward=False)


def test_sets_made_of_others():
    """Whether they are discrete, how many dimensions their events have, and what lies in them."""
    for make in (
        lambda c: c.cat([c.positive, c.boolean], -1, [1, 2]),
        lambda c: c.stack([c.positive, c.boolean, c.real], -1),
        lambda c: c.stack([c.simplex, c.real_vector]),
        lambda c: c.independent(c.boolean, 1),
        lambda c: c.MixtureSameFamilyConstraint(c.simplex),
        lambda c: c.dependent(is_discrete=True, event_dim=1)(event_dim=2),
        lambda c: c.multinomial(2),
    ):
        ours, theirs = (make(d(m).constraints) for m in (tg, torch))
        assert (ours.is_discrete, ours.event_dim) == (theirs.is_discrete, theirs.event_dim)
        if not d(tg).constraints.is_dependent(ours):
            values = np.abs(PLACE) if ours.event_dim < 2 else PROBS
            assert ours.check(tg.from_numpy(values)).tolist() == theirs.check(torch.from_numpy(values)).tolist()
    for m in (tg, torch):
        assert [d(m).Uniform.support.is_discrete, d(m).Binomial.support.is_discrete] == [False, True]
        with pytest.raises(NotImplementedError):
            _ = d(m).Independent.support.event_dim
        # components with ranges of their own: a value is one that all can have
        mixture = d(m).MixtureSameFamily(d(m).Categorical(m.ones(2)), d(m).Uniform(m.zeros(2), m.tensor([1.0, 2.0])))
        assert mixture.support.check(m.tensor([0.5, 1.5])).tolist() == [True, False]
        with pytest.raises(ValueError, match=r"support|within"):
            mixture.log_prob(m.tensor([0.5, 1.5]))


def test_divergences_of_vectors_whose_covariances_have_few_dimensions():
    def program(m, a, w, b, s):
        low, full = d(m).LowRankMultivariateNormal(a, w, b), d(m).MultivariateNormal(a[0] * 2, s)
        return d(m).kl_divergence(low, full), d(m).kl_divergence(full, low)

    hold(program, PLACE[:, :2], MATRIX[..., :1].copy(), SCALE[1:], COVARIANCE)
    for m in (tg, torch):
        with pytest.raises(ValueError, match=r"event"):
            d(m).kl_divergence(*[d(m).MultivariateNormal(m.zeros(n), m.eye(n)) for n in (2, 3)])


NATURAL = {
    "Normal": lambda m, a, b: d(m).Normal(a, b),
    "Exponential": lambda m, a, b: d(m).Exponential(b),
    "Gamma": lambda m, a, b: d(m).Gamma(b + 1, b),
    "Beta": lambda m, a, b: d(m).Beta(b, b + 0.5),
    "Dirichlet": lambda m, a, b: d(m).Dirichlet(b + 0.5),
    "Bernoulli": lambda m, a, b: d(m).Bernoulli(logits=a),
    "ContinuousBernoulli": lambda m, a, b: d(m).ContinuousBernoulli(logits=a * 2),
    "Poisson": lambda m, a, b: d(m).Poisson(b),
    "Wishart": lambda m, a, b: d(m).Wishart(b[0] + 3, m.diag(b)),
}


@pytest.mark.parametrize("name", NATURAL)
def test_exponential_families(name):
    """What follows from the normalizer agrees with the closed forms, and has gradients, which PyTorch's lacks."""
    (a, b), (u, v) = (in_float32(m, PLACE, SCALE) for m in (tg, torch))
    ours, theirs = NATURAL[name](tg, a, b), NATURAL[name](torch, u, v)
    for mine, reference in zip(ours._natural_params, theirs._natural_params, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), reference.detach().numpy(), rtol=1e-4, atol=1e-5)
    normalizers = [x._log_normalizer(*x._natural_params).detach().numpy() for x in (ours, theirs)]
    np.testing.assert_allclose(*normalizers, rtol=1e-4, atol=1e-5)
    other = NATURAL[name](tg, a.flip(0) + 0.3, b * 1.5)
    rule = d(tg).kl.RULES[d(tg).ExponentialFamily, d(tg).ExponentialFamily]
    divergences = rule(ours, other), d(tg).kl_divergence(ours, other)
    np.testing.assert_allclose(*[x.detach().numpy() for x in divergences], rtol=1e-3, atol=1e-4)
    slopes = [tg.autograd.grad(x.sum(), b, retain_graph=True, allow_unused=True) for x in divergences]
    if "Bernoulli" not in name:
        np.testing.assert_allclose(*[x[0].numpy() for x in slopes], rtol=2e-3, atol=1e-3)
    if name not in {"Beta", "Dirichlet", "Poisson"}:  # which have another measure
        entropies = d(tg).ExponentialFamily.entropy(ours), ours.entropy()
        np.testing.assert_allclose(*[x.detach().numpy() for x in entropies], rtol=1e-4, atol=1e-4)


def test_exponential_families_of_ones_own():
    """Maxwell's speeds, x^2 exp(-x^2 / 2 s), by their natural parameter alone; k is log x^2."""
    for m in (tg, torch):

        class Maxwell(d(m).ExponentialFamily):
            arg_constraints = {}  # noqa: RUF012

            def __init__(self, spread):
                self.spread = spread
                super().__init__(spread.shape)

            @property
            def _natural_params(self):
                return (-0.5 / self.spread,)

            def _log_normalizer(self, x):
                return -1.5 * (-x).log() + 0.5 * np.log(np.pi) - np.log(4)

            @property
            def _mean_carrier_measure(self):
                return self.spread.log() + 2 - np.euler_gamma - np.log(2)

        p, q = Maxwell(m.tensor([1.0, 2.0])), Maxwell(m.tensor([1.5, 2.0]))
        found = d(m).kl_divergence(p, q).tolist()
        assert found == pytest.approx([1.5 * (2 / 3 - 1 - np.log(2 / 3)), 0], abs=1e-6)
        with pytest.raises(NotImplementedError):
            d(m).kl_divergence(p, d(m).Poisson(m.tensor([1.0, 2.0])))
        with pytest.raises(NotImplementedError):
            d(m).Poisson(1.0).entropy()


def in_float32(m, *parameters):
    return [m.tensor(x.astype("float32"), requires_grad=True) for x in parameters]


@pytest.mark.parametrize("name", ["log_prob", "variance"])
def test_von_mises(name):
    """PyTorch's Bessel functions are right to 1e-7 or so."""
    results = []
    for m in (tg, torch):
        loc, concentration, value = in_float32(m, PLACE, SCALE * 3, PLACE * 9)
        made = d(m).VonMises(loc, concentration)
        out = made.log_prob(value) if name == "log_prob" else made.variance
        out.sum().backward()
        assert repr(made).startswith("VonMises(loc: ")
        results.append([x.detach().numpy() for x in (out, concentration.grad)])
    for ours, theirs in zip(*results, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("concentration", [0.7, 0.0, -0.4, -1.0])
@pytest.mark.parametrize("name", ["log_prob", "cdf", "icdf", "log_survival_function", "mean", "variance", "entropy"])
def test_generalized_pareto(name, concentration):
    """PyTorch's compares its concentration with a float32 number, so that of float64 has no density there."""
    results = []
    for m in (tg, torch):
        loc, scale, value = in_float32(m, PLACE, SCALE, PROBS / 2 if name == "icdf" else PLACE + SCALE * PROBS)
        made = d(m).GeneralizedPareto(loc, scale, m.tensor(concentration, requires_grad=True))
        found = getattr(made, name)
        out = found(value) if name in {"log_prob", "cdf", "icdf", "log_survival_function"} else called(made, name)
        out.sum().backward()
        results.append([x.detach().numpy() for x in (out, scale.grad)])
        results[-1].append([float(x) for x in made.support.upper_bound.detach().reshape(-1)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


def test_equal_transforms_and_what_they_keep():
    for m in (tg, torch):
        t = d(m).transforms
        for make in (
            lambda t=t, m=m: t.PowerTransform(m.tensor(2.0)),
            lambda t=t: t.ComposeTransform([t.ExpTransform(), t.AffineTransform(1.0, 2.0)]),
            lambda t=t: t.IndependentTransform(t.ExpTransform(), 1),
            lambda t=t: t.ExpTransform().inv,
        ):
            assert make() == make() or m is torch  # which has no equality of independent ones
            assert make() != t.TanhTransform()
            kept = make().with_cache()
            x = m.ones(3) / 2
            assert kept.inv(kept(x)) is x
        assert t.PowerTransform(m.tensor(2.0)) != t.PowerTransform(m.tensor(3.0))
        assert repr(t.IndependentTransform(t.ExpTransform(), 1)) == "IndependentTransform(ExpTransform(), 1)"
        assert repr(d(m).constraints.real_vector) == "IndependentConstraint(Real(), 1)"


def stretched(m, loc):
    """Rows of normal numbers, of which each is stretched as one."""
    return d(m).TransformedDistribution(d(m).Normal(m.full((2, 3), loc), 1.0), [d(m).AffineTransform(1.0, 2.0, 1)])


def test_values_of_another_dtype_and_numbers():
    """PyTorch's Gamma and HalfCauchy, and vectors of a batch, have densities of the dtype of their parameters."""
    for make in (
        lambda m: d(m).Gamma(m.ones(2), 1.0).log_prob(m.ones(2, dtype=m.float64)),
        lambda m: d(m).HalfCauchy(m.ones(2)).log_prob(m.ones(2, dtype=m.float64)),
        lambda m: d(m).HalfNormal(m.ones(2)).log_prob(m.ones(2, dtype=m.float64)),
        lambda m: d(m).Chi2(m.ones(2)).log_prob(1.5),
        lambda m: d(m).MultivariateNormal(m.zeros(2, 3), m.eye(3).expand(2, 3, 3)).log_prob(m.ones(3, dtype=m.float64)),
        lambda m: d(m).AffineTransform(0.0, m.tensor([1.0, 2.0]), event_dim=1).log_abs_det_jacobian(m.ones(1), 0),
        lambda m: d(m).AffineTransform(0.0, 3.0, event_dim=2).log_abs_det_jacobian(m.ones(2, 3, 4), m.ones(2, 3, 4)),
        lambda m: d(m).kl_divergence(*[stretched(m, loc) for loc in (0.0, 1.0)]),
    ):
        ours, theirs = make(tg), make(torch)
        assert_same(ours, theirs, "a density")


def test_corners():
    """What lies outside of a support, counts as floats, matrices of which some are definite, sets of an instance."""
    for m in (tg, torch):
        with pytest.raises(ValueError, match=r"True|^$"):
            d(m).Distribution.set_default_validate_args(3)
        assert d(m).HalfNormal(1.0, validate_args=False).log_prob(m.tensor(-1.0)).item() == -np.inf
        assert "float32" in str(d(m).Binomial(m.tensor([2, 3]), m.tensor([0.5, 0.5])).total_count.dtype)
        matrices = m.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])
        assert d(m).constraints.positive_definite.check(matrices).tolist() == [True, False]
        assert d(m).constraints.is_dependent(d(m).Uniform.support)
        factors = m.tensor([[[1.0, 0.0], [0.6, 0.8]], [[1.0, 0.0], [0.6, 0.7]], [[1.0, 0.1], [0.6, 0.8]]])
        assert d(m).constraints.corr_cholesky.check(factors).tolist() == [True, False, False]
        relaxed = d(m).RelaxedOneHotCategorical(m.tensor([7.2]), logits=m.zeros(4)).expand((3,))
        assert relaxed.log_prob(m.full((4,), 0.25)).shape == (3,)


WRONG = [
    lambda m: d(m).Normal(m.zeros(2), m.tensor([1.0, -1.0])),
    lambda m: d(m).Normal(m.tensor(float("nan")), 1.0),
    lambda m: d(m).Normal("a", 1.0),
    lambda m: d(m).Normal(0.0, 1.0).log_prob(1.0),
    lambda m: d(m).Normal(m.zeros(3), 1.0).log_prob(m.zeros(2)),
    lambda m: d(m).Normal(0.0, 1.0).log_prob(m.tensor(float("nan"))),
    lambda m: d(m).Categorical(m.tensor([0.5, -0.5])),
    lambda m: d(m).Multinomial(-1, m.tensor([0.5, 0.5])),
    lambda m: d(m).IndependentTransform(d(m).ExpTransform(), 1)(m.tensor(1.0)),
    lambda m: d(m).IndependentTransform(d(m).ExpTransform(), 1).inv(m.tensor(1.0)),
    lambda m: d(m).Categorical(m.tensor([0.5, 0.5]), m.tensor([0.5, 0.5])),
    lambda m: d(m).Categorical(),
    lambda m: d(m).Categorical(m.tensor(1.0)),
    lambda m: d(m).Categorical(m.ones(3)).log_prob(m.tensor(3)),
    lambda m: d(m).Categorical(logits=m.tensor([0.0, float("nan")])),
    lambda m: d(m).Bernoulli(m.tensor(1.5)),
    lambda m: d(m).Bernoulli(0.5).log_prob(m.tensor(0.5)),
    lambda m: d(m).Bernoulli(0.5, 0.5),
    lambda m: d(m).Uniform(1.0, 1.0),
    lambda m: d(m).LKJCholesky(1),
    lambda m: d(m).LKJCholesky(3, 0.0),
    lambda m: d(m).LKJCholesky(2).log_prob(m.ones(2, 2)),
    lambda m: d(m).CorrCholeskyTransform().forward_shape((4,)),
    lambda m: d(m).CorrCholeskyTransform().inverse_shape((3, 2)),
    lambda m: d(m).Uniform(0.0, 1.0).log_prob(m.tensor(2.0)),
    lambda m: d(m).Exponential(-1.0),
    lambda m: d(m).Exponential(1.0).log_prob(m.tensor(-1.0)),
    lambda m: d(m).Gamma(1.0, 0.0),
    lambda m: d(m).MultivariateNormal(m.zeros(2), m.tensor([[1.0, 2.0], [2.0, 1.0]])),
    lambda m: d(m).MultivariateNormal(m.zeros(2)),
    lambda m: d(m).MultivariateNormal(m.zeros(2), scale_tril=m.tensor([[1.0, 1.0], [0.0, 1.0]])),
    lambda m: d(m).OneHotCategorical(m.ones(3)).log_prob(m.ones(3)),
    lambda m: d(m).Independent(d(m).Normal(m.zeros(2), 1.0), 2),
    lambda m: d(m).Geometric(0.0),
    lambda m: d(m).Poisson(-1.0),
    lambda m: d(m).Dirichlet(m.tensor([1.0, 0.0])),
    lambda m: d(m).Beta(0.0, 1.0),
    lambda m: d(m).TransformedDistribution(d(m).Normal(0.0, 1.0), ["exp"]),
]


@pytest.mark.parametrize("place", range(len(WRONG)))
def test_what_is_refused(place):
    for m in (torch, tg):
        with pytest.raises(ValueError, match=r"."):
            WRONG[place](m)


@pytest.mark.parametrize("kind", ["Normal", "Laplace", "Gumbel", "Cauchy", "LogNormal"])
def test_gradients_of_samples_are_those_of_the_formula(kind):
    """The same uniform or normal numbers, read off our samples, give PyTorch's gradients."""
    a, b = (tg.tensor(x, requires_grad=True) for x in (PLACE, SCALE))
    ours = getattr(tg.distributions, kind)(a, b).rsample((5,))
    ours.sum().backward()
    x, y = (torch.tensor(v, requires_grad=True) for v in (PLACE, SCALE))
    theirs = getattr(torch.distributions, kind)(x, y)
    base = theirs.base_dist if hasattr(theirs, "base_dist") else theirs
    drawn = torch.from_numpy(ours.detach().numpy())
    standard = ((drawn.log() if kind == "LogNormal" else drawn) - x) / y
    again = x + y * standard.detach()
    (again.exp() if kind == "LogNormal" else again).sum().backward()
    assert base.has_rsample
    assert_same(a.grad, x.grad, "loc")
    assert_same(b.grad, y.grad, "scale")
