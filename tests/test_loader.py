"""Data sets, samplers, and loaders that are resumed, that have workers, and whose workers fail."""

import contextlib
import gc
import json
import multiprocessing
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
from collections import UserDict, UserList

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    get_worker_info,
    random_split,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


def generator(seed: int = 0) -> tg.Generator:
    return tg.Generator().manual_seed(seed)


class Noisy(Dataset):
    """Samples with random numbers of all three kinds in them."""

    def __init__(self, count):
        self.count = count

    def __getitem__(self, index):
        return index, tg.rand(2), np.random.randn(3), random.gauss(0, 1), tg.initial_seed()

    def __len__(self):
        return self.count


class Count(IterableDataset):
    """The numbers below a bound, each with a random one; with workers, each has a share."""

    def __init__(self, count, told=None):
        self.count = count
        self.told = count if told is None else told

    def __iter__(self):
        info = get_worker_info()
        share = range(self.count) if info is None else range(info.id, self.count, info.num_workers)
        return ((i, tg.rand(())) for i in share)

    def __len__(self):
        return self.told


class Calls(Dataset):
    """What a function gives for each index."""

    def __init__(self, function, count=20):
        self.function = function
        self.count = count

    def __getitem__(self, index):
        return self.function(index)

    def __len__(self):
        return self.count


def plain(batch):
    """A batch as lists and numbers, to be compared bit by bit."""
    if isinstance(batch, tg.Tensor):
        return batch.tolist()
    return [plain(x) for x in batch] if isinstance(batch, list | tuple) else batch


def epochs(loader, number=2):
    return [[plain(batch) for batch in loader] for _ in range(number)]


def pids(batches):
    return [worker.process.pid for worker in batches.pool.workers]


def is_running(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def gone(processes, seconds=10.0):
    """Whether these processes have ended, or do so within some seconds."""
    until = time.monotonic() + seconds
    while any(map(is_running, processes)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_running, processes))


# data sets


def test_data_sets_are_put_together():
    both = Calls(str, 2) + Calls(abs, 3)
    assert isinstance(both, ConcatDataset)
    assert both.cumulative_sizes == [2, 5]
    assert [both[i] for i in range(-5, 5)] == ["0", "1", 0, 1, 2] * 2
    assert [plain(x) for x in DataLoader(both, sampler=[4, 2])] == [[2], [0]]
    assert list(both) == ["0", "1", 0, 1, 2]  # an index beyond the end ends it
    chained = Count(2) + Count(1)
    assert isinstance(chained, ChainDataset)
    assert len(chained) == 3
    assert [x for x, _ in chained] == [0, 1, 0]
    stacked = StackDataset(TensorDataset(tg.arange(3)), "abc")
    assert len(stacked) == 3
    assert plain(stacked[1]) == [[1], "b"]
    named = StackDataset(a=[1, 2], b=[3, 4])
    assert {key: plain(x) for key, x in next(iter(DataLoader(named, 2))).items()} == {"a": [1, 2], "b": [3, 4]}
    assert Subset(TensorDataset(tg.arange(5)), [4, 3, 1])[[0, 2]][0].tolist() == [4, 1]


