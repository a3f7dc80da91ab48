"""Data sets, samplers, collating and loaders beside PyTorch's, wherever no random number is drawn."""

import collections
import inspect

import numpy as np
import pytest
import torch
import torch.utils.data as theirs

import tinygrad_edu as tg
import tinygrad_edu.data as ours
from tinygrad_edu.pytorch.distributed import DistributedSampler

Pair = collections.namedtuple("Pair", "x y")


def same(found, wanted):
    """Hold a batch to PyTorch's: kinds of containers, dtypes, shapes and values."""
    if isinstance(wanted, torch.Tensor):
        assert isinstance(found, tg.Tensor)
        assert str(wanted.dtype).removeprefix("torch.") == str(found.dtype).removeprefix("tinygrad_edu.")
        np.testing.assert_array_equal(found.numpy(), wanted.numpy(), strict=True)
    elif isinstance(wanted, dict | collections.UserDict):
        assert type(found) is type(wanted)
        assert list(found) == list(wanted)
        for key in wanted:
            same(found[key], wanted[key])
    elif isinstance(wanted, list | tuple | collections.UserList):
        assert type(found) is type(wanted)
        for x, y in zip(found, wanted, strict=True):
            same(x, y)
    else:
        assert type(found) is type(wanted)
        assert np.array_equal(found, wanted)


def samples(library):
    """Samples of every kind, with the library's own Tensors in them."""
    return [
        [1, 2],
        [1.5, 2],
        [2, 1.5],
        [True, False],
        [True, 2],
        ["a", "bc"],
        [b"a", b"bc"],
        [np.float32(1), np.float32(2)],
        [np.int64(1), np.int64(2)],
        [np.bool_(True), np.bool_(False)],
        [np.zeros((2, 3), np.float16), np.ones((2, 3), np.float16)],
        [np.array(1.0), np.array(2.0)],
        [library.ones(2), library.zeros(2)],
        [library.ones(2), library.zeros(2).double()],
        [library.ones(2, 0), library.zeros(2, 0)],
        [library.tensor(1), library.tensor(2)],
        [(1, "a"), (2, "b")],
        [[1, "a"], [2, "b"]],
        [Pair(1, 2.0), Pair(3, 4.0)],
        [{"a": 1, "b": (2, 3)}, {"a": 4, "b": (5, 6)}],
        [collections.UserDict(a=1), collections.UserDict(a=2)],
        [collections.UserList([1, 2]), collections.UserList([3, 4])],
        [collections.OrderedDict(b=1, a=2), collections.OrderedDict(b=3, a=4)],
        [range(3), range(3)],
        [{"a": [(library.ones(2), {"b": 1.0})]}] * 3,
    ]


@pytest.mark.parametrize("i", range(len(samples(torch))))
def test_collating(i):
    same(ours.default_collate(samples(tg)[i]), theirs.default_collate(samples(torch)[i]))


@pytest.mark.parametrize("i", range(len(samples(torch))))
def test_converting(i):
    same(ours.default_convert(samples(tg)[i]), theirs.default_convert(samples(torch)[i]))


@pytest.mark.parametrize(
    "batch",
    [[None], [object()], [(1, 2), (1,)], [np.array("a")], [np.array([object()])], [{1}], [1 + 2j]],
    ids=["None", "object", "lengths", "text", "array of objects", "set", "complex"],
)
def test_what_cannot_be_collated(batch):
    with pytest.raises((TypeError, RuntimeError)) as told:
        theirs.default_collate(batch)
    with pytest.raises(told.type):
        ours.default_collate(batch)


def rows(library):
    return library.arange(10), library.arange(20).reshape(10, 2).float()


def data_sets(library, data):
    tensors = data.TensorDataset(*rows(library))
    texts = ["a", "b", "c"]
    return {
        "tensors": tensors,
        "subset": data.Subset(tensors, [7, 3, 5, 5]),
        "nested": data.Subset(data.Subset(tensors, [7, 3, 5, 5]), [3, 0]),
        "joined": data.ConcatDataset([tensors, data.Subset(tensors, [1])]),
        "added": tensors + tensors,
        "stacked": data.StackDataset(data.Subset(tensors, [1, 2, 3]), texts),
        "named": data.StackDataset(a=texts, b=data.Subset(tensors, [1, 2, 3])),
        "listed": [(1.5, "a"), (2.5, "b"), (3.5, "c")],
        "arrays": [np.arange(3) + i for i in range(4)],
    }


