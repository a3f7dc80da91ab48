"""Showing how a training goes: a bar in a terminal, a line for each epoch elsewhere."""

import io
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

from .state import State

__all__ = ["progress"]

OFTEN = 0.1  # seconds between two pictures of the bar


class Display(Protocol):
    """What shows a training: `step` and `epoch` are callbacks of `fit`."""

    def step(self, state: State) -> None: ...

    def epoch(self, state: State) -> None: ...

    def close(self) -> None: ...


@contextmanager
def progress(file: TextIO | None = None) -> Iterator[Display]:
    """Show a training on a file, by default standard error; what it gives has the callbacks `step` and `epoch`.

    A terminal gets one line with a bar, the loss, the accuracy and the time left, drawn by tqdm if it is installed;
    anything else gets a line for each epoch.
    """
    display = choose_display(file or sys.stderr or io.StringIO())  # there is no standard error if it was closed
    try:
        yield display
    finally:
        display.close()


def choose_display(file: TextIO) -> Display:
    """The display that suits a file."""
    if not file.isatty():
        return EpochLines(file)
    try:
        from tqdm import tqdm
    except Exception:  # it is not installed, or it is broken
        return ProgressLine(file)
    return TqdmBar(tqdm, file)


def measures(state: State) -> str:
    """`loss 0.1234, accuracy 96.5 %, held out 95.0 %`; what is held out is from the end of the epoch before."""
    text = ", ".join(shown(name, value) for name, value in state.measures.items())
    held_out = {name.removeprefix("val_"): x for name, x in (state.history or [{}])[-1].items() if name[:4] == "val_"}
    if "accuracy" in held_out:
        text += f", held out {100 * held_out['accuracy']:.1f} %"
    elif held_out:
        text += f", held out {held_out['loss']:.4f}"
    return text


def shown(name: str, value: float) -> str:
    """`loss 0.1234`, `accuracy 96.5 %`."""
    return f"{name} {100 * value:.1f} %" if name == "accuracy" else f"{name} {value:.4f}"


class EpochLines:
    """A line for each epoch."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def step(self, state: State) -> None:
        """A step is too little for a line."""

    def epoch(self, state: State) -> None:
        """Write the epoch's line."""
        seconds = state.history[-1]["seconds"]
        counted = f"{state.epoch:{len(str(state.epochs))}}/{state.epochs}"
        print(f"epoch {counted}  {measures(state)}, {seconds:.1f} s", file=self.file, flush=True)

    def close(self) -> None:
        """Nothing is left open."""


class ProgressLine:
    """One line of a terminal, written over and over."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.started = time.monotonic()
        self.before: float | None = None  # the share that was done when it began: a training may be resumed
        self.shown = 0.0
        self.text = ""

    def step(self, state: State) -> None:
        """Draw the line anew, if that was not done just now."""
        now = time.monotonic()
        if self.before is None:
            self.before = share_of(state, -1)
        if now - self.shown >= OFTEN:
            self.draw(state, now)

    def epoch(self, state: State) -> None:
        """Draw the line anew."""
        self.draw(state, time.monotonic())

    def draw(self, state: State, now: float) -> None:
        share = share_of(state)
        done = share - (self.before or 0.0)
        left = (now - self.started) * (1 - share) / done if done else 0.0
        before = f"epoch {state.epoch}/{state.epochs} "
        after = f" {100 * share:3.0f} %, {duration(left)} left, {measures(state)}"
        columns = shutil.get_terminal_size().columns - 1  # a full line would make some terminals go on to the next
        text = before + self.bar(share, min(20, columns - len(before) - len(after))) + after
        self.shown, self.text = now, text[:columns]
        self.file.write("\r" + self.text + "\x1b[K")
        self.file.flush()

    def bar(self, share: float, width: int) -> str:
        """`#####-----`, in lines if the terminal has them."""
        full, empty = "━─" if "utf" in (self.file.encoding or "").lower() else "#-"
        done = round(share * max(width, 0))
        return full * done + empty * (max(width, 0) - done)

    def close(self) -> None:
        """Leave the line as it is and go on to the next."""
        if self.text:
            print(file=self.file, flush=True)


class TqdmBar:
    """tqdm's bar, which fits every kind of terminal."""

    def __init__(self, tqdm: Any, file: TextIO) -> None:
        self.tqdm = tqdm
        self.file = file
        self.drawn: Any = None
        self.worded = 0.0

    def step(self, state: State) -> None:
        """Count the step."""
        if self.drawn is None:
            layout = "{desc} {bar:20} {percentage:3.0f} %, {remaining} left{postfix}"
            total = state.epochs * state.steps
            self.drawn = self.tqdm(
                total=total,
                initial=round(share_of(state, -1) * total),
                file=self.file,
                bar_format=layout,
                dynamic_ncols=True,
                mininterval=OFTEN,
            )
        now = time.monotonic()
        if now - self.worded >= OFTEN:  # in between nobody would see it
            self.worded = now
            self.drawn.set_description_str(f"epoch {state.epoch}/{state.epochs}", refresh=False)
            self.drawn.postfix = measures(state)
        self.drawn.update()

    def epoch(self, state: State) -> None:
        """Show the epoch's measures at once."""
        if self.drawn is not None:  # there were no steps left in an epoch that was resumed at its end
            self.drawn.set_description_str(f"epoch {state.epoch}/{state.epochs}", refresh=False)
            self.drawn.postfix = measures(state)
            self.drawn.refresh()

    def close(self) -> None:
        """Leave the bar as it is and go on to the next line."""
        if self.drawn is not None:
            self.drawn.close()


def share_of(state: State, more: int = 0) -> float:
    """Which part of the training is done, or was or will be so many steps from now."""
    return ((state.epoch - 1) * state.steps + state.step + more) / (state.epochs * state.steps)


def duration(seconds: float) -> str:
    """`1:05`, `2:00:09`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