@pytest.mark.parametrize(
    ("make", "error", "word"),
    [
        (lambda: ConcatDataset([]), ValueError, "one data set or more"),
        (lambda: ConcatDataset(["ab", Count(1)]), ValueError, "ChainDataset"),
        (lambda: ConcatDataset(["ab"])[2], IndexError, "index 2 is out of range for 2"),
        (lambda: ConcatDataset(["ab"])[-3], ValueError, "index -3 is out of range for 2"),
        (lambda: list(ChainDataset(["ab"])), TypeError, "takes IterableDatasets, got str"),
        (lambda: len(ChainDataset(["ab"])), TypeError, "takes IterableDatasets, got str"),
        (lambda: StackDataset(), ValueError, "all by position or all by name"),
        (lambda: StackDataset("a", b="b"), ValueError, "all by position or all by name"),
        (lambda: StackDataset("a", "bc"), ValueError, r"one length, got \[1, 2\]"),
        (lambda: list(IterableDataset()), NotImplementedError, "IterableDataset does not define __iter__"),
        (lambda: list(Sampler()), NotImplementedError, "Sampler does not define __iter__"),
        (lambda: RandomSampler("abc", replacement=1), TypeError, "replacement"),
        (lambda: RandomSampler(""), ValueError, "num_samples must be"),
        (lambda: RandomSampler("abc", num_samples=1.0), ValueError, "num_samples must be"),
        (lambda: WeightedRandomSampler([1.0], 0), ValueError, "num_samples must be"),
        (lambda: WeightedRandomSampler([1.0], True), ValueError, "num_samples must be"),
        (lambda: WeightedRandomSampler([1.0], 1, replacement=0), ValueError, "replacement"),
        (lambda: WeightedRandomSampler([[1.0]], 1), ValueError, "a list of weights"),
        (lambda: list(WeightedRandomSampler([1.0, 0.0], 2, False)), RuntimeError, "too few weights are positive"),
        (lambda: BatchSampler("abc", 2, 1), ValueError, "drop_last"),
        (lambda: DataLoader(Count(3), shuffle=True), ValueError, "IterableDataset"),
        (lambda: DataLoader(Count(3), sampler=[1]), ValueError, "IterableDataset"),
        (lambda: DataLoader(Count(3), batch_sampler=[[1]]), ValueError, "IterableDataset"),
        (lambda: DataLoader("abc", generator=3), TypeError, "takes a Generator"),
        (lambda: DataLoader("abc", num_workers=1, multiprocessing_context=3), TypeError, "multiprocessing_context"),
        (lambda: setattr(DataLoader("abc"), "batch_size", 2), ValueError, "batch_size of a DataLoader cannot be set"),
        (lambda: next(iter(DataLoader(Calls(lambda i: next(iter(())))))), RuntimeError, "StopIteration"),
    ],
)
def test_what_cannot_be_is_refused(make, error, word):
    with pytest.raises(error, match=word):
        make()


def test_an_empty_part_is_told_of():
    with pytest.warns(UserWarning, match="leaves part 1 empty"):
        parts = random_split(range(1), [0.5, 0.5], generator())
    assert [len(part) for part in parts] == [1, 0]


def test_kinds_of_samples_may_be_told_in_annotations():
    for kind in (Dataset, IterableDataset, Subset, ConcatDataset, StackDataset, Sampler, DataLoader):
        assert kind[int].__origin__ is kind


# samplers


def test_samplers_of_subsets_and_by_weight():
    assert sorted(SubsetRandomSampler([5, 7, 9])) == [5, 7, 9]
    assert list(SubsetRandomSampler([5, 7, 9], generator(1))) == list(SubsetRandomSampler([5, 7, 9], generator(1)))
    assert len(SubsetRandomSampler([5, 7])) == 2
    one, again, other = (list(WeightedRandomSampler([1.0] * 9, 20, generator=generator(seed))) for seed in (1, 1, 2))
    assert one == again != other
    drawn = list(WeightedRandomSampler([0.0, 1.0, 3.0], 4000, generator=generator()))
    assert len(drawn) == 4000
    assert set(drawn) == {1, 2}
    assert abs(drawn.count(2) - 3000) < 200
    assert sorted(WeightedRandomSampler([0.1, 0.0, 5.0, 2.0], 3, replacement=False)) == [0, 2, 3]


def test_batches_of_an_endless_sampler_are_made_as_they_are_asked_for():
    def endless():
        yield from iter(int, 1)

    assert next(iter(BatchSampler(endless(), 3, True))) == [0, 0, 0]


def test_several_indices_may_be_fetched_at_once():
    class AtOnce(Calls):
        def __getitems__(self, indices):
            return [-i for i in indices]

    assert [plain(b) for b in DataLoader(Subset(AtOnce(abs, 4), [3, 1]), 2)] == [[-3, -1]]
    assert list(DataLoader(AtOnce(abs, 4), 2, collate_fn=sum)) == [-1, -5]
    assert StackDataset(AtOnce(abs, 4), "abcd").__getitems__([1, 2]) == [(-1, "b"), (-2, "c")]
    assert StackDataset(x=AtOnce(abs, 4), y="abcd").__getitems__([3]) == [{"x": -3, "y": "d"}]
    assert Subset(AtOnce(abs, 4), [3, 1]).__getitems__([1, 0]) == [-1, -3]


def test_a_data_set_that_gives_fewer_samples_at_once_than_asked_for_is_told():
    class Fewer(Calls):
        def __getitems__(self, indices):
            return indices[1:]

    with pytest.raises(ValueError, match="asked for 3 samples at once and gave 2"):
        next(iter(DataLoader(StackDataset(Fewer(abs, 4), "abcd"), 3)))


