"""The worker processes of a loader, seen from the process that they work for.

On Linux workers are forked, unless a start method is asked for: they begin at once, share the data set with the parent
as long as nobody writes to it, and nothing has to be pickled, so that classes defined in a notebook and programs
without `if __name__ == "__main__"` will do. NumPy's OpenBLAS stops its threads for a fork. Elsewhere forking is not
safe, and the platform's own method is used. A program that has threads of its own when a loop begins may do better with
`multiprocessing_context="forkserver"`: Python from 3.12 on warns of forking then.

No thread is started on this side, and there is nothing to clean up after a crash: a worker ends when it is told to,
when its connection closes, or when it finds that its parent has changed; its shared memory has no name.
"""

import collections
import contextlib
import functools
import multiprocessing
import os
import pickle
import select
import signal
import sys
import time
import weakref
from collections.abc import Callable, Iterable
from multiprocessing import reduction
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from .fetching import Recipe
from .transport import Places, can_share, new_memory
from .worker import RAISED, STOP, WATCH, Maker, work

__all__ = ["Pool", "Worker", "context_for", "error_of"]

PATIENCE = 2.0  # seconds that a worker has to end when it is told to


class GoneError(RuntimeError):
    """A worker has ended though it was not told to."""


class LateError(RuntimeError):
    """A batch was not there in time; it may still come."""


def context_for(asked: Any) -> BaseContext:
    """How to start workers: as asked for, or as the program has set, or else the best way here.

    Raises:
        ValueError: there is no such start method.
        TypeError: it is neither the name of one nor a multiprocessing context.
    """
    methods = multiprocessing.get_all_start_methods()
    if isinstance(asked, BaseContext):
        return asked
    if asked is None:
        asked = multiprocessing.get_start_method(allow_none=True)
        asked = asked or ("fork" if sys.platform == "linux" else methods[0])
    if not isinstance(asked, str):
        raise TypeError(f"multiprocessing_context takes a start method or a context, got {asked!r}")
    if asked not in methods:
        raise ValueError(f"multiprocessing_context must be one of {methods}, got {asked!r}")
    return multiprocessing.get_context(asked)


