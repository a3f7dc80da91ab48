"""Event files, read as TensorBoard reads them."""

import json
import struct

import pytest

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