def test_samples_of_a_class_derived_from_a_part_are_its_own():
    class Doubled(Subset):
        def __getitem__(self, index):
            return 2 * super().__getitem__(index)

    class Named(StackDataset):
        def __getitem__(self, index):
            return ["sample", *super().__getitem__(index)]

    assert [plain(b) for b in DataLoader(Doubled(range(9), [3, 1]), 2)] == [[6, 2]]
    assert [plain(b) for b in DataLoader(Named(range(2), range(2)), 2)] == [[["sample", "sample"], [0, 1], [0, 1]]]


# collating


def test_containers_keep_their_kind():
    batch = default_collate([UserDict(a=1, b=[1.5]), UserDict(a=2, b=[2.5])])
    assert isinstance(batch, UserDict)
    assert {key: plain(x) for key, x in batch.items()} == {"a": [1, 2], "b": [[1.5, 2.5]]}
    converted = default_convert(UserList([np.arange(2), (np.float32(3), "a", None)]))
    assert isinstance(converted, UserList)
    assert converted[0].tolist() == [0, 1]
    assert plain(converted[1]) == [3.0, "a", None]
    assert plain(default_collate([range(2), range(2)])) == [[0, 0], [1, 1]]
    words = np.array(["a"])
    assert default_convert(words) is words


def test_what_is_stacked_at_once_is_what_is_stacked_one_by_one():
    assert default_collate([True, False]).dtype == tg.bool
    assert default_collate([1, 2.5]).tolist() == [1.0, 2.5]
    mixed = default_collate([tg.ones(2), tg.ones(2, dtype=tg.float64)])
    assert mixed.dtype == tg.float64
    x = tg.ones(2, requires_grad=True)
    default_collate([x, x * 2]).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    with pytest.raises(TypeError, match="an array of <U1"):
        default_collate([np.array(["a"])])
    with pytest.raises(RuntimeError, match="one length"):
        default_collate([(1, 2), (1,)])


# loaders that are resumed

LOADERS = {
    "in order": lambda: DataLoader(Noisy(10), 3),
    "shuffled": lambda: DataLoader(Noisy(10), 3, shuffle=True),
    "of a generator": lambda: DataLoader(Noisy(10), 3, shuffle=True, generator=generator(5)),
    "sampled": lambda: DataLoader(Noisy(10), 3, sampler=RandomSampler(range(10), True, 25, generator(7))),
    "weighted": lambda: DataLoader(Noisy(4), 2, sampler=WeightedRandomSampler([1, 2, 3, 4], 12), drop_last=True),
    "batched": lambda: DataLoader(
        Noisy(9), batch_sampler=BatchSampler(SubsetRandomSampler(range(9), generator(1)), 2, False)
    ),
    "one by one": lambda: DataLoader(Noisy(6), None, shuffle=True),
    "tensors": lambda: DataLoader(TensorDataset(tg.arange(10)), 3, shuffle=True),
    "a stream": lambda: DataLoader(Count(10), 3),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS)
def test_a_resumed_loader_gives_the_batches_that_remain(make):
    tg.manual_seed(1)
    loader, states, batches = make(), [], []
    for _ in range(2):
        states.append((len(batches), loader.state_dict(), tg.get_rng_state()))
        for batch in loader:
            tg.rand(3)  # as dropout does
            batches.append(plain(batch))
            states.append((len(batches), loader.state_dict(), tg.get_rng_state()))
    for position, state, rng_state in states:
        tg.manual_seed(1000)
        resumed = make()
        resumed.load_state_dict(json.loads(json.dumps(state)))
        assert resumed.state_dict() == state
        tg.set_rng_state(rng_state)
        rest = []
        while position + len(rest) < len(batches):
            for batch in resumed:
                tg.rand(3)
                rest.append(plain(batch))
        assert rest == batches[position:]


def test_after_the_last_batch_none_remains_and_then_comes_a_new_epoch():
    loader = DataLoader(TensorDataset(tg.arange(4)), 2, shuffle=True)
    for _ in loader:
        last = loader.state_dict()
    assert last["position"] == 2
    assert loader.state_dict()["seed"] is None
    again = DataLoader(TensorDataset(tg.arange(4)), 2, shuffle=True)
    again.load_state_dict(last)
    assert list(again) == []
    assert len(list(again)) == 2


