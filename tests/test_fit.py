"""What the training loop can do besides going round: schedules, clipping, accumulation, callbacks, and naming NaN."""

import csv
import json
import math
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.data import DataLoader, TensorDataset
from tinygrad_edu.io import load_safetensors
from tinygrad_edu.nn.functional import mse_loss
from tinygrad_edu.optim import lr_scheduler
from tinygrad_edu.train import (
    BestModel,
    DivergenceError,
    EarlyStopping,
    HistoryFiles,
    TensorBoard,
    accuracy,
    evaluate,
    fit,
)


def points(count: int = 32) -> TensorDataset:
    x = tg.linspace(-1, 1, count).reshape(count, 1)
    return TensorDataset(x, (x[:, 0] > 0).to(tg.int64))


def line(seed: int = 0) -> nn.Module:
    tg.manual_seed(seed)
    return nn.Linear(1, 2)


def train(model, epochs=1, batch=8, lr=0.5, data=None, **options):
    optimizer = options.pop("optimizer", None) or optim.SGD(model.parameters(), lr=lr)
    return fit(model, DataLoader(data or points(), batch), optimizer, epochs, **options)


def weights(model):
    return [p.detach().numpy().copy() for p in model.parameters()]


# what is measured


def test_metrics_are_functions_of_outputs_and_targets():
    def largest(scores, y):
        return scores.max().item()

    model = line()
    history = train(
        model, metrics={"accuracy": accuracy, "largest": largest}, validation=DataLoader(points(), 8)
    ).history
    assert list(history[0]) == [
        "epoch", "loss", "accuracy", "largest", "val_loss", "val_accuracy", "val_largest", "seconds",
    ]  # fmt: skip
    with tg.no_grad():
        assert history[0]["val_largest"] == model(points().tensors[0]).max().item()


def test_a_metric_of_the_validation_sees_all_of_it_at_once():
    sizes = []
    evaluate(
        line(), DataLoader(points(20), 8), metrics={"x": lambda scores, y: sizes.append((len(scores), len(y))) or 0}
    )
    assert sizes == [(20, 20)]


def test_without_classes_only_the_loss_is_measured():
    model, x = nn.Linear(1, 1), tg.linspace(-1, 1, 16).reshape(16, 1)
    data = TensorDataset(x, 3 * x + 1)
    state = train(model, 40, data=data, loss=mse_loss, validation=DataLoader(data, 16))
    assert set(state.history[0]) == {"epoch", "loss", "val_loss", "seconds"}
    assert state.history[-1]["val_loss"] < 1e-4
    assert math.isnan(state.accuracy)


def test_nothing_to_evaluate_on():
    with pytest.raises(ValueError, match="no batches came"):
        evaluate(line(), [])


# steps


def test_accumulated_batches_make_the_step_of_a_large_one():
    one, many = line(), line()
    whole = train(one, 3, batch=12, data=points(28))
    parts = train(many, 3, batch=4, data=points(28), accumulate=3)
    assert (parts.steps, parts.step) == (whole.steps, whole.step) == (3, 3)
    for a, b in zip(weights(one), weights(many), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    assert parts.history[-1]["loss"] == pytest.approx(whole.history[-1]["loss"], rel=1e-5)


def test_gradients_are_clipped():
    def moved(**options):
        model = line()
        before = np.concatenate([w.ravel() for w in weights(model)])
        train(model, batch=32, lr=1.0, **options)
        return np.concatenate([w.ravel() for w in weights(model)]) - before

    assert np.linalg.norm(moved()) > 0.2
    assert np.linalg.norm(moved(clip_norm=0.1)) == pytest.approx(0.1, rel=1e-3)
    assert abs(moved(clip_value=0.01)).max() == pytest.approx(0.01, rel=1e-3)


def test_a_parameter_without_a_gradient_is_left_as_it_is():
    model = line()
    model.spare = nn.Parameter(tg.ones(2))
    train(model, clip_norm=1.0, clip_value=0.5)
    assert model.spare.tolist() == [1.0, 1.0]


def test_an_optimizer_that_computes_the_loss_several_times():
    model = line()
    optimizer = optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    history = train(model, 5, batch=32, optimizer=optimizer).history
    assert history[-1]["loss"] < 0.05 < history[0]["loss"]
    assert history[0]["loss"] == pytest.approx(evaluate(line(), DataLoader(points(), 32))["loss"])


@pytest.mark.parametrize(("each", "rate"), [("epoch", 0.5**3), ("step", 0.5**12)])
def test_schedules_go_by_epochs_or_steps(each, rate):
    model = line()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    schedule = lr_scheduler.ExponentialLR(optimizer, 0.5)
    train(model, 3, optimizer=optimizer, schedule=schedule, schedule_each=each)
    assert schedule.get_last_lr() == [rate]


@pytest.mark.parametrize(("mode", "validated", "name"), [
    ("min", True, "val_loss"), ("max", True, "val_accuracy"), ("min", False, "loss"), ("max", False, "accuracy"),
])  # fmt: skip
def test_a_schedule_by_a_measure(mode, validated, name, monkeypatch):
    seen = []
    monkeypatch.setattr(lr_scheduler.ReduceLROnPlateau, "step", lambda self, metrics: seen.append(metrics))
    model = line()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, mode)
    validation = DataLoader(points(16), 16) if validated else None
    history = train(model, 3, optimizer=optimizer, schedule=schedule, validation=validation).history
    assert seen == [record[name] for record in history]