NAMES = list(data_sets(torch, theirs))
OPTIONS = [
    {},
    {"batch_size": 3},
    {"batch_size": 2, "drop_last": True},
    {"batch_size": None},
    {"batch_size": 100, "drop_last": True},
    {"batch_sampler": [[0, 1], [1]]},
    {"sampler": [1, 0, 1], "batch_size": 2},
    {"sampler": [1, 0, 1], "batch_size": None},
    {"batch_size": 3, "collate_fn": len},
    {"batch_size": 2, "num_workers": 2},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_loading(name, options):
    loaders = [
        data.DataLoader(data_sets(library, data)[name], **options) for library, data in ((tg, ours), (torch, theirs))
    ]
    assert len(loaders[0]) == len(loaders[1])
    assert loaders[0].batch_size == loaders[1].batch_size
    found, wanted = (list(loader) for loader in loaders)
    same(found, wanted)


@pytest.mark.parametrize("name", NAMES)
def test_indexing(name):
    found, wanted = data_sets(tg, ours)[name], data_sets(torch, theirs)[name]
    assert len(found) == len(wanted)
    for i in (*range(len(wanted)), -1, -len(wanted)):
        same(found[i], wanted[i])


def streams(data, count, told):
    """A stream of which each worker gives every so many-th sample, but the first one fewer."""

    class Stream(data.IterableDataset):
        def __iter__(self):
            info = data.get_worker_info()
            first, step = (0, 1) if info is None else (info.id, info.num_workers)
            return iter(range(first, count if first else count - 3, step))

        def __len__(self):
            return told

    return Stream()


@pytest.mark.parametrize("options", [{}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None}])
@pytest.mark.parametrize("workers", [0, 1, 2])
def test_streams(options, workers):
    loaders = [data.DataLoader(streams(data, 17, 17), num_workers=workers, **options) for data in (ours, theirs)]
    assert len(loaders[0]) == len(loaders[1])
    same(*map(list, loaders))
    chained = [streams(data, 5, 5) + streams(data, 4, 4) for data in (ours, theirs)]
    assert len(chained[0]) == len(chained[1]) == 9
    same(*map(list, chained))


def parts(data):
    tensors = data.TensorDataset(*rows(tg if data is ours else torch))
    return [
        lambda: data.DataLoader(tensors, batch_size=0),
        lambda: data.DataLoader(tensors, batch_size=-1),
        lambda: data.DataLoader(tensors, batch_size=True),
        lambda: data.DataLoader(tensors, batch_size=1.5),
        lambda: data.DataLoader(tensors, shuffle=True, sampler=[1]),
        lambda: data.DataLoader(tensors, batch_sampler=[[1]], batch_size=2),
        lambda: data.DataLoader(tensors, batch_sampler=[[1]], drop_last=True),
        lambda: data.DataLoader(tensors, batch_size=None, drop_last=True),
        lambda: data.DataLoader(tensors, num_workers=-1),
        lambda: data.DataLoader(tensors, timeout=-1),
        lambda: data.DataLoader(tensors, prefetch_factor=2),
        lambda: data.DataLoader(tensors, persistent_workers=True),
        lambda: data.DataLoader(tensors, multiprocessing_context="fork"),
        lambda: data.DataLoader(tensors, multiprocessing_context="spoon", num_workers=1),
        lambda: data.DataLoader(tensors, multiprocessing_context=1, num_workers=1),
        lambda: data.DataLoader([], shuffle=True),
        lambda: setattr(data.DataLoader(tensors), "dataset", 1),
        lambda: len(data.DataLoader(data.IterableDataset())),
        lambda: data.RandomSampler(tensors, num_samples=0),
        lambda: data.RandomSampler(tensors, replacement=2),
        lambda: data.BatchSampler([1], 2, 3),
        lambda: data.WeightedRandomSampler([1.0], 1.5),
        lambda: data.WeightedRandomSampler([[1.0]], 1),
        lambda: data.WeightedRandomSampler([1.0], 1, replacement=None),
        lambda: list(data.WeightedRandomSampler([1.0], 2, replacement=False)),
        lambda: list(data.WeightedRandomSampler([-1.0, 2.0], 2)),
        lambda: data.random_split(tensors, [3, 3]),
        lambda: data.random_split(tensors, [0.5, -0.5, 1.0]),
        lambda: data.StackDataset(),
        lambda: data.StackDataset(tensors, a=tensors),
        lambda: data.StackDataset(tensors, [1]),
        lambda: data.ConcatDataset([tensors])[10],
        lambda: data.ConcatDataset([tensors])[-11],
        lambda: data.Subset(tensors, [1])[1],
        lambda: len(data.Dataset()),
        lambda: data.Dataset()[0],
        lambda: list(data.Sampler()),
    ]