def test_a_loop_that_is_broken_off_can_be_resumed():
    loader = DataLoader(Noisy(9), 2, shuffle=True)
    next(iter(loader))
    state = loader.state_dict()
    assert state["position"] == 1
    whole = epochs(loader, 1)
    loader.load_state_dict(state)
    assert len(list(loader)) == 4
    assert len(whole[0]) == 5


def test_a_state_of_another_loader_is_refused():
    state = DataLoader(Noisy(9), 2).state_dict()
    with pytest.raises(ValueError, match="5 batches, this one has 3"):
        DataLoader(Noisy(9), 3).load_state_dict(state)
    with pytest.raises(ValueError, match="0 generators"):
        DataLoader(Noisy(9), 2, generator=generator()).load_state_dict(state)


# random numbers


def test_an_epoch_draws_one_number_and_leaves_all_other_streams_as_they_were():
    tg.manual_seed(4)
    tg.randint(2**63 - 1, ())
    after = tg.get_rng_state()
    tg.manual_seed(4)
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    epochs(DataLoader(Noisy(7), 2, shuffle=True), 1)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert tg.get_rng_state() == after


def test_batches_and_epochs_differ_in_their_random_numbers():
    found = epochs(DataLoader(Noisy(8), 2))
    for kind in range(1, 5):
        numbers = [str(x) for epoch in found for batch in epoch for x in batch[kind]]
        assert len(set(numbers)) == (8 if kind == 4 else 16)


# workers


def batches_of(options, make=lambda **options: DataLoader(Noisy(23), 4, shuffle=True, **options)):
    tg.manual_seed(11)
    random.seed(3)
    found = epochs(make(**options))
    return found, tg.get_rng_state(), random.random()


@pytest.mark.parametrize(
    "options",
    [
        {"num_workers": 1},
        {"num_workers": 2},
        {"num_workers": 5, "prefetch_factor": 1},
        {"num_workers": 2, "persistent_workers": True},
        {"num_workers": 2, "persistent_workers": True, "multiprocessing_context": "spawn"},
    ],
    ids=str,
)
def test_any_number_of_workers_gives_the_same_batches(options):
    assert batches_of(options) == batches_of({})


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_loader_with_workers_is_resumed_by_one_with_any_number(workers):
    tg.manual_seed(8)
    loader = DataLoader(Noisy(15), 2, shuffle=True, num_workers=2)
    batches = iter(loader)
    first = [plain(next(batches)) for _ in range(3)]
    state = loader.state_dict()
    rest = [plain(batch) for batch in batches]
    assert state["position"] == 3
    assert len(rest) == 5
    again = DataLoader(Noisy(15), 2, shuffle=True, num_workers=workers)
    again.load_state_dict(state)
    assert [plain(batch) for batch in again] == rest
    assert first != rest


def test_large_arrays_come_whole_and_are_the_parents_own():
    data = Calls(lambda i: (np.full((100, 50), i, np.float32), np.asfortranarray(np.full((99, 3), i)), "x" * 10**5, i))
    batches = list(DataLoader(data, 2, num_workers=2, collate_fn=list))
    batches[0][0][0][:] = -1  # may be written to, and is in no other batch
    for number, batch in enumerate(batches):
        for k, (large, other, text, index) in enumerate(batch):
            assert index == 2 * number + k
            assert (large == (-1 if index == 0 else index)).all()
            assert (other == index).all()
            assert len(text) == 10**5


def test_large_questions_and_large_answers_do_not_wait_for_each_other():
    # more than the connection takes at once, both ways
    data = Calls(str, 10**6)
    loader = DataLoader(data, 10**5, num_workers=1, collate_fn=lambda batch: batch, prefetch_factor=4)
    assert [len(batch) for batch in loader] == [10**5] * 10


def test_a_stream_is_shared_by_its_workers():
    whole = epochs(DataLoader(Count(11), 2))
    for workers in (1, 3):
        tg.manual_seed(2)
        loader = DataLoader(Count(11), 2, num_workers=workers, persistent_workers=True)
        found = epochs(loader)
        assert sorted(i for numbers, _ in found[1] for i in numbers) == list(range(11))
        tg.manual_seed(2)
        assert epochs(DataLoader(Count(11), 2, num_workers=workers)) == found
    assert [numbers for numbers, _ in found[0]] == [[0, 3], [1, 4], [2, 5], [6, 9], [7, 10], [8]]
    assert len(whole[0]) == 6
    assert [len(numbers) for numbers, _ in DataLoader(Count(11), 2, num_workers=3, drop_last=True)] == [2] * 5


