"""Stopping well: a command ends by a signal as it does by Ctrl-C, and a training between two steps."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["Signals", "ended_by_signals"]

ENDING = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]  # the latter: its terminal is gone


def handled(signals: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None]) -> dict[Any, Any]:
    """Handle these signals, and give the handlers before; one that is ignored, as `nohup` lets it be, stays so."""
    if threading.current_thread() is not threading.main_thread():  # Python gives signals to no other
        return {}
    return {each: signal.signal(each, handler) for each in signals if signal.getsignal(each) is not signal.SIG_IGN}


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """A block that SIGTERM ends as Ctrl-C does: what it began is removed, what it started is stopped."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt(number)

    before = handled(ENDING, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class Signals:
    """Takes note of Ctrl-C and SIGTERM in its `with` block; a second one stops at once."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self.before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self.before = handled([signal.SIGINT, *ENDING], self.note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, handler in self.before.items():
            signal.signal(each, handler)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Remember the signal; if one is waiting already, stop at once.

        Raises:
            KeyboardInterrupt: this is the second.
        """
        if self.received is not None:
            raise KeyboardInterrupt(number)
        self.received = signal.Signals(number)