def test_what_cannot_be_asked_for():
    with pytest.raises(ValueError, match="accumulate is the number of batches in a step, 1 or more, got 0"):
        train(line(), accumulate=0)
    with pytest.raises(ValueError, match="schedule_each is 'epoch' or 'step', got 'batch'"):
        train(line(), schedule_each="batch")


def test_batches_that_cannot_be_trained_on():
    model = line()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x, y = points().tensors
    with pytest.raises(TypeError, match=r"batches have a length, and come anew in each loop.* a generator has none"):
        fit(model, ((x, y) for _ in range(3)), optimizer)
    with pytest.raises(ValueError, match="there is nothing to train on: an epoch has no batches"):
        fit(model, [], optimizer)
    for batch, told in ((x, "got a Tensor"), ((x, y, y), "got a tuple of 3"), ((x, 3), "got a tuple of 2")):
        with pytest.raises(TypeError, match=f"a batch is a pair of inputs and targets.*{told}"):
            fit(model, [batch], optimizer)
        with pytest.raises(TypeError, match=f"a batch is a pair of inputs and targets.*{told}"):
            evaluate(model, [batch])
    once = list(DataLoader(points(), 8))

    class Once:
        def __len__(self):
            return 4

        def __iter__(self):
            return (once.pop() for _ in range(len(once)))

    with pytest.raises(ValueError, match="the batches of epoch 2 did not come"):
        fit(model, Once(), optimizer, 2)
    for epochs in (-1, 2.0, True):
        with pytest.raises(ValueError, match="epochs is a whole number of 0 or more"):
            fit(model, [(x, y)], optimizer, epochs)
    assert fit(model, [(x, y)], optimizer, 0).complete


def test_what_goes_wrong_in_a_callback_is_left_as_it_is():
    def callback(state):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        train(line(), on_step=[callback])
    with pytest.raises(TypeError, match="fit"):
        train(line(), schedule=3)


# callbacks


class Recorded:
    """A training whose history is given."""

    def __init__(self, *records):
        self.records = records

    def feed(self, callback):
        """Whether the callback stops it, after each record."""
        from tinygrad_edu.train import State

        state, stops = State(len(self.records), 1), []
        for epoch, record in enumerate(self.records, 1):
            state.begin(epoch)
            state.history.append(record)
            callback(state)
            stops.append(state.stop)
        return stops


def test_early_stopping():
    losses = Recorded(*[{"val_loss": x} for x in (3.0, 2.0, 2.5, 1.99, 2.1, 2.2)])
    assert losses.feed(EarlyStopping(patience=2)) == [False] * 5 + [True]
    assert losses.feed(EarlyStopping(patience=2, least=0.1)) == [False] * 3 + [True] * 3
    rising = Recorded(*[{"val_accuracy": x} for x in (0.1, 0.2, 0.2, 0.3)])
    assert rising.feed(EarlyStopping("val_accuracy", 1)) == [False, False, True, True]
    assert rising.feed(EarlyStopping("val_accuracy", 1, mode="min")) == [False, True, True, True]


def test_early_stopping_ends_a_training():
    model = line()
    state = train(model, 50, lr=0.0, on_epoch=[EarlyStopping("loss", 3)])
    assert (state.stop, state.complete, len(state.history)) == (True, False, 4)


def test_the_best_model_is_kept():
    model, kept = line(), []
    best = BestModel(model, "val_loss")
    validation = DataLoader(points(), 32)
    lr = 40.0  # far too large, so that the loss goes up and down
    state = train(model, 8, lr=lr, validation=validation, on_epoch=[best, lambda state: kept.append(weights(model))])
    losses = [record["val_loss"] for record in state.history]
    where = int(np.argmin(losses))
    assert best.best == losses[where]
    assert best.epoch == where + 1
    model.load_state_dict({name: w + 1 for name, w in model.state_dict().items()})
    best.restore()
    for a, b in zip(weights(model), kept[where], strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_best_model_as_a_file(tmp_path):
    model, path = line(), tmp_path / "best.safetensors"
    best = BestModel(model, "loss", path=path)
    train(model, 5, lr=0.5, on_epoch=[best])
    for name, weight in load_safetensors(path).items():
        np.testing.assert_array_equal(weight, best.weights[name])
    with pytest.warns(RuntimeWarning, match="best.safetensors' was not written .*; the training goes on"):
        assert train(model, 1, on_epoch=[BestModel(model, "loss", path=tmp_path / "no" / "best.safetensors")]).complete


def test_without_an_epoch_the_best_model_is_the_present_one():
    model = line()
    before = weights(model)
    BestModel(model).restore()
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(model), strict=True))


