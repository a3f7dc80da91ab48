"""Results that are still to come, as PyTorch's programs wait for them: those of Python."""

import concurrent.futures
from collections.abc import Callable, Sequence
from typing import Any, Self

__all__ = ["Future", "collect_all", "wait_all"]


class Future(concurrent.futures.Future[Any]):
    """A value that somebody sets later."""

    def __init__(self, *, devices: Any = None) -> None:
        super().__init__()

    def wait(self) -> Any:
        """The value, as soon as it is there."""
        return self.result()

    value = wait

    def then(self, callback: Callable[[Self], Any]) -> "Future":
        """What a function makes of this Future, once it has its value."""
        following = Future()

        def go_on(done: Any) -> None:
            try:
                following.set_result(callback(done))
            except Exception as error:
                following.set_exception(error)

        self.add_done_callback(go_on)
        return following


def collect_all(futures: Sequence[Future]) -> Future:
    """All of them, once all have their values."""
    together = Future()
    wait_all(futures)
    together.set_result(list(futures))
    return together


def wait_all(futures: Sequence[Future]) -> list[Any]:
    """The values, as soon as all are there."""
    return [future.wait() for future in futures]
