"""Stopping a training well: Ctrl-C and SIGTERM ask for it, and the loop obeys between two steps."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["Signals"]


class Signals:
    """Takes note of SIGINT and SIGTERM in its `with` block; a second one stops at once.

    A signal that the program was started to ignore, as `nohup` does, stays ignored.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self.before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # Python gives signals to no other
            for each in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(each) is not signal.SIG_IGN:
                    self.before[each] = signal.signal(each, self.note)
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
