"""The DataLoader: from a set of samples to batches of Tensors."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import GenericAlias
from typing import Any, ClassVar

from ..functions.random import Generator, default_generator, randint
from ..told import guarded
from .batches import Epoch, FromWorkers, InProcess
from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .fetching import Recipe
from .pool import Pool, context_for
from .sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader"]

FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}


class DataLoader:
    """Batches of the samples of a data set, anew in each `for` loop, in a new order if `shuffle`.

    `sampler` gives the order instead of `shuffle`; `batch_sampler` gives lists of indices instead of the four options
    `batch_size`, `shuffle`, `sampler` and `drop_last`. `collate_fn` makes a batch from a list of samples. With
    `batch_size=None` the samples come one by one, their arrays as Tensors. `pin_memory` and `pin_memory_device` are
    taken, and have no effect.

    **Workers.** `num_workers` processes make the batches ahead of time, `prefetch_factor` (2) each. They come in order
    unless `in_order=False`. Workers start with each loop, or with the first one only if `persistent_workers`;
    `worker_init_fn` is then called in each with its number, and `get_worker_info()` tells which it is. An error in one
    is raised here, with its traceback in the message. A RuntimeError says that a worker has died, or that a batch was
    not there after `timeout` seconds (0: no limit). `multiprocessing_context` is a start method or a context; without
    one, workers are forked on Linux (pool.py says why).

    **Random numbers.** An epoch draws one number, its seed, from `generator` or the default one. The samplers draw from
    a stream that starts there, unless they have a generator of their own. What is drawn while a batch is made, from the
    default generator, Python's `random` or NumPy's global one, comes from a stream that starts at the epoch's seed and
    the batch's number. So the same seed gives the same batches for any number of workers. Two things cannot follow: a
    generator that the data set keeps, of which each worker has a copy; and a stream of samples, where each worker gives
    a share.

    **Resuming.** `state_dict()` tells at any time how far the present epoch is, and after `load_state_dict` the next
    `for` loop gives the rest of that epoch.

    Raises:
        ValueError: an option that cannot be, or that another one rules out.

    >>> from tinygrad_edu import arange
    >>> from tinygrad_edu.data import TensorDataset
    >>> for x, y in DataLoader(TensorDataset(arange(3), arange(3) ** 2), batch_size=2):
    ...     print(x, y)
    tensor([0, 1]) tensor([0, 1])
    tensor([2]) tensor([4])
    """

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)  # for annotations: DataLoader[Tensor]

    @guarded
    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        self.streams = isinstance(dataset, IterableDataset)
        check_order(self.streams, batch_size, shuffle, sampler, batch_sampler, drop_last)
        check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        if multiprocessing_context is not None:
            if num_workers == 0:
                raise ValueError("DataLoader takes a multiprocessing_context only with num_workers > 0")
            multiprocessing_context = context_for(multiprocessing_context)
        if generator is not None and not isinstance(generator, Generator):
            raise TypeError(f"DataLoader takes a Generator as generator, got {type(generator).__name__}")

        if sampler is None:
            if self.streams:
                sampler = itertools.repeat(None)
            else:
                sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.generator = generator
        self.num_workers = num_workers
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.told_length: int | None = None  # what len() said of a stream, whose batches are held against it
        self._pool: Pool | None = None  # of persistent workers
        self._epoch: Epoch | None = None
        self._resumed = False
        self.__initialized = True  # which loaders of others set to False, to change what is fixed

    def __setattr__(self, name: str, value: Any) -> None:
        if name in FIXED and self.__dict__.get("_DataLoader__initialized"):
            raise ValueError(f"{name} of a DataLoader cannot be set; make another one")
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        if self._resumed and self._epoch is not None:
            self._resumed = False
            self._set_generators(self._epoch.generators)
        else:
            seed = int(randint(2**63 - 1, (), generator=self.generator))
            self._epoch = Epoch(seed, self._states())
        return FromWorkers(self, self._epoch) if self.num_workers else InProcess(self, self._epoch)

    def __len__(self) -> int:
        length = self._length()
        if self.streams:
            self.told_length = length
        return length

    @property
    def recipe(self) -> Recipe:
        """What workers have to know."""
        return Recipe(self.dataset, self.batch_sampler is not None, self.collate_fn, self.drop_last, self.streams)

    def pool(self) -> Pool:
        """The workers of a loop that begins."""
        if self._pool is not None and not self._pool.closed:
            return self._pool
        context = context_for(self.multiprocessing_context)
        pool = Pool(self.recipe, context, self.num_workers, self.worker_init_fn)
        if self.persistent_workers:
            self._pool = pool
        return pool

    @property
    def _iterator(self) -> Pool | None:
        """The workers that stay, under PyTorch's name; they end by its `_shutdown_workers()`, or as None is set."""
        return None if self._pool is None or self._pool.closed else self._pool

    @_iterator.setter
    def _iterator(self, value: Pool | None) -> None:
        self._pool = value

    def complete(self, epoch: Epoch) -> None:
        """Take note that an epoch is over."""
        if self._epoch is epoch:
            self._epoch = None

    def state_dict(self) -> dict[str, Any]:
        """How far the present epoch is, in numbers, texts, lists and dicts: as a file of JSON holds them.

        `position` is the number of batches handed out so far, from 0; `seed` what the epoch follows from, None between
        two epochs; `generators` the states of the generators given to the loader and its samplers, at the start of the
        epoch. The default generator's state is not in it: whoever saves a training saves that beside it. A sampler that
        draws from elsewhere cannot be brought back.

        Raises:
            RuntimeError: within an epoch whose batches come in any order, those handed out are not the first ones.
        """
        if self._epoch is not None and self.num_workers and not self.in_order:
            raise RuntimeError("DataLoader with in_order=False cannot tell which batches of an epoch were handed out")
        epoch = self._epoch
        return {
            "seed": None if epoch is None else epoch.seed,
            "position": 0 if epoch is None else epoch.position,
            "generators": self._states() if epoch is None else epoch.generators,
            "length": self._length_if_known(),
            "shares": self.num_workers if self.streams else None,  # which stream a batch is of, depends on this
        }

    @guarded
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go to where a loader was: the next `for` loop gives the batches that it had not handed out.

        After the last batch of an epoch these are none; once a loop has found that out, the next is a new epoch.

        Raises:
            ValueError: it is no state, or that of a loader of another length or with other generators; nothing is
                changed then.
        """
        check_state(state_dict)
        theirs, ours = state_dict["length"], self._length_if_known()
        if theirs != ours:
            raise ValueError(f"the state is of a loader of {theirs} batches, this one has {ours}")
        if self.streams and state_dict["shares"] != self.num_workers:
            raise ValueError(
                f"the state is of a stream shared by {state_dict['shares']} workers, this loader has {self.num_workers}"
            )
        if len(state_dict["generators"]) != len(self._generators()):
            raise ValueError(
                f"the state is of a loader with {len(state_dict['generators'])} generators in it and its samplers, "
                f"this one has {len(self._generators())}"
            )
        states = self._states()
        try:
            self._set_generators(state_dict["generators"])
        except Exception:
            self._set_generators(states)
            raise
        self._epoch, self._resumed = None, False
        if state_dict["seed"] is not None:
            self._epoch = Epoch(state_dict["seed"], state_dict["generators"], state_dict["position"])
            self._resumed = True

    def _length(self) -> int:
        if not self.streams:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
        count, size = len(self.dataset), self.batch_size or 1
        return count // size if self.drop_last else -(-count // size)

    def _length_if_known(self) -> int | None:
        try:
            return self._length()
        except TypeError:
            return None

    def _generators(self) -> list[Generator]:
        """The generators that the order of the samples may depend on; of the default one the seed was drawn."""
        places = [self, self.sampler, self.batch_sampler, getattr(self.batch_sampler, "sampler", None)]
        found = [getattr(place, "generator", None) for place in places]
        return list(dict.fromkeys(g for g in found if isinstance(g, Generator) and g is not default_generator))

    def _states(self) -> list[dict[str, Any]]:
        return [generator.get_state() for generator in self._generators()]

    def _set_generators(self, states: list[dict[str, Any]]) -> None:
        for generator, state in zip(self._generators(), states, strict=True):
            generator.set_state(state)


def check_state(state_dict: Any) -> None:
    """Raise ValueError if this is not what state_dict() gives."""
    kinds: dict[str, Any] = {
        "seed": (int, type(None)),
        "position": (int,),
        "generators": (list, tuple),
        "length": (int, type(None)),
    }
    if not isinstance(state_dict, Mapping) or not kinds.keys() <= state_dict.keys():
        raise ValueError(f"the state of a DataLoader is a dictionary with {', '.join(kinds)}, got {state_dict!r:.60}")
    for name, kind in kinds.items():
        value = state_dict[name]
        if not isinstance(value, kind) or (isinstance(value, int) and value < 0):
            raise ValueError(f"{value!r:.60} cannot be the {name} in the state of a DataLoader")


def check_order(streams: bool, batch_size: Any, shuffle: Any, sampler: Any, batch_sampler: Any, drop_last: Any) -> None:
    """Raise ValueError if these options of what a batch is made of do not go together."""
    if streams and (shuffle or sampler is not None or batch_sampler is not None):
        raise ValueError("DataLoader takes no shuffle, sampler or batch_sampler for an IterableDataset, a stream")
    if sampler is not None and shuffle:
        raise ValueError("DataLoader takes shuffle=True or a sampler, which gives the order itself, not both")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("DataLoader takes no batch_size, shuffle, sampler or drop_last beside a batch_sampler")
    if batch_size is None and drop_last:
        raise ValueError("DataLoader has no last batch to drop with batch_size=None")


def check_workers(num_workers: Any, timeout: Any, prefetch_factor: Any, persistent_workers: Any) -> None:
    """Raise ValueError if these options of the workers cannot be, or do not go together."""
    if not isinstance(num_workers, int) or num_workers < 0:
        raise ValueError(f"num_workers must be a whole number, 0 to make batches in this process, got {num_workers!r}")
    if not timeout >= 0:
        raise ValueError(f"timeout must be 0, for none, or a number of seconds, got {timeout!r}")
    if prefetch_factor is not None and (not isinstance(prefetch_factor, int) or prefetch_factor < 1):
        raise ValueError(f"prefetch_factor must be a whole number of 1 or more, got {prefetch_factor!r}")
    if num_workers == 0 and (timeout or prefetch_factor is not None or persistent_workers):
        raise ValueError("DataLoader takes timeout, prefetch_factor and persistent_workers only with num_workers > 0")
