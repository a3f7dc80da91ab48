"""A file is there whole or not at all, whatever happens while it is written."""

import errno
import os
import pathlib
import resource
import stat

import numpy as np
import pytest

from tinygrad_edu.atomic import atomic_write, atomic_write_text
from tinygrad_edu.io import load_safetensors, save_safetensors


def test_a_write_that_ends_well_replaces_the_file(tmp_path):
    (tmp_path / "x").write_text("old")
    with atomic_write_text(tmp_path / "x") as file:
        file.write("naïve\n")
        assert (tmp_path / "x").read_text() == "old"
    assert (tmp_path / "x").read_bytes() == "naïve\n".encode()
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError, OSError])
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_write_that_is_interrupted_leaves_what_was_there(tmp_path, interruption, old):
    path = tmp_path / "x"
    if old is not None:
        path.write_bytes(old)

    def write() -> None:
        with atomic_write(path) as file:
            file.write(b"new" * 10_000)
            raise interruption

    with pytest.raises(interruption):
        write()
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == ([] if old is None else [old])


def test_an_error_that_is_not_about_the_file_is_left_alone(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), atomic_write(tmp_path / "x"):
        (tmp_path / "elsewhere").read_bytes()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there_and_names_the_file(tmp_path, monkeypatch, step):
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *(arguments[:1] if step == "replace" else ()))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
        save_safetensors({"x": np.ones(3)}, path)
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"old"]


def test_a_file_beyond_the_limit_leaves_what_was_there_and_names_the_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match=f"File too large: '{path}'"):
            save_safetensors({"x": np.ones(1_000_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"old"]


def test_places_that_cannot_be_written_to_are_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing/x'$"):
        save_safetensors({}, tmp_path / "missing" / "x")
    with pytest.raises(IsADirectoryError, match=f"{tmp_path.name}'$"):
        save_safetensors({}, tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError, match=r"file/x'$"):
        save_safetensors({}, tmp_path / "file" / "x")
    with pytest.raises(OSError, match="not a regular file, so it cannot be replaced: '/dev/null'"):
        save_safetensors({}, "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_an_error_of_the_writers_own_is_left_as_it_is(tmp_path):
    for error in (OSError("the sensor is gone"), FileNotFoundError(2, "no such file", "another")):
        with pytest.raises(OSError, match=str(error).replace("[", "\\[")) as told, atomic_write(tmp_path / "x"):
            raise error
        assert told.value is error
    assert not list(tmp_path.iterdir())


def test_a_folder_that_may_not_be_written_to_is_the_systems_error(open_folder, without_privileges):
    open_folder.chmod(0o555)
    with without_privileges, pytest.raises(PermissionError, match=r"/x'$"):
        save_safetensors({}, open_folder / "x")
    assert not list(open_folder.iterdir())


def test_a_file_that_may_not_be_written_to_is_not_replaced(open_folder, without_privileges):
    path = open_folder / "kept"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with without_privileges, pytest.raises(PermissionError, match=r"kept'$"):
        save_safetensors({}, path)
    assert [entry.read_bytes() for entry in open_folder.iterdir()] == [b"old"]


def test_a_new_file_has_the_mode_of_the_umask_and_an_old_one_keeps_its_own(tmp_path):
    before = os.umask(0o027)
    try:
        save_safetensors({}, tmp_path / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o600)
    save_safetensors({}, tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_a_symbolic_link_goes_on_pointing_to_the_file(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "latest").symlink_to(pathlib.Path("runs", "one"))
    save_safetensors({"x": np.ones(2)}, tmp_path / "latest")
    assert (tmp_path / "latest").is_symlink()
    assert load_safetensors(tmp_path / "runs" / "one")["x"].tolist() == [1, 1]
    assert [entry.name for entry in (tmp_path / "runs").iterdir()] == ["one"]
