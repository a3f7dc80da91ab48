"""Networks as scikit-learn's estimators, for its pipelines, cross-validation, searches and ensembles.

>>> from sklearn.datasets import load_iris
>>> from sklearn.model_selection import cross_val_score
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> X, y = load_iris(return_X_y=True)
>>> network = make_pipeline(StandardScaler(), Classifier(hidden=(16,), random_state=0))
>>> bool(cross_val_score(network, X, y, cv=3).mean() > 0.93)
True

Any network can take the place of the perceptron: a function gives it, knowing how many features come in and how many
numbers are to come out.

>>> from tinygrad_edu import nn
>>> def wide(features, outputs):
...     return nn.Sequential(nn.Linear(features, 32), nn.Dropout(0.1), nn.SELU(), nn.Linear(32, outputs))
>>> Classifier(module=wide, random_state=0).fit(X, y).predict(X[:1]).tolist()
[0]
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Self

import numpy
from numpy.typing import NDArray

from . import nn
from .extras import require
from .functions.creation import from_numpy
from .functions.random import default_generator, randperm
from .grad_mode import no_grad
from .nn.functional import cross_entropy, mse_loss
from .optim import Adam
from .tensor import Tensor
from .train import DivergenceError

base, multiclass, random, validation = [
    require(f"sklearn.{part}", "sklearn", "tinygrad_edu.sklearn")
    for part in ("base", "utils.multiclass", "utils", "utils.validation")
]
BaseEstimator: Any = base.BaseEstimator
ClassifierMixin: Any = base.ClassifierMixin
RegressorMixin: Any = base.RegressorMixin

__all__ = ["Classifier", "Estimator", "Regressor"]

Array = NDArray[Any]
SEEDS = 2**31 - 1
one_at_a_time = threading.RLock()  # the default generator is one for all threads, and ensembles may fit in several


@contextmanager
def randomness_of(seed: int) -> Iterator[None]:
    """A block whose random numbers start at a seed; those of the rest of the program go on after it as before."""
    with one_at_a_time:
        seeded, state = default_generator.seeded, default_generator.get_state()
        default_generator.manual_seed(seed)
        try:
            yield
        finally:
            default_generator.set_state(state)
            default_generator.seeded = seeded


def perceptron(features: int, hidden: tuple[int, ...], outputs: int) -> nn.Module:
    """Linear layers of these sizes with ReLUs between them."""
    layers: list[nn.Module] = []
    for size, following in pairwise((features, *hidden, outputs)):
        layers += [nn.Linear(size, following), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Estimator(BaseEstimator):
    """What both estimators are: their parameters, and the training of a network with weighted samples.

    Parameters:
        hidden: the sizes of the layers between, `()` for none: a linear model.
        module: in the place of a perceptron, a function (features, outputs) that gives a network, `(B, features) ->
            (B, outputs)`; one that pickle finds, if it is to be copied to other processes.
        optimizer: a class of `optim`, or a function of (parameters, lr=..), such as `partial(SGD, momentum=0.9)`.
        lr, weight_decay: given to the optimizer, the latter if it is not 0.
        epochs: how often to go through the samples.
        batch_size: samples in a step; None is 200, or all if there are fewer.
        early_stopping: hold out `validation_fraction` of the samples, stop once their loss has not fallen for
            `patience` epochs, and take the weights with the lowest.
        warm_start: let `fit` go on from the weights that there are.
        random_state: seed of the first weights, the batches and the dropout; the same seed gives the same network. The
            default generator of this package is left as it was.
        verbose: print the loss of each epoch.

    Attributes: `model_` is the network, `history_` the losses of the epochs, `n_features_in_` and `feature_names_in_`
    what X had. X should be scaled, as by StandardScaler. Where it is float32, so is the network; else float64.
    """

    def __init__(
        self,
        hidden: int | tuple[int, ...] = (64,),
        *,
        module: Callable[[int, int], nn.Module] | None = None,
        optimizer: Callable[..., Any] = Adam,
        lr: float = 5e-3,
        weight_decay: float = 0.0,
        epochs: int = 200,
        batch_size: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.hidden = hidden
        self.module = module
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _check_parameters(self) -> None:
        """Refuse parameters that cannot be, when they are used: scikit-learn sets them without asking.

        Raises:
            ValueError: a number is out of its range.
            TypeError: the module or the optimizer cannot be called.
        """
        makers: dict[str, Any] = {"module": self.module or perceptron, "optimizer": self.optimizer}
        for name, maker in makers.items():
            if not callable(maker):
                raise TypeError(f"{name} is a function or a class that makes one, got {type(maker).__name__}")
        counts: dict[str, Any] = {"epochs": self.epochs, "patience": self.patience}
        counts |= {f"hidden[{i}]": size for i, size in enumerate(self._sizes())}
        if self.batch_size is not None:
            counts["batch_size"] = self.batch_size
        for name, value in counts.items():
            if isinstance(value, bool) or not isinstance(value, int | numpy.integer) or value < 1:
                raise ValueError(f"{name} is an integer of 1 or more, got {value!r}")
        if not 0 < self.validation_fraction < 1:
            raise ValueError(f"validation_fraction is between 0 and 1, got {self.validation_fraction!r}")

    def _sizes(self) -> tuple[int, ...]:
        return tuple(self.hidden) if isinstance(self.hidden, tuple | list) else (self.hidden,)

    def _goes_on(self) -> bool:
        """Whether `fit` goes on from the weights that there are."""
        return self.warm_start and hasattr(self, "model_")

    def _validated(self, X: Any, y: Any, sample_weight: Any, first: bool, **kind: bool) -> tuple[Array, Array, Array]:
        """(X, y, weights whose mean is 1) as arrays; X keeps float32 and is float64 otherwise.

        Raises:
            ValueError: what scikit-learn refuses, such as NaN or another number of features; negative weights, or none
                above 0.
            TypeError: X is sparse.
        """
        self._check_parameters()
        X, y = validation.validate_data(self, X, y, dtype=[numpy.float64, numpy.float32], reset=first, **kind)
        weights = validation._check_sample_weight(sample_weight, X, dtype=X.dtype)
        if (weights < 0).any() or not weights.sum() > 0:
            raise ValueError("sample weights are 0 or more, and not all of them are zero")
        return X, y, weights / weights.mean()

    def _loss(self, output: Tensor, target: Tensor) -> Any:
        """The loss of each sample; `(B, outputs), (B, *) -> (B,)`."""
        raise NotImplementedError

    def _learn(self, data: tuple[Array, Array, Array], outputs: int, first: bool, epochs: int) -> None:
        """Train a network, a new one at first, on (X, targets, weights)."""
        if first:
            self._random = numpy.random.RandomState(random.check_random_state(self.random_state).randint(SEEDS))
        with randomness_of(self._random.randint(SEEDS)):
            features = data[0].shape[1]
            if first:
                if self.module is None:
                    self.model_ = perceptron(features, self._sizes(), outputs)
                else:
                    self.model_ = self.module(features, outputs)
                self.model_.to(data[0].dtype)
                decay = {"weight_decay": self.weight_decay} if self.weight_decay else {}
                self.optimizer_ = self.optimizer(self.model_.parameters(), lr=self.lr, **decay)
                self.history_: list[dict[str, float]] = []
            try:
                self._train([from_numpy(numpy.array(part)) for part in data], epochs)
            finally:
                self.model_.eval()

    def _train(self, data: list[Any], epochs: int) -> None:
        """Go through the samples again and again; with early stopping until the loss of held-out ones no longer falls.

        Raises:
            DivergenceError: the loss is not finite.
            ValueError: too few samples to hold some out.
        """
        held_out, best, waited = None, None, 0
        if self.early_stopping:
            order, count = randperm(len(data[0])), round(self.validation_fraction * len(data[0]))
            if not 0 < count < len(data[0]):
                raise ValueError(
                    f"early stopping holds out {self.validation_fraction:g} of {len(data[0])} samples, which leaves "
                    "none on one side"
                )
            held_out, data = [part[order[:count]] for part in data], [part[order[count:]] for part in data]
        samples = len(data[0])
        for _ in range(epochs):
            record = {"epoch": len(self.history_) + 1, "loss": self._epoch(data, min(self.batch_size or 200, samples))}
            if held_out is not None:
                self.model_.eval()
                with no_grad():
                    record["val_loss"] = self._mean_loss(held_out).item()
            if not numpy.isfinite(list(record.values())).all():
                raise DivergenceError(f"training has diverged: {record}; scale the data, or try a smaller lr")
            self.history_.append(record)
            if self.verbose:
                print("  ".join([f"{name} {value:.6g}" for name, value in record.items()]))
            if held_out is not None:
                if best is None or record["val_loss"] < best[0]:
                    weights = {name: value.clone() for name, value in self.model_.state_dict().items()}
                    best, waited = (record["val_loss"], weights), 0
                else:
                    waited += 1
                if waited == self.patience:
                    break
        if best is not None:
            self.model_.load_state_dict(best[1])

    def _epoch(self, data: list[Any], batch_size: int) -> float:
        """Go through the samples once, in batches; the mean loss on the way."""
        self.model_.train()
        order, total = randperm(len(data[0])), 0.0
        for places in order.split(batch_size):
            batch = [part[places] for part in data]
            self.optimizer_.zero_grad()
            loss = self._mean_loss(batch)
            loss.backward()
            self.optimizer_.step()
            total += loss.item() * len(places)
        return total / len(order)

    def _mean_loss(self, batch: list[Any]) -> Any:
        """The loss of samples by their weights, which are 1 in the mean over all batches."""
        x, target, weights = batch
        return (self._loss(self.model_(x), target) * weights).mean()

    def _outputs(self, X: Any) -> Any:
        """What the network says of samples; `(n, features) -> (n, outputs)`.

        Raises:
            NotFittedError: fit was not called.
            ValueError: what scikit-learn refuses.
        """
        validation.check_is_fitted(self, "model_")
        X = validation.validate_data(self, X, dtype=[numpy.float64, numpy.float32], reset=False)
        dtype = next((p.dtype for p in self.model_.parameters()), X.dtype)
        with no_grad():
            return self.model_(from_numpy(numpy.array(X, dtype=dtype)))


class Classifier(ClassifierMixin, Estimator):
    """A network that gives each sample the probabilities of its classes, by the softmax of its outputs.

    Its parameters and attributes are those of `Estimator`, and `classes_`, which `predict` chooses from.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples, `(n, features)`, and their classes, `(n,)`, whose losses count by their weights.

        Raises:
            ValueError: what scikit-learn refuses; y is no classes, or others than before under warm_start.
            DivergenceError: the loss is not finite.
        """
        first = not self._goes_on()
        X, y, weights = self._validated(X, y, sample_weight, first)
        return self._fit(X, y, weights, None, first, self.epochs)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go once through these samples; the first call is told all classes, unless its y has them all.

        Raises:
            ValueError: as fit; y has a class that was not there before.
            DivergenceError: the loss is not finite.
        """
        first = not hasattr(self, "model_")
        X, y, weights = self._validated(X, y, sample_weight, first)
        return self._fit(X, y, weights, classes, first, 1)

    def _fit(self, X: Array, y: Any, weights: Array, classes: Any, first: bool, epochs: int) -> Self:
        y = validation.column_or_1d(y, warn=True)
        multiclass.check_classification_targets(y)
        if first:
            self.classes_ = numpy.unique(y if classes is None else classes)
        unknown = numpy.setdiff1d(y, self.classes_)
        if unknown.size:
            raise ValueError(f"y has the classes {unknown.tolist()}, and the network those of {self.classes_.tolist()}")
        self._learn((X, numpy.searchsorted(self.classes_, y), weights), len(self.classes_), first, epochs)
        return self

    def _loss(self, output: Tensor, target: Tensor) -> Any:
        return cross_entropy(output, target, reduction="none")

    def predict_proba(self, X: Any) -> Array:
        """The probabilities of `classes_`; `(n, features) -> (n, classes)`.

        Raises:
            NotFittedError: fit was not called.
            ValueError: what scikit-learn refuses.
        """
        return self._outputs(X).softmax(1).numpy()

    def predict(self, X: Any) -> Array:
        """The most likely class of each sample; `(n, features) -> (n,)`.

        Raises:
            NotFittedError: fit was not called.
            ValueError: what scikit-learn refuses.
        """
        best = self.predict_proba(X).argmax(1)
        return self.classes_[best]


