"""A training that was interrupted and resumed ends with the very bits of one that was not."""

import copy
import errno
import os
import pathlib
import random
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from training import EPOCHS, Augmented, InterruptError, adam, make_model, shuffled, train

import tinygrad_edu as tg
from tinygrad_edu import optim
from tinygrad_edu.data import DataLoader, digits
from tinygrad_edu.optim import lr_scheduler
from tinygrad_edu.train import Checkpoint, HistoryFiles, fit
from tinygrad_edu.train.randomness import random_state, seed_everything, set_random_state

ROOT = pathlib.Path(__file__).parent.parent
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def interrupted(path, *stops, **options):
    for stop in stops:
        with pytest.raises(InterruptError):
            train(path, stop, **options)
    return train(path, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train(tmp_path_factory.mktemp("whole") / "checkpoint")


@pytest.mark.parametrize(
    "stops", [(1,), (2,), (5,), (6,), (7,), (12,), (13,), (17,), (18,), (3, 3, 3, 3), (4, 7, 2, 5)]
)
def test_interrupted_at_any_step(stops, whole, tmp_path):
    assert interrupted(tmp_path / "checkpoint", *stops) == whole


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("step", [1, 5, 6, 7, 12, 17, 18])
def test_paused_at_any_step(step, workers, whole, tmp_path):
    path = tmp_path / "checkpoint"
    train(path, pause_at=step, loader=lambda: shuffled(workers))
    assert train(path, loader=lambda: shuffled(workers)) == whole


def test_a_training_that_is_complete_stays_as_it_is(whole, tmp_path):
    path = tmp_path / "checkpoint"
    assert train(path) == whole
    assert train(path) == whole
    longer = train(path, epochs=4)
    assert longer[3][:3] == whole[3]
    assert len(longer[3]) == 4


def test_a_training_that_was_stopped_stays_stopped(tmp_path):
    path = tmp_path / "checkpoint"

    def frozen(model):
        return optim.SGD(model.parameters(), lr=0.0)

    def loader():
        return DataLoader(digits()[1], 100)

    whole = train(tmp_path / "whole", make=frozen, loader=loader, epochs=30)
    assert 1 < len(whole[3]) < 30
    assert interrupted(path, 7, make=frozen, loader=loader, epochs=30) == whole
    assert train(path, make=frozen, loader=loader, epochs=30) == whole


def generator_of_its_own():
    return DataLoader(Augmented(60), 10, shuffle=True, generator=tg.Generator().manual_seed(3))


def workers():
    return DataLoader(Augmented(60), 10, shuffle=True, num_workers=2)


class Pairs:
    """No DataLoader, but something that gives pairs anew in each loop, in an order by chance."""

    def __iter__(self):
        data = Augmented(60)
        for _ in range(6):
            indices = random.sample(range(60), 10)
            yield tg.stack([data[i][0] for i in indices]), data.labels[indices]

    def __len__(self):
        return 6


@pytest.mark.parametrize("loader", [generator_of_its_own, workers, Pairs])
@pytest.mark.parametrize("stops", [(4,), (6, 3, 5)])
def test_loaders(loader, stops, tmp_path):
    whole = train(tmp_path / "whole", loader=loader)
    assert interrupted(tmp_path / "checkpoint", *stops, loader=loader) == whole


def test_accumulated_batches_and_clipping(tmp_path):
    options = {"accumulate": 4, "clip_norm": 0.5, "steps": 1}
    whole = train(tmp_path / "whole", **options)
    assert interrupted(tmp_path / "checkpoint", 1, 2, 1, **options) == whole


OPTIMIZERS = {name: getattr(optim, name) for name in optim.__all__ if name[0].isupper() and name != "Optimizer"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name, tmp_path):
    def make(model):
        moved = [p for p in model.parameters() if p.ndim == 2 or name != "Muon"]
        return OPTIMIZERS[name](moved, **({"max_iter": 4} if name == "LBFGS" else {}))

    whole = train(tmp_path / "whole", make=make, epochs=2)
    assert interrupted(tmp_path / "checkpoint", 5, 4, make=make, epochs=2) == whole


SCHEDULES = {
    "ConstantLR": {},
    "CosineAnnealingLR": {"T_max": 9},
    "CosineAnnealingWarmRestarts": {"T_0": 4},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "cycle_momentum": False},
    "ExponentialLR": {"gamma": 0.9},
    "LambdaLR": {"lr_lambda": lambda epoch: 1 / (1 + epoch)},
    "LinearLR": {},
    "MultiStepLR": {"milestones": [3, 8, 8]},
    "MultiplicativeLR": {"lr_lambda": lambda epoch: 0.9},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": 20},
    "PolynomialLR": {"total_iters": 15},
    "ReduceLROnPlateau": {"patience": 0, "threshold": 0.5},
    "StepLR": {"step_size": 4},
}