def test_a_shared_stream_is_resumed():
    loader = DataLoader(Count(11), 2, num_workers=3)
    batches = iter(loader)
    next(batches), next(batches)
    state = loader.state_dict()
    rest = [plain(batch) for batch in batches]
    again = DataLoader(Count(11), 2, num_workers=3)
    again.load_state_dict(state)
    assert [plain(batch) for batch in again] == rest
    with pytest.raises(ValueError, match="shared by 3 workers, this loader has 2"):
        DataLoader(Count(11), 2, num_workers=2).load_state_dict(state)


def test_a_stream_that_tells_a_wrong_length_is_told_of():
    loader = DataLoader(Count(5, told=3), 2)
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="3 batches, and its length told of 2"):
        assert len(list(loader)) == 3
    unasked = DataLoader(Count(5, told=3), 2)
    unasked.state_dict()
    assert sum(1 for _ in unasked) == 3


def test_what_workers_know_of_themselves():
    known = []

    def init(worker_id):
        known.append(worker_id)  # in the worker's own memory

    def tell(i):
        info = get_worker_info()
        return info.id, info.num_workers, info.seed, len(info.dataset), known[0], len(known)

    assert get_worker_info() is None
    tg.manual_seed(5)
    seed = int(tg.randint(2**63 - 1, ()))
    tg.manual_seed(5)
    loader = DataLoader(Calls(tell, 6), 1, num_workers=2, worker_init_fn=init, persistent_workers=True)
    for epoch in epochs(loader):
        assert [[x for (x,) in batch[:2]] for batch in epoch] == [[0, 2], [1, 2]] * 3
        assert [[x for (x,) in batch[3:]] for batch in epoch] == [[6, 0, 1], [6, 1, 1]] * 3
    tg.manual_seed(5)
    assert [batch[2].item() for batch in loader] == [seed, seed + 1] * 3
    assert known == []


def test_out_of_order_all_batches_come():
    def slow_first(i):
        time.sleep(0.5 if i == 0 else 0)
        return i

    loader = DataLoader(Calls(slow_first, 12), 2, num_workers=2, in_order=False)
    found = epochs(loader, 1)[0]
    assert sorted(found) == [[i, i + 1] for i in range(0, 12, 2)]
    assert found[0] != [0, 1]
    next(iter(loader))
    with pytest.raises(RuntimeError, match="in_order=False"):
        loader.state_dict()


# workers that fail


class TwoWordsError(Exception):
    def __init__(self, one, two):
        super().__init__(one, two)


def fail(error):
    def call(i):
        if i == 6:
            raise error
        return i

    return Calls(call, 12)


def local_error():
    class LocalError(Exception):
        pass

    return LocalError("here")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ValueError("six"), ValueError),
        (KeyError("six"), KeyError),
        (FileNotFoundError(2, "six"), FileNotFoundError),
        (TwoWordsError("six", "seven"), RuntimeError),
        (UnicodeDecodeError("utf8", b"six", 0, 1, "six"), RuntimeError),
        (local_error(), RuntimeError),
        (tg.errors.ShapeError("six"), tg.errors.ShapeError),
    ],
    ids=lambda x: getattr(x, "__name__", type(x).__name__),
)
def test_a_workers_error_is_raised_here_and_the_other_batches_still_come(error, raised):
    loader = DataLoader(fail(error), 2, num_workers=2)
    batches = iter(loader)
    assert [plain(next(batches)) for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(raised) as caught:
        next(batches)
    assert type(caught.value) is raised
    text = str(caught.value)
    assert f"Caught {type(error).__name__} in DataLoader worker process 1.\nOriginal Traceback" in text
    assert "raise error" in text
    assert loader.state_dict()["position"] == 3
    assert plain(list(batches)) == [[8, 9], [10, 11]]


def test_an_error_when_a_worker_begins():
    def init(worker_id):
        raise OSError("no such disk")

    with pytest.raises(OSError, match="no such disk"):
        next(iter(DataLoader(Noisy(4), num_workers=1, worker_init_fn=init)))


def test_what_cannot_be_sent_is_told_of():
    with pytest.raises((AttributeError, TypeError), match=r"(?s)Caught.*(pickle|get) local object"):
        next(iter(DataLoader(Noisy(4), num_workers=1, collate_fn=lambda batch: lambda: 0)))
    with pytest.raises(TypeError, match="define classes and functions in a module"):
        next(iter(DataLoader(Calls(lambda i: i), num_workers=1, multiprocessing_context="spawn")))


@linux
@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize(
    ("end", "word"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), r"is killed by signal: Killed; the system may"),
        (lambda: os.kill(os.getpid(), signal.SIGUSR1), r"is killed by signal: User defined signal 1"),
        (lambda: os._exit(3), r"exited unexpectedly with code 3"),
    ],
    ids=["killed", "signal", "exit"],
)
def test_a_worker_that_dies_is_told_of(end, word, persistent):
    deadly = [True]

    def call(i):
        if i == 6 and deadly:
            end()
        return i

    loader = DataLoader(Calls(call), 2, num_workers=3, persistent_workers=persistent)
    batches = iter(loader)
    processes = pids(batches)
    with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid \d+\) {word}"):
        list(batches)
    assert gone(processes)
    with pytest.raises(RuntimeError, match="workers of this loop have gone"):
        next(batches)
    deadly.clear()
    assert len(list(loader)) == 10


