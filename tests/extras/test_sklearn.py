"""The estimators within scikit-learn: its own checks of estimators, its searches and ensembles, and its networks."""

import importlib
import pickle
import sys

import numpy as np
import pytest
import scipy.sparse
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.sklearn import Classifier, Regressor
from tinygrad_edu.train import DivergenceError

FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)
WINE = load_wine(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)
SCALED = StandardScaler().fit_transform(WINE[0]), WINE[1]
SMALL = {"hidden": (8,), "epochs": 60, "random_state": 0}


# Three of the checks skip themselves: two where pandas is not installed, one where SCIPY_ARRAY_API is not set.
@parametrize_with_checks([Classifier(), Regressor(), Classifier((), optimizer=optim.SGD, lr=0.5)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def accuracy(model, data):
    return cross_val_score(make_pipeline(StandardScaler(), model), *data, cv=FOLDS).mean()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("data", [WINE, CANCER], ids=["wine", "cancer"])
def test_it_is_as_good_as_scikit_learns_network(data):
    found = accuracy(Classifier(random_state=0), data)
    assert found > accuracy(MLPClassifier(random_state=0), data) - 0.01
    assert found > accuracy(LogisticRegression(max_iter=500), data) - 0.01


def decaying_weights_alone(parameters, lr, weight_decay):
    weight, bias = parameters
    return optim.SGD([{"params": weight, "weight_decay": weight_decay}, {"params": bias}], lr=lr, momentum=0.9)


def test_without_hidden_layers_it_is_logistic_regression():
    X, y = SCALED
    ours = Classifier((), weight_decay=1 / len(X), optimizer=decaying_weights_alone, lr=0.5, epochs=600)
    theirs = LogisticRegression(C=1.0, max_iter=5000, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(ours.fit(X, y).predict_proba(X), theirs.predict_proba(X), atol=1e-5)


def test_a_grid_search_finds_the_better_networks():
    grid = {"classifier__hidden": [(), (16,)], "classifier__lr": [1e-6, 1e-2], "classifier__optimizer": [optim.AdamW]}
    search = GridSearchCV(make_pipeline(StandardScaler(), Classifier(epochs=40, random_state=0)), grid, cv=3)
    search.fit(*WINE)
    assert search.best_params_["classifier__lr"] == 1e-2
    assert search.best_score_ > 0.95
    assert search.predict(WINE[0]).shape == (178,)


@pytest.mark.parametrize(
    "ensemble",
    [
        BaggingClassifier(Classifier(**SMALL), n_estimators=5, random_state=0),
        BaggingClassifier(Classifier(**SMALL), n_estimators=3, random_state=0, n_jobs=2),
        AdaBoostClassifier(Classifier(**SMALL), n_estimators=5, random_state=0),
        VotingClassifier([("a", Classifier(**SMALL)), ("b", LogisticRegression())], voting="soft"),
    ],
    ids=["bagging", "bagging in processes", "boosting", "voting"],
)
@pytest.mark.parametrize("data", [WINE, CANCER], ids=["wine", "cancer"])
def test_ensembles(ensemble, data):
    X, y = data
    model = make_pipeline(StandardScaler(), ensemble).fit(X[::2], y[::2])
    assert model.score(X[1::2], y[1::2]) > 0.94


def test_regression():
    X, y = load_diabetes(return_X_y=True)
    for model in (
        Regressor(early_stopping=True, random_state=0),
        AdaBoostRegressor(Regressor(**SMALL), n_estimators=3),
    ):
        found = cross_val_score(make_pipeline(StandardScaler(), model), X, y).mean()
        assert found > cross_val_score(RidgeCV(), X, y).mean() - 0.05


def test_units_of_targets_do_not_matter():
    X, y = load_diabetes(return_X_y=True)
    predicted = Regressor(**SMALL).fit(X, y).predict(X)
    np.testing.assert_allclose(Regressor(**SMALL).fit(X, 1e6 * y - 5).predict(X), 1e6 * predicted - 5, rtol=1e-6)
    both = Regressor(**SMALL).fit(X, np.stack([y, np.full_like(y, 3.0)], 1)).predict(X)
    assert both.shape == (len(X), 2)
    np.testing.assert_allclose(both[:, 1], 3.0, atol=0.5)


@pytest.mark.parametrize("estimator", [Classifier(**SMALL, batch_size=32), Regressor(**SMALL, batch_size=32)])
def test_a_seed_gives_the_same_network_and_leaves_the_generator_alone(estimator):
    X, y = SCALED
    tg.manual_seed(7)
    expected = tg.rand(3).tolist()
    tg.manual_seed(7)
    first, second = (clone(estimator).fit(X, y) for _ in range(2))
    assert tg.initial_seed() == 7
    assert tg.rand(3).tolist() == expected
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    other = clone(estimator).set_params(random_state=1).fit(X, y)
    assert (other.model_[0].weight != first.model_[0].weight).any()


def dropping(features, outputs):
    return nn.Sequential(nn.Linear(features, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, outputs))


def test_threads_do_not_share_random_numbers():
    bagging = BaggingClassifier(Classifier(module=dropping, epochs=5), n_estimators=6, random_state=0)
    alone = bagging.fit(*SCALED).predict_proba(SCALED[0])
    with parallel_config("threading"):
        together = clone(bagging).set_params(n_jobs=3).fit(*SCALED).predict_proba(SCALED[0])
    np.testing.assert_allclose(alone, together, rtol=1e-12)


def test_any_network_can_be_trained():
    network = Classifier(module=dropping, random_state=0).fit(*SCALED)
    assert network.score(*SCALED) > 0.98
    np.testing.assert_array_equal(network.predict_proba(SCALED[0]), network.predict_proba(SCALED[0]))  # nothing drops
    copy = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(network.predict_proba(SCALED[0]), copy.predict_proba(SCALED[0]))
    more = [estimator.partial_fit(*SCALED).predict_proba(SCALED[0]) for estimator in (network, copy)]
    np.testing.assert_array_equal(*more)


def test_labels_may_be_words_and_the_dtype_is_that_of_x():
    X, y = SCALED
    words = np.array(["barolo", "grignolino", "barbera"])[y]
    network = Classifier(**SMALL).fit(X.astype(np.float32), words)
    assert network.classes_.tolist() == ["barbera", "barolo", "grignolino"]
    assert network.model_[0].weight.dtype == tg.float32
    assert network.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert (network.predict(X) == words).mean() > 0.8
    assert Classifier(**SMALL).fit(X, words).model_[0].weight.dtype == tg.float64


def test_weights_are_repetitions_and_all_that_count():
    X, y = SCALED
    weights = np.where(y == 2, 0.0, 1.0)
    assert 2 not in Classifier(**SMALL).fit(X, y, sample_weight=weights).predict(X)
    one = Regressor(**SMALL).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(one.predict(X), Regressor(**SMALL).fit(X[y < 2], y[y < 2]).predict(X), rtol=1e-6)


def test_early_stopping_keeps_the_best_weights():
    X, y = CANCER[0] / CANCER[0].max(0), CANCER[1]
    stopped = Classifier((64,), lr=0.05, early_stopping=True, patience=5, random_state=0).fit(X, y)
    losses = [record["val_loss"] for record in stopped.history_]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 5 < 200
    again = Classifier((64,), lr=0.05, early_stopping=True, epochs=best + 1, random_state=0).fit(X, y)
    np.testing.assert_array_equal(stopped.predict_proba(X), again.predict_proba(X))


def test_warm_start_and_partial_fit_go_on():
    X, y = SCALED
    warm = Classifier((8,), epochs=1, warm_start=True, random_state=0)
    losses = [warm.fit(X, y).history_[-1]["loss"] for _ in range(30)]
    assert [record["epoch"] for record in warm.history_] == [*range(1, 31)]
    assert losses[-1] < losses[0] * 0.6
    partly = Classifier((8,), random_state=0)
    partly.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    for _ in range(60):
        partly.partial_fit(X, y)
    assert partly.score(X, y) > 0.95
    number = Regressor((8,), random_state=0).partial_fit(X, y)
    assert len(number.partial_fit(X, y).history_) == 2
    with pytest.raises(ValueError, match="2 outputs"):
        number.partial_fit(X, np.stack([y, y], 1))


def test_epochs_are_printed(capsys):
    Classifier(epochs=2, early_stopping=True, verbose=True).fit(*SCALED)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["epoch", "1"], ["epoch", "2"]]
    assert "val_loss" in lines[0]


def fitted(*data, **parameters):
    return lambda: Classifier(**parameters).fit(*(data or SCALED))


REFUSED = {
    "no size": (fitted(hidden=(0,)), ValueError, r"hidden\[0\] is an integer of 1 or more, got 0"),
    "a size of a float": (fitted(hidden=2.5), ValueError, r"hidden\[0\]"),
    "no epochs": (fitted(epochs=0), ValueError, "epochs"),
    "no batch": (fitted(batch_size=0), ValueError, "batch_size"),
    "no patience": (fitted(patience=True), ValueError, "patience"),
    "a fraction": (fitted(validation_fraction=1.0), ValueError, "between 0 and 1"),
    "a name": (fitted(optimizer="adam"), TypeError, "optimizer is a function or a class"),
    "a network": (fitted(module="linear"), TypeError, "module is a function or a class"),
    "none held out": (fitted(SCALED[0][:3], [0, 1, 2], early_stopping=True), ValueError, "holds out 0.1 of 3"),
    "a sparse matrix": (fitted(scipy.sparse.csr_array(SCALED[0]), SCALED[1]), TypeError, "[Ss]parse"),
    "NaN": (fitted(np.full((4, 2), np.nan), [0, 1, 0, 1]), ValueError, "NaN"),
    "numbers for classes": (fitted(SCALED[0], SCALED[0][:, 0]), ValueError, "continuous"),
    "negative weights": (fitted(*SCALED, -np.ones(178)), ValueError, "0 or more"),
    "not fitted": (lambda: Classifier().predict(SCALED[0]), NotFittedError, "not fitted"),
    "a new class": (
        lambda: Classifier(**SMALL, warm_start=True).fit(*SCALED).fit(SCALED[0], SCALED[1] + 1),
        ValueError,
        r"y has the classes \[3\]",
    ),
    "other features": (lambda: Classifier(**SMALL).fit(*SCALED).predict(SCALED[0][:, 1:]), ValueError, "13 features"),
    "divergence": (
        lambda: Regressor(optimizer=optim.SGD, lr=1e30, epochs=9).fit(*SCALED),
        DivergenceError,
        "training has diverged",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    call, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        call()


def test_without_scikit_learn_one_line_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(sys.modules, "tinygrad_edu.sklearn")
    with pytest.raises(ImportError, match=r'^[^\n]*needs scikit-learn: pip install "tinygrad-edu\[sklearn\]"$'):
        importlib.import_module("tinygrad_edu.sklearn")
