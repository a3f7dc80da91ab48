"""Running a notebook from top to bottom, as Jupyter would, and keeping what it shows (extra `notebook`)."""

import asyncio
import json
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..atomic import atomic_write_text
from ..extras import install, require
from .exercises import read_notebook
from .mode import STANDING_IN, VARIABLE

__all__ = ["Executed", "execute"]

HANDLED = [signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
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
            client = runner(nbclient)(
                notebook,
                timeout=LONGEST,
                kernel_name="python3",
                record_timing=False,
                extra_arguments=["--log-level=ERROR"],  # what the kernel says is not of the notebook
                resources={"metadata": {"path": folder}},
            )
            with signals_given_back(client):
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


def runner(nbclient: Any) -> Any:
    """nbclient's class, which ends in order where a signal comes, as nbclient's own handling does not."""

    class Runner(nbclient.NotebookClient):  # type: ignore[misc]
        stopped: signal.Signals | None = None
        cell: asyncio.Task[Any] | None = None

        async def async_start_new_kernel(self, **settings: Any) -> None:
            loop = asyncio.get_running_loop()
            removed = [loop.remove_signal_handler(each) for each in HANDLED]
            if any(removed):  # not on Windows, nor in another thread
                for each in HANDLED:
                    loop.add_signal_handler(each, self.stop, each)
            await super().async_start_new_kernel(**settings)

        def stop(self, number: signal.Signals) -> None:
            self.stopped, self.shutdown_kernel = number, "immediate"
            if self.cell is not None:
                self.cell.cancel()

        async def async_execute_cell(self, *given: Any, **named: Any) -> Any:
            self.cell = asyncio.current_task()
            if self.stopped:  # while the kernel started
                raise asyncio.CancelledError
            return await super().async_execute_cell(*given, **named)

    return Runner


@contextmanager
def signals_given_back(client: Any) -> Iterator[None]:
    """A block after which signals are handled as before it, also the one that has stopped the client."""
    before = {each: signal.getsignal(each) for each in HANDLED}
    try:
        yield
    except BaseException:
        if not client.stopped:
            raise
    finally:
        if threading.current_thread() is threading.main_thread():
            for each, handler in before.items():
                signal.signal(each, handler)
    if client.stopped:
        signal.raise_signal(client.stopped)


def advice(error: Any) -> str:
    """What to install, where a cell imports a package that is not there."""
    package = re.match(r"No module named '(\w+)", error.evalue)
    if error.ename != "ModuleNotFoundError" or package is None:
        return ""
    return f"; {install(BROUGHT_BY[package[1]])}" if package[1] in BROUGHT_BY else f"; pip install {package[1]}"


def valid(path: Path, nbformat: Any) -> Any:
    """The notebook in a file, with its cells numbered, so that a second run changes little."""
    written = read_notebook(path)
    written.setdefault("metadata", {})
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