@linux
@pytest.mark.parametrize("broken_off", [False, True])
def test_an_idle_worker_that_was_killed_is_told_of(broken_off):
    loader = DataLoader(Noisy(14), num_workers=2, persistent_workers=True)
    batches = iter(loader)
    for _ in batches:
        if broken_off:
            break
    os.kill(pids(batches)[1], signal.SIGKILL)
    with pytest.raises(RuntimeError, match="is killed by signal"):
        list(loader)
    assert len(list(loader)) == 14


class Picky:
    """What can be unpickled nowhere."""

    def __reduce__(self):
        return int, ("no number",)


def test_a_batch_that_cannot_be_unpickled():
    batches = iter(DataLoader(Calls(lambda i: Picky() if i == 1 else i, 4), None, num_workers=1))
    assert next(batches) == 0
    with pytest.raises(RuntimeError, match="cannot be unpickled here: ValueError"):
        next(batches)
    assert list(batches) == [2, 3]


@linux
def test_a_wait_that_is_broken_off_ends_the_workers():
    def slow(i):
        time.sleep(30 if i == 1 else 0)
        return i

    def stop(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    batches = iter(DataLoader(Calls(slow), num_workers=1))
    processes = pids(batches)
    next(batches)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            next(batches)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert gone(processes)
    with pytest.raises(RuntimeError, match="have gone"):
        next(batches)


@pytest.mark.parametrize("in_order", [True, False])
def test_a_batch_that_takes_too_long(in_order):
    def slow(i):
        time.sleep(1.5 if i == 2 else 0)
        return i

    batches = iter(DataLoader(Calls(slow, 4), num_workers=1, timeout=0.8, in_order=in_order))
    assert [next(batches).item() for _ in range(2)] == [0, 1]
    with pytest.raises(RuntimeError, match=r"timed out after 0\.8 seconds"):
        next(batches)
    time.sleep(0.8)
    assert [batch.item() for batch in batches] == [2, 3]


# nothing is left behind


def files():
    return len(os.listdir("/proc/self/fd"))


@linux
def test_nothing_is_left_of_a_loop_that_ends_is_broken_off_or_dropped():
    loader = DataLoader(Noisy(20), 2, num_workers=2)
    list(loader)
    gc.collect()
    before, processes = files(), []
    for _ in range(3):
        list(loader)
        for _ in loader:
            break
        batches = iter(loader)
        next(batches)
        processes += pids(batches)
        del batches
    assert gone(processes, 0)
    with contextlib.suppress(ZeroDivisionError):
        for _ in loader:
            1 / 0  # noqa: B018
    gc.collect()
    assert files() <= before


@linux
def test_persistent_workers_stay_and_go_with_their_loader():
    loader = DataLoader(Noisy(20), 2, num_workers=2, persistent_workers=True)
    first = iter(loader)
    processes = pids(first)
    whole = len(list(first))
    for _ in loader:
        break  # the answers that were under way are thrown away
    second = iter(loader)
    assert pids(second) == processes
    assert len(list(second)) == whole
    third, fourth = iter(loader), iter(loader)
    with pytest.raises(RuntimeError, match="gone on to a newer loop"):
        next(third)
    assert len(list(fourth)) == whole
    assert all(map(is_running, processes))
    del loader, first, second, third, fourth
    gc.collect()
    assert gone(processes, 0)


@linux
def test_a_worker_that_is_busy_is_not_waited_for_long_and_has_no_handlers_of_the_parents():
    busy = multiprocessing.get_context("fork").Event()

    def slow(i):
        if i == 1:
            busy.set()
            time.sleep(60)
        return i

    before = signal.signal(signal.SIGTERM, lambda *_: None)  # a program that ends in its own way
    try:
        batches = iter(DataLoader(Calls(slow), num_workers=2))
        next(batches)
        busy.wait()
        processes = pids(batches)
        del batches
        assert gone(processes, 0)
    finally:
        signal.signal(signal.SIGTERM, before)


PROGRAM = """
import os, sys, time
import tinygrad_edu as tg
from tinygrad_edu.data import DataLoader, Dataset

class Slow(Dataset):
    def __getitem__(self, index):
        time.sleep(0.01)
        return tg.zeros(100, 100)
    def __len__(self):
        return 100000

def main():
    global batches
    loader = DataLoader(Slow(), 2, num_workers=2, multiprocessing_context=sys.argv[2] or None)
    batches = iter(loader)
    next(batches)
    print(*[worker.process.pid for worker in batches.pool.workers], flush=True)
    if sys.argv[1] == "leave":
        return
    if sys.argv[1] == "exit":
        os._exit(0)
    for _ in batches:
        pass

if __name__ == "__main__":
    main()
"""

ENDS = {
    "kill -9": ("go on", lambda process: process.kill(), -signal.SIGKILL),
    "SIGTERM": ("go on", lambda process: process.terminate(), -signal.SIGTERM),
    "Ctrl-C": ("go on", lambda process: os.killpg(process.pid, signal.SIGINT), -signal.SIGINT),
    "the end of the program": ("leave", lambda process: None, 0),
    "os._exit": ("exit", lambda process: None, 0),
}


@linux
@pytest.mark.parametrize(
    ("end", "method"),
    [*[(end, "") for end in ENDS], ("kill -9", "spawn"), ("Ctrl-C", "forkserver")],
)
def test_no_orphan_is_left_when_the_program_ends(end, method, tmp_path):
    what, act, code = ENDS[end]
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    shared = set(os.listdir("/dev/shm"))
    with subprocess.Popen(
        [sys.executable, program, what, method],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent.parent)},
    ) as process:
        processes = [int(pid) for pid in process.stdout.readline().split()]
        assert len(processes) == 2
        act(process)
        assert process.wait(20) == code
        assert gone(processes)
        told = process.stderr.read()
    assert told == "" if end != "Ctrl-C" else told.count("KeyboardInterrupt") == 1  # no word from the workers
    assert {name for name in set(os.listdir("/dev/shm")) - shared if "psm" in name or "batch" in name} == set()