def test_callbacks_refuse_what_they_cannot_watch():
    with pytest.raises(ValueError, match="the history has no 'val_loss'; it has accuracy, loss"):
        train(line(), on_epoch=[EarlyStopping()])
    with pytest.raises(ValueError, match="mode is 'min' or 'max', got 'low'"):
        BestModel(line(), mode="low")


def test_the_history_as_files(tmp_path):
    state = train(line(), 3, on_epoch=[HistoryFiles(tmp_path)])
    assert [json.loads(row) for row in (tmp_path / "history.jsonl").read_text().splitlines()] == state.history
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [{name: float(value) for name, value in row.items()} for row in rows] == state.history


def test_event_files_need_an_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r'needs tensorboardX: pip install "tinygrad-edu\[tensorboard\]"'):
        TensorBoard(tmp_path)


# training that diverges


def test_the_loss_that_is_not_finite_names_its_operation():
    class Bad(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = line()

        def forward(self, x):
            return (self.linear(x) - 5).log()

    model = Bad()
    with pytest.raises(
        DivergenceError,
        match=r"the loss is nan in step 1 of epoch 1: .* "
        r"\(it came from log \(output \(8, 2\)\), called at .*test_fit\.py:\d+ in forward\)",
    ):
        train(model)
    assert all(np.isfinite(w).all() for w in weights(model))


def test_masks_are_no_origin_of_an_infinite_loss():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = line()

        def forward(self, x):
            scores = self.linear(x)
            attention = scores.masked_fill(scores > 9e9, -math.inf).softmax(dim=1)
            return (attention * 0 + scores * 1e30 * 1e30).exp()

    with pytest.raises(DivergenceError, match=r"it came from mul "):
        train(Masked())


def test_the_gradient_that_is_not_finite_names_its_operation_and_leaves_the_weights():
    class Kinked(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(1, 2)

        def forward(self, x):
            scores = self.linear(x)
            return scores + (scores * 0).sqrt()

    model = Kinked()
    before = weights(model)
    with pytest.raises(
        DivergenceError,
        match=r"the gradient of 'linear\.weight' is not finite in step 1 of epoch 1: .* "
        r"\(it came from the backward of sqrt .*test_fit\.py:\d+ in forward\)",
    ):
        train(model)
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(model), strict=True))


def test_the_layer_is_named():
    class Root(nn.Module):
        def forward(self, x):
            return x.sqrt()

    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 2), nn.Sequential(nn.Identity(), Root()))
    with pytest.raises(
        DivergenceError, match=r"\(it came from sqrt \(output \(8, 2\)\) in the layer '1\.1', called at"
    ):
        train(model)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_batch_that_is_not_finite_is_told():
    data = points()
    data.tensors[0][20] = math.nan
    with pytest.raises(DivergenceError, match=r"the loss is nan in step 3 .*the batch itself, float32 \(8, 1\), holds"):
        train(line(), data=data)


def test_large_gradients_are_finite():
    model, x = nn.Linear(1, 1), tg.ones(4, 1)
    train(model, data=TensorDataset(x, x), loss=lambda out, y: (out * 1e25).sum(), lr=1e-30)
    assert all(np.isfinite(w).all() for w in weights(model))


def test_a_norm_that_is_not_finite_is_an_error_where_that_is_asked_for():
    p = nn.Parameter(tg.ones(2))
    p.grad = tg.tensor([1.0, math.inf])
    assert nn.utils.clip_grad_norm_([p], 1.0).item() == math.inf
    with pytest.raises(RuntimeError, match="nothing was clipped"):
        nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)


def test_what_fit_was_called_with_is_told_by_kinds_and_not_at_length():
    model = nn.Sequential(nn.Linear(2, 2))
    batches = DataLoader(TensorDataset(tg.ones(3, 2), tg.zeros(3, dtype=tg.int64)), 2)
    told = r"fit\(a Sequential, a DataLoader, a SGD, loss=5\): a function is needed, and an int came"
    with pytest.raises(TypeError, match=told):
        fit(model, batches, optim.SGD(model.parameters()), loss=5)