def composed(optimizer):
    warm = lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4)
    return lr_scheduler.SequentialLR(optimizer, [warm, lr_scheduler.CosineAnnealingLR(optimizer, 14)], [4])


def chained(optimizer):
    return lr_scheduler.ChainedScheduler(
        [lr_scheduler.ExponentialLR(optimizer, 0.9), lr_scheduler.StepLR(optimizer, 3)], optimizer
    )


@pytest.mark.parametrize("name", [*SCHEDULES, "composed", "chained"])
def test_schedules(name, tmp_path):
    if name in SCHEDULES:

        def schedule(optimizer):
            return getattr(lr_scheduler, name)(optimizer, **SCHEDULES[name])
    else:
        schedule = {"composed": composed, "chained": chained}[name]
    each = "epoch" if name == "ReduceLROnPlateau" else "step"
    options = {"schedule": schedule, "schedule_each": each}
    whole = train(tmp_path / "whole", **options)
    assert interrupted(tmp_path / "checkpoint", 5, 4, **options) == whole


def test_history_files_are_those_of_the_uninterrupted_training(tmp_path):
    def go(path, stop_at=None, epochs=3):
        tg.manual_seed(0)
        model = make_model()
        seen = 0

        def interrupt(state):
            nonlocal seen
            seen += 1
            if seen == stop_at:
                raise InterruptError

        path.mkdir(exist_ok=True)
        return fit(
            model,
            DataLoader(Augmented(60), 10),
            adam(model),
            epochs,
            on_step=[interrupt],
            on_epoch=[HistoryFiles(path)],
            checkpoint=Checkpoint(path / "checkpoint", resume=True),
        )

    folder = tmp_path / "run"
    with pytest.raises(InterruptError):
        go(folder, 14)
    before = (folder / "history.jsonl").read_text()
    with open(folder / "history.jsonl", "a") as file:
        file.write('{"epoch": 3, "half a li')  # as a kill in the middle of a write leaves it
    state = go(folder)
    text = (folder / "history.jsonl").read_text()
    assert text.startswith(before)
    assert len(text.splitlines()) == len(state.history) == len((folder / "history.csv").read_text().splitlines()) - 1


def test_generators_go_back_to_where_they_stood(tmp_path):
    def draw():
        return tg.rand(3).tolist(), random.random(), random.gauss(0, 1), np.random.rand(2).tolist(), np.random.randn()

    seed_everything(5)
    draw()
    tg.save(random_state(), tmp_path / "state")
    expected = [draw(), draw()]
    seed_everything(6)
    set_random_state(tg.load(tmp_path / "state"))
    assert [draw(), draw()] == expected


# places that cannot be written to