@linux
class TestBatchesInSharedMemory:
    """The arrays of a batch are used where a worker has written them."""

    ROWS = np.arange(40 * 3000, dtype=np.float32).reshape(40, 3000)

    def loader(self, **options):
        return DataLoader(TensorDataset(tg.tensor(self.ROWS), tg.arange(40)), 2, num_workers=1, **options)

    def test_those_that_are_kept_stay_as_they_are(self):
        kept = list(self.loader())
        gc.collect()
        for number, (rows, numbers) in enumerate(kept):
            assert numbers.tolist() == [2 * number, 2 * number + 1]
            assert np.array_equal(rows.numpy(), self.ROWS[2 * number : 2 * number + 2])

    def test_a_part_of_one_is_enough_to_keep_it(self):
        parts = [rows[1, 5:7] for rows, _ in self.loader(persistent_workers=True)]
        assert [part.tolist() for part in parts] == self.ROWS[1::2, 5:7].tolist()

    def test_more_than_have_a_place_are_kept(self, monkeypatch):
        monkeypatch.setattr("tinygrad_edu.data.transport.MOST_HELD", 3)
        self.test_those_that_are_kept_stay_as_they_are()

    def test_places_are_used_again(self):
        loader = self.loader(persistent_workers=True)
        for _ in range(3):
            for _ in loader:
                pass
        assert loader._pool.workers[0].places.count <= 4

    def test_places_of_a_loop_that_was_left_are_used_again(self):
        loader = self.loader(persistent_workers=True)
        for _ in range(20):
            next(iter(loader))
        assert loader._pool.workers[0].places.count <= 8
        assert [numbers.tolist() for _, numbers in loader] == [[k, k + 1] for k in range(0, 40, 2)]

    def test_they_can_be_written_to_and_keep_count_of_that_each_for_itself(self):
        batches = iter(self.loader())
        rows, numbers = next(batches)
        weight = tg.ones(3000, requires_grad=True)
        loss = (rows * weight).sum()
        numbers.add_(1)
        loss.backward()
        assert np.array_equal(weight.grad.numpy(), self.ROWS[:2].sum(0))
        rows.zero_()
        assert next(batches)[0].numpy().any()
        assert not rows.numpy().any()
        loss = (rows * weight).sum()
        rows.add_(1)
        with pytest.raises(RuntimeError, match=r"in-?place"):
            loss.backward()

    def test_a_process_that_was_forked_goes_on_to_see_its_batch(self):
        batches = iter(self.loader())
        rows, _ = next(batches)
        go, answer = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.read(go[0], 1)
            os.write(answer[1], repr(float(rows.sum())).encode())
            os._exit(0)
        expected = float(rows.sum())
        del rows
        for _ in batches:
            pass
        os.write(go[1], b"!")
        os.waitpid(child, 0)
        assert float(os.read(answer[0], 100)) == expected
        for end in (*go, *answer):
            os.close(end)


