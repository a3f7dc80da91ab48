"""Distributions: their samples beside what they say of themselves, densities that sum to one, gradients of samples."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import distributions as d
from tinygrad_edu import nn
from tinygrad_edu.distributions.gamma import drawn_gamma

PLACE, SCALE = tg.tensor([-1.0, 0.5]), tg.tensor([0.5, 2.0])
PROBS = tg.tensor([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]])
MATRIX = tg.tensor([[1.0, 0.0], [0.8, 0.6]])

WITH_MOMENTS = [
    d.Normal(PLACE, SCALE),
    d.LogNormal(PLACE, SCALE / 4),
    d.HalfNormal(SCALE),
    d.Laplace(PLACE, SCALE),
    d.Gumbel(PLACE, SCALE),
    d.Uniform(PLACE, PLACE + SCALE),
    d.Exponential(SCALE),
    d.Gamma(SCALE + 1, SCALE + 1),
    d.Chi2(SCALE + 2),
    d.Beta(SCALE + 1, SCALE + 2),
    d.StudentT(SCALE + 9, PLACE, SCALE),
    d.NegativeBinomial(SCALE * 4, SCALE / 4),
    d.Pareto(SCALE, SCALE + 6),
    d.Weibull(SCALE, SCALE + 1),
    d.Kumaraswamy(SCALE + 1, SCALE + 2),
    d.InverseGamma(SCALE + 6, SCALE),
    d.FisherSnedecor(SCALE + 9, SCALE + 19),
    d.Multinomial(7, PROBS),
    d.Dirichlet(PROBS * 5),
    d.ContinuousBernoulli(PROBS),
    d.ContinuousBernoulli(logits=tg.tensor([0.001, 9.0])),
    d.GeneralizedPareto(PLACE, SCALE, tg.tensor([0.1, -0.4])),
    d.LowRankMultivariateNormal(PLACE, tg.tensor([[[1.0], [0.8]], [[0.0], [2.0]]]), SCALE),
    d.Wishart(tg.tensor([2.5, 9.0]), scale_tril=MATRIX),
    d.Bernoulli(PROBS),
    d.Binomial(7, PROBS),
    d.Geometric(PROBS),
    d.Poisson(SCALE),
    d.OneHotCategorical(PROBS),
    d.MultivariateNormal(PLACE, scale_tril=MATRIX),
    d.Independent(d.Normal(PLACE, SCALE), 1),
    d.MixtureSameFamily(d.Categorical(PROBS[0]), d.Normal(tg.tensor([-2.0, 0.0, 3.0]), 0.5)),
    d.MixtureSameFamily(d.Categorical(PROBS), d.Independent(d.Normal(tg.arange(12.0).reshape(2, 3, 2), 0.5), 1)),
]


@pytest.mark.parametrize("distribution", WITH_MOMENTS, ids=lambda x: type(x).__name__)
def test_samples_have_the_mean_and_the_variance(distribution):
    tg.manual_seed(0)
    drawn = distribution.sample((4000,)).numpy()
    assert drawn.shape == (4000, *distribution.batch_shape, *distribution.event_shape)
    spread = np.sqrt(distribution.variance.numpy())
    np.testing.assert_array_less(abs(drawn.mean(0) - distribution.mean.numpy()), 5 * spread / math.sqrt(4000) + 1e-6)
    np.testing.assert_allclose(drawn.var(0), distribution.variance.numpy(), rtol=0.25, atol=1e-6)
    assert not distribution.sample().requires_grad


@pytest.mark.parametrize(
    "distribution",
    [x for x in WITH_MOMENTS if x.batch_shape != () and x.event_shape == () and not x.has_enumerate_support],
    ids=lambda x: type(x).__name__,
)
def test_densities_integrate_to_one(distribution):
    if distribution.support.is_discrete:
        total = distribution.log_prob(tg.arange(200.0).reshape(-1, *[1] * len(distribution.batch_shape))).exp().sum(0)
    else:
        at = np.linspace(-40, 60, 200001, dtype=np.float32).reshape(-1, *[1] * len(distribution.batch_shape))
        distribution = copy.copy(distribution)
        distribution._validate_args = False
        inside = distribution.support.check(tg.from_numpy(at)).numpy() & (at != 0) & (at != 1)
        within = tg.from_numpy(np.where(inside, at, distribution.mean.numpy()))
        density = np.exp(distribution.log_prob(within).numpy().astype(float)) * inside
        total = density.sum(0) * (100 / 200000)
    np.testing.assert_allclose(np.asarray(total), 1, atol=0.02)


def test_the_classes_that_can_be_enumerated_have_probabilities_that_sum_to_one():
    for x in (d.Categorical(PROBS), d.OneHotCategorical(PROBS), d.Bernoulli(PROBS), d.Binomial(5, PROBS)):
        values = x.enumerate_support()
        assert values.shape[1:] == (*x.batch_shape, *x.event_shape)
        np.testing.assert_allclose(x.log_prob(values).exp().sum(0).numpy(), 1, rtol=1e-5)
        assert x.enumerate_support(expand=False).shape[0] == values.shape[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b: d.Normal(a, b),
        lambda a, b: d.LogNormal(a, b),
        lambda a, b: d.Laplace(a, b),
        lambda a, b: d.Gumbel(a, b),
        lambda a, b: d.Cauchy(a, b),
        lambda a, b: d.Uniform(a, a + b),
        lambda a, b: d.Exponential(b + a * 0),
        lambda a, b: d.Independent(d.Normal(a, b), 1),
        lambda a, b: d.MultivariateNormal(a, scale_tril=tg.diag(b)),
        lambda a, b: d.ContinuousBernoulli(logits=a * b),
        lambda a, b: d.GeneralizedPareto(a, b, a),
        lambda a, b: d.LowRankMultivariateNormal(a, (a * b).unsqueeze(-1), b),
        lambda a, b: d.Wishart(3.0, scale_tril=tg.diag(b) + a.diag(-1)[:2, :2]),
        lambda a, b: d.RelaxedOneHotCategorical(tg.tensor(0.5), logits=a * b),
        lambda a, b: d.RelaxedBernoulli(tg.tensor(0.5), logits=a * b),
        lambda a, b: d.TransformedDistribution(d.Normal(a, b), [d.TanhTransform(), d.AffineTransform(1, b)]),
    ],
)
def test_gradients_of_samples(make):
    """rsample with the same numbers drawn again is a function of the parameters like any other."""

    def sample(a, b):
        tg.manual_seed(3)
        return make(a, b).rsample((3,))

    inputs = [tg.tensor(x.numpy(), dtype=tg.float64, requires_grad=True) for x in (PLACE / 4, SCALE)]
    assert tg.autograd.gradcheck(sample, inputs)
    assert make(*inputs).has_rsample


MADE_OF = {
    "Normal": (0.0, 1.0),
    "LogNormal": (0.0, 1.0),
    "HalfNormal": (1.0,),
    "HalfCauchy": (1.0,),
    "Cauchy": (0.0, 1.0),
    "Laplace": (0.0, 1.0),
    "Gumbel": (0.0, 1.0),
    "Uniform": (0.0, 1.0),
    "Exponential": (1.0,),
    "VonMises": (0.0, 1.0),
    "ContinuousBernoulli": (0.3,),
    "GeneralizedPareto": (0.0, 1.0, 0.1),
    "Gamma": (1.0, 1.0),
    "InverseGamma": (1.0, 1.0),
    "Chi2": (1.0,),
    "Beta": (1.0, 1.0),
    "StudentT": (3.0,),
    "FisherSnedecor": (3.0, 3.0),
    "Pareto": (1.0, 1.0),
    "Weibull": (1.0, 1.0),
    "Kumaraswamy": (1.0, 1.0),
    "Poisson": (1.0,),
    "Geometric": (0.5,),
    "Bernoulli": (0.5,),
    "Binomial": (3, tg.tensor(0.5)),
    "NegativeBinomial": (3.0, 0.5),
    "Multinomial": (3, PROBS),
    "Categorical": (PROBS,),
    "OneHotCategorical": (PROBS,),
    "Dirichlet": (PROBS,),
    "LogisticNormal": (PLACE, SCALE),
    "MultivariateNormal": (PLACE, None, None, MATRIX),
    "Wishart": (3.0, None, None, MATRIX),
    "relaxed.LogitRelaxedBernoulli": (0.5, tg.tensor(0.5)),
}


COUNTS = {"Poisson", "Geometric", "Bernoulli", "Binomial", "NegativeBinomial", "Multinomial", "Categorical"}
COUNTS |= {"OneHotCategorical"}


@pytest.mark.parametrize("name", MADE_OF)
def test_which_are_discrete_and_which_have_gradients(name):
    made = operator.attrgetter(name)(d)(*MADE_OF[name])
    assert made.has_rsample is (name not in COUNTS | {"VonMises"})
    assert made.support.is_discrete is (name in COUNTS)
    assert made.has_enumerate_support is (name in {"Bernoulli", "Binomial", "Categorical", "OneHotCategorical"})
    assert made.sample().dtype == (tg.int64 if name == "Categorical" else tg.float32)


@pytest.mark.parametrize("name", MADE_OF)
def test_arguments_and_values_are_checked_unless_one_asks_for_no_checks(name):
    kind, arguments = operator.attrgetter(name)(d), MADE_OF[name]
    broken = tuple(x * math.nan if isinstance(x, float | tg.Tensor) else x for x in arguments)
    assert kind(*arguments)._validate_args
    unchecked = kind(*broken, validate_args=False)
    assert not unchecked._validate_args
    with pytest.raises(ValueError, match=r"must satisfy|needs low"):
        kind(*broken, validate_args=True)
    drawn = kind(*arguments).sample()
    assert drawn.shape == kind(*arguments).batch_shape + kind(*arguments).event_shape
    outside = tg.full(drawn.shape, math.nan if name != "Categorical" else 3.5)
    with pytest.raises(ValueError, match="within the support"):
        kind(*arguments).log_prob(outside)
    if kind.cdf is not d.Distribution.cdf and name not in ("InverseGamma", "LogisticNormal"):  # of what has none
        with pytest.raises(ValueError, match="within the support"):
            kind(*arguments).cdf(outside)


def test_what_cannot_be_differentiated_says_so():
    for x in (d.Poisson(1.0), d.Categorical(PROBS), d.Bernoulli(0.5)):
        assert not x.has_rsample
        with pytest.raises(NotImplementedError, match=f"{type(x).__name__} has no rsample"):
            x.rsample()


def test_the_gradient_passes_straight_through_a_choice():
    logits = tg.zeros(3, requires_grad=True)
    chosen = d.OneHotCategoricalStraightThrough(logits=logits).rsample()
    (chosen * tg.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert sorted(chosen.tolist()) == [0, 0, 1]
    np.testing.assert_allclose(logits.grad.numpy(), [-1 / 3, 0, 1 / 3], atol=1e-6)


def test_what_is_kept_of_logits_is_differentiable_though_first_asked_for_without_gradients():
    logits = tg.tensor([0.1, 0.2], requires_grad=True)
    chosen = d.Categorical(logits=logits)
    with tg.no_grad():
        chosen.sample()
    assert chosen.probs.requires_grad


def test_a_transform_that_keeps_its_last_pair():
    squash = d.TanhTransform(cache_size=1)
    x = tg.tensor([0.5, 12.0])
    assert squash.inv(squash(x)) is x
    assert not d.TanhTransform().inv(squash(x)).isfinite().all()
    policy = d.TransformedDistribution(d.Normal(x, 1.0), [squash])
    assert policy.log_prob(policy.rsample()).isfinite().all()
    with pytest.raises(ValueError, match="cache_size is 0 or 1"):
        d.TanhTransform(cache_size=2)


def test_transforms_are_inverted_and_know_by_how_much_they_stretch():
    x = tg.tensor([0.2, 1.5], dtype=tg.float64)
    for f in (
        d.ExpTransform(),
        d.SigmoidTransform(),
        d.TanhTransform(),
        d.SoftplusTransform(),
        d.AffineTransform(1.0, -2.0),
        d.PowerTransform(2.0),
        d.ComposeTransform([d.ExpTransform(), d.AffineTransform(1.0, 2.0)]),
        d.TanhTransform().inv.inv,
        d.IndependentTransform(d.ExpTransform(), 0),
    ):
        y = f(x)
        np.testing.assert_allclose(f.inv(y).numpy(), x.numpy(), rtol=1e-6)
        slope = tg.autograd.functional.jacobian(f, x).diagonal().abs().log()
        np.testing.assert_allclose(f.log_abs_det_jacobian(x, y).numpy(), slope.numpy(), rtol=1e-6)
        np.testing.assert_allclose(f.inv.log_abs_det_jacobian(y, x).numpy(), -slope.numpy(), rtol=1e-6)


def test_a_distribution_of_ones_own():
    class Delta(d.Distribution):
        arg_constraints = {"at": d.constraints.real}  # noqa: RUF012

        def __init__(self, at, validate_args=None):
            self.at = at
            super().__init__(at.shape, validate_args=validate_args)

        @d.constraints.dependent_property(is_discrete=True, event_dim=0)
        def support(self):
            return d.constraints.interval(self.at, self.at)

        def rsample(self, sample_shape=()):
            return self.at.expand(self._extended_shape(sample_shape))

        def log_prob(self, value):
            self._validate_sample(value)
            return value * 0

    x = Delta(tg.tensor([1.0, 2.0]))
    assert x.sample((3,)).shape == x.expand((3, 2)).sample().shape == (3, 2)
    assert x.log_prob(x.sample()).tolist() == [0, 0]
    with pytest.raises(ValueError, match="within the support"):
        x.log_prob(tg.tensor([1.0, 3.0]))
    with pytest.raises(NotImplementedError, match="Delta has no mean"):
        x.mean  # noqa: B018
    with pytest.raises(NotImplementedError, match="no divergence of Normal from Delta"):
        d.kl_divergence(x, d.Normal(0.0, 1.0))

    @d.register_kl(Delta, d.Normal)
    def to_normal(p, q):
        return -q.log_prob(p.at)

    assert d.kl_divergence(x, d.Normal(0.0, 1.0)).shape == (2,)


@pytest.mark.parametrize("distribution", WITH_MOMENTS, ids=lambda x: type(x).__name__)
def test_copies(distribution):
    copies = copy.deepcopy(distribution), pickle.loads(pickle.dumps(distribution))
    assert {repr(again) for again in copies} == {repr(distribution)}
    for again in copies:
        value = distribution.sample()
        assert again.log_prob(value).tolist() == distribution.log_prob(value).tolist()


def test_arguments_go_unchecked_where_asked_for():
    assert d.Normal(0.0, -1.0, validate_args=False).scale == -1
    d.Distribution.set_default_validate_args(False)
    try:
        assert d.Uniform(0.0, 1.0).log_prob(tg.tensor(3.0)) == -math.inf
    finally:
        d.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match=r"the parameter scale of Normal must satisfy GreaterThan\(lower_bound=0.0\)"):
        d.Normal(0.0, -1.0)
    with pytest.raises(ValueError, match="Normal takes values of shape"):
        d.Normal(tg.zeros(3), 1.0).log_prob(tg.zeros(2))


def test_a_sample_moves_with_its_concentration_as_its_quantile_does():
    # differences of the fourth order of SciPy's gammaincinv at the samples' probabilities
    slopes = [0.8311543, 1.00980195, 1.34988107, 0.77259058, 1.01704939]
    concentration = tg.tensor([0.05, 0.5, 3.0, 20.0, 300.0], dtype=tg.float64, requires_grad=True)
    sample = np.array([0.01, 0.3, 5.0, 12.0, 310.0])
    drawn_gamma(concentration, sample=sample).sum().backward()
    np.testing.assert_allclose(concentration.grad.numpy(), slopes, 1e-8)


def test_expectations_are_differentiated_through_samples():
    tg.manual_seed(0)
    c, rate = (tg.tensor(x, requires_grad=True) for x in ([0.5, 2.0, 7.0], [1.0, 2.0, 3.0]))
    cases = [
        (d.Gamma(c, rate), lambda c, rate: c / rate),
        (d.Chi2(c), lambda c, rate: c),
        (d.Beta(c, rate), lambda c, rate: c / (c + rate)),
        (d.Dirichlet(c), lambda c, rate: c / c.sum()),
    ]
    weights = tg.tensor([1.0, -2.0, 0.5])
    for drawn, mean in cases:
        found = tg.autograd.grad((drawn.rsample((20000,)).mean(0) * weights).sum(), [c, rate], allow_unused=True)
        expected = tg.autograd.grad((mean(c, rate) * weights).sum(), [c, rate], allow_unused=True)
        for x, y in zip(found, expected, strict=True):
            assert (x is None) == (y is None)
            if x is not None:
                np.testing.assert_allclose(x.numpy(), y.numpy(), 0.05, 0.02)


def test_samples_of_gamma_distributions_are_differentiated_once():
    c = tg.tensor([2.0], requires_grad=True)
    (slope,) = tg.autograd.grad(d.Gamma(c, 1.0).rsample().sum(), c, create_graph=True)
    with pytest.raises(RuntimeError, match="once only"):
        slope.sum().backward()


def test_small_samples_of_gamma_distributions_are_not_zero():
    tg.manual_seed(0)
    assert (d.Gamma(1e-3, 1e3).sample((500,)) >= tg.finfo(tg.float32).tiny).all()
    assert d.InverseGamma(1e-3, 1e3).sample((500,)).isfinite().all()


def test_samples_by_their_number():
    assert d.Normal(PLACE, SCALE).sample_n(3).shape == (3, 2)


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: d.ReshapeTransform((4,), (3,)), ValueError, "the same number of elements"),
        (lambda: d.ReshapeTransform((4,), (2, 2))(tg.ones(3)), ValueError, "an event has shape"),
        (lambda: d.StackTransform([3]), ValueError, "takes Transforms"),
        (lambda: d.StackTransform([d.ExpTransform()])(tg.ones(2)), ValueError, "one for each transform"),
        (lambda: d.CatTransform([d.ExpTransform()], lengths=[1, 2]), ValueError, "takes 1 lengths"),
        (lambda: d.CatTransform([d.ExpTransform()])(tg.ones(2)), ValueError, "the sections together"),
        (lambda: d.ReshapeTransform((4,), (2, 2)).event_dim, ValueError, "changes it"),
        (lambda: d.constraints.cat([d.constraints.real], lengths=[1, 2]), ValueError, "a length for each"),
        (lambda: d.constraints.cat([d.constraints.real]).check(tg.ones(2)), ValueError, "must have 1 elements"),
        (lambda: d.constraints.stack([d.constraints.real]).check(tg.ones(2)), ValueError, "must have 1 slices"),
        (lambda: d.constraints.square.check(tg.ones(2)), ValueError, "two dimensions or more"),
        (lambda: d.CumulativeDistributionTransform(3), TypeError, "takes a Distribution, got 3"),
        (lambda: d.constraints.stack([3]), TypeError, "takes Constraints"),
        (lambda: d.constraints.independent(3, 1), TypeError, "takes a Constraint"),
        (lambda: d.constraints.independent(d.constraints.real, -1), ValueError, "0 dimensions or more"),
        (lambda: d.constraints.real_vector.check(tg.tensor(1.0)), ValueError, "has 1 dimensions or more"),
        (lambda: d.constraints.MixtureSameFamilyConstraint(3), TypeError, "takes a Constraint"),
        (lambda: d.constraints.dependent.event_dim, NotImplementedError, "ask an instance"),
        (lambda: d.transform_to(d.constraints.boolean), NotImplementedError, "no transform onto Boolean"),
        (lambda: d.biject_to.register(3, d.ExpTransform), TypeError, "registered for a Constraint, got 3"),
    ],
)
def test_what_transforms_refuse(act, error, words):
    with pytest.raises(error, match=words):
        act()


def test_transforms_onto_sets_of_ones_own():
    class Even(d.constraints.Constraint):
        def check(self, value):
            return value % 2 == 0

    d.transform_to.register(Even, lambda constraint: d.AffineTransform(0.0, 2.0))
    assert d.transform_to(Even())(tg.tensor([1.0, 3.0])).tolist() == [2.0, 6.0]
    del d.transform_to._registry[Even]


@pytest.mark.parametrize("registry", [d.transform_to, d.biject_to])
def test_transforms_onto_sets_whose_bounds_are_tensors(registry):
    low, high, zero = tg.tensor([0.0, -1.0]), tg.tensor([1.0, 5.0]), tg.zeros(2)
    between = d.constraints.interval
    assert registry(between(low, high))(zero).tolist() == [0.5, 2.0]
    assert registry(between(low, 1.0))(zero).tolist() == [0.5, 0.0]
    assert registry(between(0.0, high))(zero).tolist() == [0.5, 2.5]
    assert registry(between(0.0, 4.0))(zero).tolist() == [2.0, 2.0]
    assert registry(d.constraints.greater_than(low))(zero).tolist() == [1.0, 0.0]
    assert registry(d.constraints.greater_than_eq(low))(zero).tolist() == [1.0, 0.0]
    assert registry(d.constraints.less_than(high))(zero).tolist() == [0.0, 4.0]
    assert registry(d.constraints.half_open_interval(low, high))(zero).tolist() == [0.5, 2.0]


def test_shares_of_broken_sticks_sum_to_one():
    drawn = d.LogisticNormal(tg.zeros(3), tg.ones(3)).sample((50,))
    assert drawn.shape == (50, 4)
    np.testing.assert_allclose(drawn.sum(-1).numpy(), 1, rtol=1e-5)
    assert d.StickBreakingTransform()(tg.zeros(3)).tolist() == pytest.approx([0.25] * 4)


def test_random_correlations_have_the_variance_of_their_family():
    """Each correlation is 2 b - 1 with b of Beta(a, a), a = c + (n - 2) / 2, of variance 1 / (2 c + n - 1)."""
    tg.manual_seed(0)
    for n, c in ((2, 0.7), (3, 2.0), (4, 1.0)):
        family = d.LKJCholesky(n, c)
        factors = family.sample((4000,))
        assert d.constraints.corr_cholesky.check(factors).all()
        assert family.log_prob(factors).shape == (4000,)
        correlations = (factors @ factors.mT).numpy()[:, *np.tril_indices(n, -1)]
        np.testing.assert_allclose(correlations.mean(0), 0, atol=0.04)
        np.testing.assert_allclose(correlations.var(0), 1 / (2 * c + n - 1), rtol=0.1)
    assert d.LKJCholesky(3, tg.ones(5)).expand((2, 5)).sample((4,)).shape == (4, 2, 5, 3, 3)
    # all correlation matrices of two are equally likely where c is 1
    np.testing.assert_allclose(d.LKJCholesky(2).log_prob(tg.eye(2)), np.log(0.5), rtol=1e-5)


@pytest.mark.parametrize("concentration", [1e-4, 0.7, 4.0, 300.0])
def test_angles_of_von_mises_lie_about_their_mean(concentration):
    tg.manual_seed(0)
    family = d.VonMises(tg.tensor([0.0, 3.0, 1e3], dtype=tg.float64), concentration)
    drawn = family.sample((20000,)).numpy()
    assert abs(drawn).max() <= math.pi
    centre = np.exp(1j * (drawn - family.loc.numpy())).mean(0)
    np.testing.assert_allclose(centre, 1 - family.variance.numpy(), atol=0.02)
    at = np.linspace(-math.pi, math.pi, 10000, endpoint=False)
    density = family.log_prob(tg.from_numpy(at).unsqueeze(-1)).exp().numpy()
    np.testing.assert_allclose(density.mean(0) * 2 * math.pi, 1, rtol=1e-9)
    np.testing.assert_allclose(
        (density * np.exp(1j * at)[:, None]).mean(0) * 2 * math.pi,
        (1 - family.variance.numpy()) * np.exp(1j * family.loc.numpy()),
        atol=1e-9,
    )
    assert d.VonMises(0.5, 1e4).log_prob(tg.tensor(0.5)).item() == pytest.approx(3.686, abs=1e-3)


def test_divergences_of_random_covariances_are_means_over_samples():
    tg.manual_seed(0)
    p = d.Wishart(tg.tensor([4.0, 7.0], dtype=tg.float64), (MATRIX @ MATRIX.mT).double())
    q = d.Wishart(5.5, tg.tensor([[1.0, 0.1], [0.1, 2.0]], dtype=tg.float64))
    drawn = p.sample((20000,))
    means = (p.log_prob(drawn) - q.log_prob(drawn)).mean(0)
    np.testing.assert_allclose(d.kl_divergence(p, q).numpy(), means.numpy(), rtol=0.03)
    np.testing.assert_allclose(p.entropy().numpy(), -p.log_prob(drawn).mean(0).numpy(), rtol=0.02)
    assert d.kl_divergence(q, q).item() == pytest.approx(0, abs=1e-12)


def test_random_covariances_of_too_few_degrees_of_freedom():
    with pytest.raises(ValueError, match="needs more than 1 degrees of freedom"):
        d.Wishart(1.0, tg.eye(2))
    with pytest.warns(UserWarning, match="close to singular"):
        few = d.Wishart(tg.tensor([1.01, 3.0]), tg.eye(2))
    tg.manual_seed(0)
    drawn = few.sample((200,))
    regular = few.support.check(drawn)
    assert regular.all(0).tolist() == [True, True]
    tg.manual_seed(0)
    assert few.rsample((200,), max_try_correction=0)[regular].shape[1:] == (2, 2)


def test_one_number_of_events():
    tg.manual_seed(0)
    assert tg.poisson(tg.tensor(3.0)).shape == ()
    assert np.mean([d.Poisson(3.0).sample().item() for _ in range(300)]) == pytest.approx(3, abs=0.4)
    assert d.NegativeBinomial(3, 0.5).sample().shape == ()


@pytest.mark.parametrize("shape", [0.5, 1.0, 3.0])
def test_the_distribution_function_of_gamma_is_the_integral_of_its_density(shape):
    gamma = d.Gamma(tg.tensor(shape), tg.tensor(2.0))
    x = tg.tensor([0.2, 1.0, 2.5], dtype=tg.float64, requires_grad=True)
    gamma.cdf(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), gamma.log_prob(x.detach()).exp().numpy(), rtol=1e-6)
    assert gamma.cdf(tg.tensor(0.0)).item() == 0
    chi = d.Chi2(tg.tensor(2.0)).cdf(tg.tensor([0.5, 3.0]))
    np.testing.assert_allclose(chi.numpy(), 1 - np.exp([-0.25, -1.5]), rtol=1e-6)
    inverse = d.InverseGamma(tg.tensor(shape), tg.tensor(2.0)).cdf(x.detach())
    np.testing.assert_allclose(inverse.numpy(), 1 - gamma.cdf(1 / x.detach()).numpy(), rtol=1e-6)


def test_relaxed_categories_hand_on_that_nothing_is_checked():
    relaxed = d.RelaxedOneHotCategorical(tg.tensor(0.7), probs=tg.tensor([0.1, 0.2, 0.7]), validate_args=False)
    assert relaxed.log_prob(tg.tensor([-1.0, 0.5, 0.5])).isnan()


def test_transforms_and_distributions_that_are_modules():
    class Stretch(d.Transform, nn.Module):
        bijective = True

        def __init__(self, cache_size=0):
            super().__init__(cache_size=cache_size)
            self.log_scale = nn.Parameter(tg.zeros(2))

        def _call(self, x):
            return x * self.log_scale.exp()

        def _inverse(self, y):
            return y * (-self.log_scale).exp()

        def log_abs_det_jacobian(self, x, y):
            return self.log_scale.expand(x.shape)

    class Flow(d.TransformedDistribution, nn.Module):
        def __init__(self):
            part = Stretch(cache_size=1)
            super().__init__(d.Normal(tg.zeros(2), 1.0), [part])
            self.part = part

    flow = Flow()
    assert [name for name, _ in flow.named_parameters()] == ["part.log_scale"]
    x = flow.part(tg.ones(2))
    assert flow.part.inv(x) is not flow.part.with_cache(0).inv(x)
    assert flow.part.with_cache(0).log_scale is flow.part.log_scale
    flow.log_prob(tg.tensor([2.0, 0.5])).sum().backward()
    np.testing.assert_allclose(flow.part.log_scale.grad, [3.0, -0.75])


def test_a_normal_vector_whose_factor_is_worked_out_when_it_is_asked_for():
    class Lazy(d.MultivariateNormal):
        def __init__(self, loc, covariance):
            self.loc, self.covariance_matrix = loc, covariance
            d.Distribution.__init__(self, loc.shape[:-1], loc.shape[-1:])

        @property
        def _unbroadcasted_scale_tril(self):
            return tg.linalg.cholesky(self.covariance_matrix)

    ours, theirs = Lazy(tg.zeros(3, 2), MATRIX @ MATRIX.mT), d.MultivariateNormal(tg.zeros(3, 2), scale_tril=MATRIX)
    for of in (
        lambda x: x.log_prob(PLACE),
        lambda x: x.entropy(),
        lambda x: x.variance,
        lambda x: x.scale_tril,
        lambda x: x.precision_matrix,
    ):
        np.testing.assert_allclose(of(ours), of(theirs), rtol=1e-5, atol=1e-6)
        assert of(ours).shape == of(theirs).shape
