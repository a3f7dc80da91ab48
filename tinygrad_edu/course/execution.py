"""Running a notebook from top to bottom, as Jupyter would, and keeping what it shows (extra `notebook`)."""

import json
import os
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..atomic import atomic_write_text
from ..extras import install, require
from .exercises import read_notebook
from .mode import STANDING_IN, VARIABLE

__all__ = ["Executed", "execute"]

LONGEST = 1_800  # seconds that a cell may take
BROUGHT_BY = {"PIL": "image", "gymnasium": "rl", "matplotlib": "viz", "onnx": "onnx", "sklearn": "sklearn"}  # extras
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Executed:
    """A notebook with the outputs of a run, and how many seconds that took."""

    notebook: Any
    seconds: float

    @property
    def printed(self) -> str:
        """What its cells printed."""
        outputs = [output for cell in self.notebook.cells for output in cell.get("outputs", [])]
        return "".join(output.text for output in outputs if output.output_type == "stream")

    @property
    def has_stand_ins(self) -> bool:
        """Whether data that were not at hand were stood in for."""
        return STANDING_IN in self.printed

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        with atomic_write_text(path) as file:
            file.write(require("nbformat", "notebook", "writing notebooks").writes(self.notebook) + "\n")


def execute(path: Path | str, *, fast: bool) -> Executed:
    """Run all cells but those tagged `skip-execution`, in a folder that is removed afterwards.

    Of a progress bar only the last state is kept, as on a terminal.

    Raises:
        ImportError: the extra `notebook` is not installed.
        OSError: the file cannot be read.
        ValueError: it is not a notebook.
        RuntimeError: a cell fails, does not end, or ends its process; the message has the cell's error.
    """
    nbformat = require("nbformat", "notebook", "running notebooks")
    nbclient = require("nbclient", "notebook", "running notebooks")
    require("ipykernel", "notebook", "running notebooks")
    path = Path(path)
    notebook = valid(path, nbformat)
    started = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory() as folder:
            client = nbclient.NotebookClient(
                notebook,
                timeout=LONGEST,
                kernel_name="python3",
                record_timing=False,
                extra_arguments=["--log-level=ERROR"],  # what the kernel says is not of the notebook
                resources={"metadata": {"path": folder}},
            )
            client.execute(env=environment(fast))
    except nbclient.exceptions.CellExecutionError as error:
        raise RuntimeError(f"{path.name}: a cell fails with {error.ename}: {error.evalue}{advice(error)}") from None
    except nbclient.exceptions.DeadKernelError:
        raise RuntimeError(f"{path.name}: the process that runs its cells died, perhaps for want of memory") from None
    except nbclient.exceptions.CellTimeoutError:
        raise RuntimeError(f"{path.name}: a cell was not done after {LONGEST:,} seconds") from None
    for cell in notebook.cells:
        tidy(cell)
    notebook.metadata = nbformat.from_dict(METADATA)
    return Executed(notebook, time.perf_counter() - started)


def advice(error: Any) -> str:
    """What to install, where a cell imports a package that is not there."""
    package = re.match(r"No module named '(\w+)", error.evalue)
    if error.ename != "ModuleNotFoundError" or package is None:
        return ""
    return f"; {install(BROUGHT_BY[package[1]])}" if package[1] in BROUGHT_BY else f"; pip install {package[1]}"


def valid(path: Path, nbformat: Any) -> Any:
    """The notebook in a file, with its cells numbered, so that a second run changes little."""
    written = read_notebook(path)
    written.update(nbformat=4, nbformat_minor=5)  # the format whose cells have names
    for number, cell in enumerate(written["cells"]):
        cell["id"] = f"cell-{number:03}"
    try:
        notebook = nbformat.v4.reads(json.dumps(written))
        nbformat.validate(notebook)
    except (AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        raise ValueError(f"{path.name} is no notebook, or a damaged one: {str(error).splitlines()[0]}") from None
    return notebook


def environment(fast: bool) -> dict[str, str]:
    """That of the process that runs the cells: of this mode, and with this package, wherever its folder is."""
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, VARIABLE: str(int(fast)), "PYTHONPATH": os.pathsep.join(filter(None, places))}


def tidy(cell: Any) -> None:
    """Leave of the outputs what a terminal would show."""
    cell.metadata.pop("lines_to_next_cell", None)  # jupytext's
    outputs: list[Any] = []
    for output in cell.get("outputs", []):
        if outputs and output.output_type == "stream" == outputs[-1].output_type and output.name == outputs[-1].name:
            outputs[-1].text += output.text  # a bar is written piece by piece
        else:
            outputs.append(output)
    for output in outputs:
        if output.output_type == "stream":
            lines = output.text.split("\n")
            output.text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    if "outputs" in cell:
        cell.outputs = outputs