class Odd(Dataset):
    """Batches of all that a collate_fn may give."""

    def __len__(self):
        return 1

    def __getitem__(self, index):
        parameter = tg.ones(3000, requires_grad=True)
        named = tg.ones(2)
        named.name = "two"
        x = tg.ones(3000)
        return {
            "the same": (x, x),
            "empty": tg.zeros(0, 3),
            "scalar": tg.tensor(2.5),
            "strided": tg.tensor(TestBatchesInSharedMemory.ROWS).mT,
            "array": np.arange(5000).reshape(50, 100),
            "text": np.array(["a", "bc"]),
            "parameter": parameter,
            "named": named,
            "bool": tg.ones(9000).bool(),
            "half": tg.ones(9000).half(),
        }


@pytest.mark.parametrize("workers", [1, 0])
def test_a_batch_comes_as_it_was_made(workers):
    (got,) = DataLoader(Odd(), batch_size=None, num_workers=workers)
    made = Odd()[0]
    assert got["the same"][0] is got["the same"][1]
    assert got["parameter"].requires_grad
    assert got["named"].name == "two"
    for name in ("empty", "scalar", "strided", "parameter", "named", "bool", "half"):
        assert got[name].shape == made[name].shape
        assert got[name].dtype == made[name].dtype
        assert np.array_equal(got[name].detach().numpy(), made[name].detach().numpy())
    assert np.array_equal(np.asarray(got["array"]), made["array"])


@pytest.mark.parametrize(
    "change",
    [
        lambda state: None,
        lambda state: {},
        lambda state: {**state, "position": "x"},
        lambda state: {**state, "position": -1},
        lambda state: {**state, "seed": "x"},
        lambda state: {**state, "generators": 3},
        lambda state: {**state, "generators": [3]},
        lambda state: {**state, "generators": [{}]},
        lambda state: {**state, "length": "5"},
        lambda state: {**state, "length": 4},
    ],
)
def test_a_state_that_is_none_changes_nothing(change):
    loader = DataLoader(range(10), 2, shuffle=True, generator=tg.Generator().manual_seed(1))
    batches = iter(loader)
    next(batches)
    before = repr((loader.state_dict(), loader.generator.get_state()))
    with pytest.raises((ValueError, TypeError, RuntimeError)):
        loader.load_state_dict(change(loader.state_dict()))
    assert repr((loader.state_dict(), loader.generator.get_state())) == before


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"batch_sampler": 3, "batch_size": "a"}, "DataLoader"),
        ({"num_workers": 1, "timeout": "a"}, r"DataLoader\(.*timeout='a'\)"),
        ({"sampler": None, "shuffle": True, "dataset": None}, "DataLoader"),
    ],
)
def test_what_python_says_of_settings_is_told_in_our_words(settings, words):
    with pytest.raises((ValueError, TypeError), match=words):
        DataLoader(**{"dataset": range(4), **settings})