class Worker:
    """One process, the connection to it, and the memory that its batches come through."""

    def __init__(self, process: BaseProcess, ours: Connection, memory: int | None) -> None:
        self.process = process
        self.connection = ours
        self.memory = memory
        self.places = Places(memory)
        self.asked: collections.deque[int] = collections.deque()  # in which places what was asked for will be
        self.wait = waiter(ours, process.sentinel)

    def send(self, message: Any) -> None:
        """Ask for something. That it has gone is found out when its answer is waited for."""
        try:
            self.connection.send_bytes(pickle.dumps(message))
        except OSError:
            return

    def answer(self, timeout: float | None) -> bytes:
        """What it sends next.

        Raises:
            GoneError: it never will.
            LateError: it has not within so many seconds.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while not (ready := self.wait(WATCH if until is None else max(0.0, min(until - time.monotonic(), WATCH)))):
            if not self.process.is_alive():
                raise GoneError(self.obituary())
            if until is not None and time.monotonic() >= until:
                raise LateError(f"DataLoader timed out after {timeout} seconds")
        try:
            if self.connection in ready:
                return self.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise GoneError(self.obituary()) from error
        raise GoneError(self.obituary())

    def obituary(self) -> str:
        """What became of it."""
        self.process.join(PATIENCE)
        code, told = self.process.exitcode, f"DataLoader worker (pid {self.process.pid})"
        if code is not None and code < 0:
            cause = "; the system may have run out of memory" if -code == signal.SIGKILL else ""
            return f"{told} is killed by signal: {signal.strsignal(-code)}{cause}"
        return f"{told} exited unexpectedly with code {code}"


class Pool:
    """The workers of a loader; they are stopped when it is closed, dropped, or the program ends."""

    def __init__(
        self, recipe: Recipe, context: BaseContext, num_workers: int, init: Callable[[int], Any] | None
    ) -> None:
        self.workers: list[Worker] = []
        self.turn = 0  # which loop they work for
        self.stop = weakref.finalize(self, stop, self.workers, os.getpid())
        try:
            for worker_id in range(num_workers):
                self.start(context, Maker(recipe, init, worker_id, num_workers))
        except BaseException:
            self.close()
            raise

    def start(self, context: BaseContext, maker: Maker) -> None:
        """Start one worker.

        Raises:
            TypeError: what it has to be given cannot be pickled, where it must be.
        """
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, maker, can_share()), daemon=True)  # type: ignore[attr-defined]
        try:
            process.start()
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            raise TypeError(
                f"a worker cannot be given the data set, collate_fn or worker_init_fn, which start method "
                f"{context.get_start_method()!r} must pickle: {error}; define classes and functions in a module"
            ) from error
        theirs.close()
        memory = new_memory() if can_share() else None
        self.workers.append(Worker(process, ours, memory))
        if memory is not None:
            with contextlib.suppress(OSError):  # it has gone already
                reduction.send_handle(ours, memory, process.pid)

    @property
    def closed(self) -> bool:
        """Whether the workers were stopped."""
        return not self.stop.alive

    def close(self) -> None:
        """Stop the workers."""
        self.turn += 1
        self.stop()

    _shutdown_workers = close  # PyTorch's name

    def begin(self, seed: int) -> int:
        """Begin a loop, when the answers to what was asked before have been thrown away; its number is given."""
        for worker_id, worker in enumerate(self.workers):
            while worker.asked:
                worker.places.free.append(self.answer(worker_id, None)[1])
            worker.send(seed)
        self.turn += 1
        return self.turn

    def ask(self, worker_id: int, number: int, indices: Any) -> None:
        """Ask a worker for a batch."""
        worker = self.workers[worker_id]
        worker.asked.append(worker.places.take())
        worker.send((number, indices, worker.asked[-1]))

    def first_ready(self, worker_ids: Iterable[int], timeout: float | None) -> int:
        """Which of these workers has answered first, or has gone.

        Raises:
            LateError: none has in that time.
        """
        waited: dict[Any, int] = {}
        for worker_id in worker_ids:
            worker = self.workers[worker_id]
            waited[worker.connection] = waited[worker.process.sentinel] = worker_id
        ready = wait(waited, timeout)
        if not ready:
            raise LateError(f"DataLoader timed out after {timeout} seconds")
        return waited[ready[0]]

    def receive(self, worker_id: int, timeout: float | None) -> tuple[int, Any]:
        """A worker's answer to what it was asked first: of which kind it is, and what it says."""
        packed, place = self.answer(worker_id, timeout)
        try:
            return self.workers[worker_id].places.unpack(packed, place)
        except Exception as error:
            told = f"a batch from DataLoader worker process {worker_id} cannot be unpickled here: {error!r}"
            return RAISED, (pickle.dumps(RuntimeError), told)

    def answer(self, worker_id: int, timeout: float | None) -> tuple[bytes, int]:
        """A worker's answer, as it comes, and its place; unless it is late, without one the workers are of no use."""
        try:
            packed = self.workers[worker_id].answer(timeout)
        except LateError:
            raise
        except BaseException:  # Ctrl-C may have come in the middle of a message
            self.close()
            raise
        return packed, self.workers[worker_id].asked.popleft()


def waiter(*signs: Connection | int) -> Callable[[float], list[Any]]:
    """A function that waits so many seconds for one of these to be ready, and gives those that are."""
    if not hasattr(select, "poll"):
        return functools.partial(wait, signs)
    poll, sign_of = select.poll(), {}  # made once: a tenth of a wait's cost
    for sign in signs:
        fd = sign if isinstance(sign, int) else sign.fileno()
        poll.register(fd, select.POLLIN)
        sign_of[fd] = sign
    return lambda seconds: [sign_of[fd] for fd, _ in poll.poll(seconds * 1000)]


def error_of(pickled: bytes, message: str) -> Exception:
    """An error of this type that says so; a RuntimeError where there is no such type here, or it is not made so."""
    try:
        error = pickle.loads(pickled)(Lines(message))
    except Exception:
        return RuntimeError(message)
    return error if isinstance(error, Exception) else RuntimeError(message)


class Lines(str):
    """Text that a KeyError, which shows its key as Python would write it, shows line by line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def stop(workers: Iterable[Worker], owner: int) -> None:
    """Stop workers: those that wait end at once, the others when their sample is made, or in a second anyway."""
    if os.getpid() != owner:  # a worker that was forked while others were at work has no say over them
        return
    for worker in workers:
        with contextlib.suppress(OSError):
            worker.connection.send_bytes(STOP)
        worker.connection.close()
        if worker.memory is not None:
            os.close(worker.memory)
    until = time.monotonic() + PATIENCE
    for worker in workers:
        worker.process.join(max(0.0, until - time.monotonic()))
    for worker in workers:
        if worker.process.is_alive():
            worker.process.terminate()
            worker.process.join(PATIENCE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()
