"""What runs in a worker: a process that makes batches for a loader."""

import contextlib
import os
import pickle
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Any

from ..functions.settings import set_num_threads
from .fetching import Recipe
from .seeding import Streams, batch_seed
from .transport import pack

__all__ = ["BATCH", "END", "RAISED", "STOP", "WATCH", "Maker", "WorkerInfo", "get_worker_info", "work"]

STOP = b""  # what a worker is sent instead of a message, when it is to end
BATCH, END, RAISED = range(3)  # what a worker answers with
WATCH = 0.5  # seconds between two looks at whether the parent is still there
GRACE = 1.0  # seconds that a sample may still take when it is of no use any more


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker of how many this is, what its random numbers start from, and its copy of the data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker of a DataLoader this process is; None in any other process.

    An IterableDataset learns from it which share of its samples to give: `id` of `num_workers`.

    >>> get_worker_info() is None
    True
    """
    return info


def work(connection: Connection, maker: "Maker", shares_memory: bool) -> None:
    """Make the batches that are asked for, until told to stop or the parent is gone."""
    # Ctrl-C reaches all processes of a terminal, but is the parent's to deal with; its other handlers are not for here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    set_num_threads(1)
    if hasattr(os, "SCHED_BATCH"):
        # Waking a worker must not take the processor from the parent: on a busy machine it waited for milliseconds.
        with contextlib.suppress(OSError):  # not every container allows it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    memory = reduction.recv_handle(connection) if shares_memory else None
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    stopped = threading.Event()
    threading.Thread(target=listen, args=(connection, inbox, stopped), daemon=True).start()

    while (message := inbox.get()) and not stopped.is_set():
        asked = pickle.loads(message)
        if isinstance(asked, int):
            maker.begin(seed=asked)
            continue
        number, indices, place = asked
        try:
            answer = pack(maker.batch(number, indices), memory, place)
        except Exception as error:  # a batch that cannot be pickled
            answer = pack((RAISED, maker.described(error)), None, place)
        try:
            connection.send_bytes(answer)
        except OSError:  # the parent has closed its end
            return


class Maker:
    """Makes the batches of one worker."""

    def __init__(self, recipe: Recipe, init: Callable[[int], Any] | None, worker_id: int, num_workers: int) -> None:
        self.recipe = recipe
        self.init = init
        self.worker_id = worker_id
        self.num_workers = num_workers

    def begin(self, seed: int) -> None:
        """Begin an epoch, the first of which begins the worker; what goes wrong is told when a batch is asked for."""
        global info
        first = info is None
        info = WorkerInfo(self.worker_id, self.num_workers, seed + self.worker_id, self.recipe.dataset)
        self.seed = seed
        self.streams = Streams()
        self.failure: tuple[bytes, str] | None = None
        try:
            with self.streams.seeded(info.seed):
                if first and self.init is not None:
                    self.init(self.worker_id)
                self.fetcher = self.recipe.fetcher()
        except Exception as error:
            self.failure = self.described(error)

    def batch(self, number: int, indices: Any) -> tuple[int, Any]:
        """The batch of this number in the epoch, or why there is none."""
        if self.failure is not None:
            return RAISED, self.failure
        try:
            with self.streams.seeded(batch_seed(self.seed, number)):
                return BATCH, self.fetcher.fetch(indices)
        except StopIteration:
            return END, None
        except Exception as error:
            return RAISED, self.described(error)

    def described(self, error: Exception) -> tuple[bytes, str]:
        """The pickled type of an error, and what is to be said of it."""
        kind = type(error)
        try:
            pickled = pickle.dumps(kind)
        except Exception:  # a class that is local to a function
            pickled = pickle.dumps(RuntimeError)
        text = "".join(traceback.format_exception(error))
        return pickled, f"Caught {kind.__name__} in DataLoader worker process {self.worker_id}.\nOriginal {text}"


def listen(connection: Connection, inbox: "queue.SimpleQueue[bytes]", stopped: threading.Event) -> None:
    """Take the messages in as they come, so that the parent never waits, and see when there is no parent any more."""
    parent = os.getppid()
    try:
        while os.getppid() == parent:
            if connection.poll(WATCH):
                message = connection.recv_bytes()
                if message == STOP:
                    break
                inbox.put(message)
    except (EOFError, OSError):
        pass
    stopped.set()
    inbox.put(STOP)
    time.sleep(GRACE)  # nobody waits for the sample that is being made
    os._exit(1)