def test_a_place_that_cannot_be_written_to_is_told_before_the_first_step(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing.checkpoint'$"):
        train(tmp_path / "missing" / "checkpoint", 1)


def full(*arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_last_checkpoint_and_the_training_goes_on(call, whole, tmp_path, monkeypatch):
    path, kept = tmp_path / "checkpoint", []

    class Filling(Checkpoint):
        def after_step(self):
            if self.state.epoch == 2 and not kept:
                kept.append(path.read_bytes())
                monkeypatch.setattr(os, call, full)
            super().after_step()

    word = r"checkpoint' was not saved after step 2 of epoch 2 \(No space left on device\); the training goes on"
    with pytest.warns(RuntimeWarning, match="was not saved") as caught:
        assert train(path, checkpoint=Filling) == whole
    assert any(re.search(word, str(each.message)) for each in caught)
    assert path.read_bytes() == kept[0]
    assert os.listdir(tmp_path) == ["checkpoint"]
    monkeypatch.undo()
    assert train(path) == whole


def test_a_folder_that_becomes_read_only(whole, open_folder, without_privileges):
    path = open_folder / "checkpoint"
    with pytest.raises(InterruptError):
        train(path, 8)
    open_folder.chmod(0o555)
    before = path.read_bytes()
    with without_privileges, pytest.warns(RuntimeWarning, match="Permission denied"):
        assert train(path) == whole
    assert path.read_bytes() == before


# files that are not what they should be


def test_checkpoints_that_cannot_be_resumed_are_told(tmp_path):
    path = tmp_path / "checkpoint"
    with pytest.raises(InterruptError):
        train(path, 5)
    data = path.read_bytes()
    for damage in (b"", b"nothing", data[:1000], data[:-10], data.replace(b"samples", b"sampled", 1)):
        path.write_bytes(damage)
        with pytest.raises(ValueError, match="checkpoint'"):
            train(path)
    tg.save({"some": "thing"}, path)
    with pytest.raises(ValueError, match="is not a checkpoint of a training"):
        train(path)
    tg.save({"tinygrad_edu": 1, "parts": 3}, path)
    with pytest.raises(ValueError, match="is not a checkpoint of a training"):
        train(path)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"is the checkpoint of another training: it has .* and this one .*schedule"):
        train(path, schedule=lambda optimizer: lr_scheduler.StepLR(optimizer, 1))


def test_the_checkpoint_of_another_network_is_told(tmp_path):
    path, data = tmp_path / "checkpoint", DataLoader(Augmented(20), 10)
    small, large = (tg.nn.Sequential(tg.nn.Flatten(), tg.nn.Linear(64, n), tg.nn.Linear(n, 10)) for n in (3, 4))
    fit(small, data, adam(small), 1, checkpoint=Checkpoint(path))
    with pytest.raises(ValueError, match=r"(?s)is the checkpoint of another training: .*1\.weight"):
        fit(large, data, adam(large), 2, checkpoint=Checkpoint(path, resume=True))


@pytest.mark.parametrize("spoilt", ["optimizer", "state", "now", "key"])
def test_a_checkpoint_that_fails_in_a_later_part_leaves_everything_as_it_was(tmp_path, spoilt):
    path, data = tmp_path / "checkpoint", DataLoader(Augmented(20), 10)
    fit(model := make_model(), data, adam(model), 1, checkpoint=Checkpoint(path))
    content = tg.load(path)
    if spoilt == "key":
        content["chance"]["now"]["numpy"]["state"]["key"] -= 2**40
    else:
        content["chance" if spoilt == "now" else "parts"][spoilt] = {}
    tg.save(content, path)
    optimizer = adam(model := make_model())
    before, groups = copy.deepcopy((model.state_dict(), random_state())), optimizer.state_dict()
    with pytest.raises(ValueError, match=r"is (the|not a) checkpoint of a"):
        fit(model, data, optimizer, 2, checkpoint=Checkpoint(path, resume=True))
    assert repr((model.state_dict(), random_state())) == repr(before)
    assert optimizer.state_dict() == groups


def test_without_resume_a_training_begins_anew(tmp_path):
    path = tmp_path / "checkpoint"
    model = make_model()
    fit(model, DataLoader(Augmented(20), 10), adam(model), 2, checkpoint=Checkpoint(path))
    state = fit(model, DataLoader(Augmented(20), 10), adam(model), 1, checkpoint=Checkpoint(path))
    assert len(state.history) == 1


# killed


def start(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests" / "training.py"), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)


@posix
def test_killed_at_twenty_random_moments(tmp_path):
    chance, path = random.Random(11), tmp_path / "checkpoint"
    expected = train(tmp_path / "whole", epochs=EPOCHS)
    kills = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, "fsync", "replace", "open"] * 4
    chance.shuffle(kills)
    for count, kill in enumerate(kills[:20]):
        within = isinstance(kill, str)  # a save; else wherever it is after some steps
        workers = chance.choice([0, 0, 0, 2])
        process = start(path, workers, *((kill, chance.randint(1, 4)) if within else ("nowhere", 0)))
        if not within:
            for _ in range(chance.randint(1, 5)):
                process.stdout.readline()
            process.send_signal(kill)
        process.communicate(timeout=60)
        if process.returncode == 0:  # on a busy machine a signal may come late
            assert count >= 10
            break
        assert process.returncode == -signal.SIGKILL or not within
    process = start(path, 0, "nowhere", 0)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert (tmp_path / "checkpoint.result").read_text() == repr(expected)