@pytest.mark.parametrize("i", range(len(parts(theirs))))
def test_errors_are_of_the_same_type(i):
    with pytest.raises(Exception) as told:  # noqa: PT011
        parts(theirs)[i]()
    with pytest.raises(told.type):
        parts(ours)[i]()


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (lambda data: data.RandomSampler(range(7)), 7),
        (lambda data: data.RandomSampler(range(7), num_samples=17), 17),
        (lambda data: data.RandomSampler(range(7), replacement=True), 7),
        (lambda data: data.RandomSampler(range(7), True, 40), 40),
        (lambda data: data.SubsetRandomSampler([5, 6, 9]), 3),
        (lambda data: data.WeightedRandomSampler([1.0, 2.0], 5), 5),
        (lambda data: data.BatchSampler(data.SequentialSampler(range(7)), 3, False), 3),
        (lambda data: data.BatchSampler(data.SequentialSampler(range(7)), 3, True), 2),
    ],
)
def test_samplers_have_the_same_lengths(make, count):
    for data in (ours, theirs):
        assert len(make(data)) == len(list(make(data))) == count


@pytest.mark.parametrize("lengths", [[3, 7], [0.5, 0.5], [0.33, 0.33, 0.34], [0.25, 0.75], [0, 10]])
def test_splits_are_of_the_same_sizes(lengths):
    found, wanted = (data.random_split(range(10), lengths) for data in (ours, theirs))
    assert [len(part) for part in found] == [len(part) for part in wanted]


def test_the_signatures_are_pytorchs():
    for name in ours.__all__:
        theirs_of_it = getattr(theirs, name, None)
        if theirs_of_it is not None and name not in ("Dataset", "IterableDataset", "Sampler"):
            found = inspect.signature(getattr(ours, name)).parameters.values()
            wanted = inspect.signature(theirs_of_it).parameters.values()
            assert [(p.name, p.kind, p.default) for p in found if p.name != "generator"] == [
                (p.name, p.kind, p.default) for p in wanted if p.name != "generator"
            ], name


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("processes", [1, 2, 3, 7])
def test_samples_shared_by_processes(processes, drop_last):
    for size in (0, 1, 2, 5, 10, 11):
        for rank in range(processes):
            settings = {"num_replicas": processes, "rank": rank, "shuffle": False, "drop_last": drop_last}
            found, wanted = (m(range(size), **settings) for m in (DistributedSampler, theirs.DistributedSampler))
            assert (len(found), list(found)) == (len(wanted), list(wanted))


def test_shuffled_samples_shared_by_processes():
    shares = [DistributedSampler(range(10), 2, rank, seed=3) for rank in range(2)]
    first = [list(share) for share in shares]
    assert sorted(first[0] + first[1]) == list(range(10))
    assert [list(share) for share in shares] == first
    for share in shares:
        share.set_epoch(1)
    then = [list(share) for share in shares]
    assert sorted(then[0] + then[1]) == list(range(10))
    assert then != first
    for wrong in (-1, 2):
        for m in (DistributedSampler, theirs.DistributedSampler):
            with pytest.raises(ValueError, match="rank"):
                m(range(10), 2, wrong)
