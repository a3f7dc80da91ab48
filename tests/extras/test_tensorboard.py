"""Event files, read as TensorBoard reads them."""

import json
import struct

import pytest

import tinygrad_edu as tg
from tinygrad_edu.cli import main

event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")


def scalars(folder) -> dict[str, list[tuple[int, float]]]:
    """The values in a folder's event files by tag: records of a length, its checksum, an event and its checksum."""
    found: dict = {}
    for file in sorted(folder.glob("events.out.tfevents.*")):
        data, at = file.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            event = event_pb2.Event.FromString(data[at + 12 : at + 12 + length])
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
            at += length + 16
    return found


def test_a_training_as_event_files(tmp_path):
    run = tmp_path / "run"
    arguments = ("--model", "mlp", "--epochs", "3", "--set", "training.tensorboard=true", "--out", str(run))
    assert main(["train", *arguments]) == 0
    history = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    for part, prefix in (("train", ""), ("validation", "val_")):
        found = scalars(run / "events" / part)
        for name in ("loss", "accuracy"):
            expected = [(record["epoch"], record[prefix + name]) for record in history]
            assert found[name] == [(step, pytest.approx(value, rel=1e-6)) for step, value in expected]
    by_step = scalars(run / "events" / "train")["loss_by_step"]
    assert [step for step, _ in by_step] == list(range(10, 3 * 46 + 1, 10))


def test_a_writer_as_pytorchs_programs_have_it(tmp_path):
    with tg.as_torch():
        from torch.utils.tensorboard import SummaryWriter

        with SummaryWriter(tmp_path) as writer:
            writer.add_scalar("loss", tg.tensor(1.5, requires_grad=True), 0)
            writer.add_scalars("losses", {"a": tg.tensor(1.0), "b": 2.0}, global_step=1)
            writer.add_histogram("weights", tg.nn.Linear(2, 2).weight, 0)
            writer.add_image("picture", tg.rand(3, 4, 4), 0)
            writer.flush()
    assert list(tmp_path.rglob("events*"))