class Regressor(RegressorMixin, Estimator):
    """A network that predicts one number or several of each sample, trained on their mean squared error.

    Its parameters and attributes are those of `Estimator`. It learns targets with mean 0 and deviation 1, whatever
    those given are, so that rates fit all units.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples, `(n, features)`, and their targets, `(n,)` or `(n, outputs)`, by the samples' weights.

        Raises:
            ValueError: what scikit-learn refuses; another number of outputs than before under warm_start.
            DivergenceError: the loss is not finite.
        """
        return self._fit(X, y, sample_weight, not self._goes_on(), self.epochs)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go once through these samples; the targets of the first call tell mean and deviation.

        Raises:
            ValueError: as fit.
            DivergenceError: the loss is not finite.
        """
        return self._fit(X, y, sample_weight, not hasattr(self, "model_"), 1)

    def _fit(self, X: Any, y: Any, sample_weight: Any, first: bool, epochs: int) -> Self:
        X, y, weights = self._validated(X, y, sample_weight, first, multi_output=True, y_numeric=True)
        targets = y.astype(X.dtype).reshape(len(X), -1)
        if first:
            self._single = y.ndim == 1
            self._mean = numpy.average(targets, axis=0, weights=weights)
            self._deviation = numpy.average((targets - self._mean) ** 2, axis=0, weights=weights) ** 0.5
            self._deviation[self._deviation == 0] = 1
        if targets.shape[1] != len(self._mean):
            raise ValueError(f"y has {targets.shape[1]} outputs, and the network {len(self._mean)}")
        self._learn((X, (targets - self._mean) / self._deviation, weights), len(self._mean), first, epochs)
        return self

    def _loss(self, output: Tensor, target: Tensor) -> Any:
        return mse_loss(output, target, reduction="none").mean(1)

    def predict(self, X: Any) -> Array:
        """The predicted numbers; `(n, features) -> (n,)` or `(n, outputs)`, as y was.

        Raises:
            NotFittedError: fit was not called.
            ValueError: what scikit-learn refuses.
        """
        predicted = self._outputs(X).numpy() * self._deviation + self._mean
        return predicted[:, 0] if self._single else predicted

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
