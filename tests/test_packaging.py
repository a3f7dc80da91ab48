"""What is installed: one version, NumPy alone needed, and a wheel with the data and without the tests."""

import hashlib
import pathlib
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import numpy as np
import pytest

import tinygrad_edu

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "tinygrad_edu"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EMBEDDED = {
    "breast_cancer": "327fbb6d9dbe2c6efce7791325c351eb8702e8b919cc4ee0eb1e9db561ad6fc8",
    "digits": "6f801551877abf69fbf3711373bb642a18dc933430a3385cd6febc235225ea6f",
    "iris": "6a058d97752090736fa26873349f680a4719af8d1464985feb3a551f60a0de05",
    "wine": "1ab54d50eb76caa4fbf91542fe3c83fdfd3041e6ec12a336f9eb343efacc8a33",
}


def build(source: pathlib.Path, target: str, folder: pathlib.Path) -> pathlib.Path:
    """Build the sdist or the wheel of a source tree, with the backend that the test extra installs."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(build(ROOT, "wheel", tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The sdist, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(ROOT, "sdist", folder)) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = (entry for entry in folder.iterdir() if entry.is_dir())
    return unpacked


def metadata(wheel: zipfile.ZipFile) -> str:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(name).decode()


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = {
        str(file.relative_to(ROOT))
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    }
    assert packed == wanted
    assert {f"tinygrad_edu/data/{name}.npz" for name in EMBEDDED} <= packed
    assert {"tinygrad_edu/py.typed", "tinygrad_edu/nn/__init__.py"} <= packed


def test_the_wheel_carries_the_licences_and_the_command(wheel):
    info = [name.split(".dist-info/")[1] for name in wheel.namelist() if ".dist-info/" in name]
    assert {"licenses/LICENSE", "licenses/tinygrad_edu/data/LICENSES.md", "entry_points.txt"} <= set(info)
    assert "License-Expression: MIT\n" in metadata(wheel)


def test_the_wheel_needs_numpy_and_nothing_else(wheel):
    needed = re.findall(r"^Requires-Dist: (.*)$", metadata(wheel), re.M)
    assert [line for line in needed if "extra ==" not in line] == ["numpy>=2"]
    assert "Requires-Python: >=3.11\n" in metadata(wheel)


def test_the_sdist_builds_the_same_wheel(wheel, sdist, tmp_path):
    assert not (sdist / "nn").exists()
    assert not (sdist / "tests").exists()
    again = zipfile.ZipFile(build(sdist, "wheel", tmp_path))
    assert {name: again.read(name) for name in again.namelist()} == {
        name: wheel.read(name) for name in wheel.namelist()
    }


def test_there_is_one_version(wheel):
    assert re.fullmatch(r"\d+\.\d+\.\d+", tinygrad_edu.__version__)
    assert f"Version: {tinygrad_edu.__version__}\n" in metadata(wheel)
    assert "version" not in PROJECT
    assert "version" in PROJECT["dynamic"]


def test_the_embedded_data_are_the_published_ones():
    stored = {file.stem: file for file in (PACKAGE / "data").glob("*.npz")}
    assert {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in stored.items()} == EMBEDDED
    assert sum(file.stat().st_size for file in stored.values()) < 120_000
    with np.load(stored["digits"], allow_pickle=False) as digits:
        assert (digits["x"].shape, digits["x"].dtype, digits["x"].max()) == ((1797, 8, 8), np.uint8, 16)
        assert np.bincount(digits["y"]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_importing_the_package_loads_no_extra():
    extras = {"matplotlib", "PIL", "sklearn", "tqdm", "hypothesis", "torch"}
    code = f"import sys, tinygrad_edu; print(*{extras} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
