"""Data sets, samplers, and loaders that are resumed, that have workers, and whose workers fail."""

import json
import random

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)


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
    """The numbers below a bound, each with a random one."""

    def __init__(self, count, told=None):
        self.count = count
        self.told = count if told is None else told

    def __iter__(self):
        return ((i, tg.rand(())) for i in range(self.count))

    def __len__(self):
        return self.told


def plain(batch):
    """A batch as lists and numbers, to be compared bit by bit."""
    if isinstance(batch, tg.Tensor):
        return batch.tolist()
    return [plain(x) for x in batch] if isinstance(batch, list | tuple) else batch


def epochs(loader, number=2):
    return [[plain(batch) for batch in loader] for _ in range(number)]


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
