"""Checkpoints that PyTorch writes and reads: the same values, names, order and dtypes, both ways."""

import collections
import io

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]


def through(obj, save, load, **settings):
    file = io.BytesIO()
    save(obj, file, **settings)
    file.seek(0)
    return load(file)


def values(found):
    """Tensors of either library as dtype and list, in whatever holds them."""
    if isinstance(found, (tg.Tensor, torch.Tensor)):
        return str(found.dtype).removeprefix("torch."), tuple(found.shape), found.requires_grad, found.tolist()
    if isinstance(found, dict):
        return {key: values(value) for key, value in found.items()}
    if isinstance(found, (list, tuple)):
        return type(found)(map(values, found))
    return found


def state(m):
    base = m.arange(12).reshape(3, 4)
    tensors = {name: m.arange(6).reshape(2, 3).to(getattr(m, name)) for name in DTYPES}
    views = {"turned": base.t(), "part": base[1:, ::2], "scalar": m.tensor(2.5), "empty": m.zeros(0, 3)}
    plain = {"epoch": 3, "rate": 0.1, "name": "é", "none": None, "flags": (True, False), 5: [1, [2, -(2**40)]]}
    return {**tensors, **views, "learned": m.ones(2, requires_grad=True), "plain": plain}


@pytest.mark.parametrize("zipped", [True, False])
def test_what_pytorch_saves_is_loaded(zipped):
    found = through(state(torch), torch.save, tg.load, _use_new_zipfile_serialization=zipped)
    assert values(found) == values(state(torch))
    assert list(found) == list(state(torch))


def test_what_we_save_pytorch_loads_as_weights_only():
    found = through(state(tg), tg.save, lambda file: torch.load(file, weights_only=True))
    assert values(found) == values(state(tg))
    assert list(found) == list(state(tg))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol(protocol):
    found = through({"w": torch.ones(2), "n": (1, "a")}, torch.save, tg.load, pickle_protocol=protocol)
    assert values(found) == {"w": ("float32", (2,), False, [1, 1]), "n": (1, "a")}


@pytest.mark.parametrize("zipped", [True, False])
def test_parameters_shared_storages_and_bfloat16(zipped):
    base = torch.arange(6.0)
    obj = collections.OrderedDict(
        parameter=torch.nn.Parameter(torch.ones(2)),
        frozen=torch.nn.Parameter(torch.ones(2), requires_grad=False),
        head=base[:2],
        tail=base[2:],
        half=torch.tensor([1.5, -2.0]).bfloat16(),
        spread=torch.ones(1).expand(3, 4),
        size=torch.Size([2, 3]),
    )
    found = through(obj, torch.save, tg.load, _use_new_zipfile_serialization=zipped)
    assert isinstance(found, collections.OrderedDict)
    assert found["parameter"].requires_grad
    assert not found["frozen"].requires_grad
    assert found["tail"].tolist() == [2, 3, 4, 5]
    assert (found["half"].dtype, found["half"].tolist()) == (tg.float32, [1.5, -2.0])
    assert found["spread"].tolist() == [[1.0] * 4] * 3
    assert found["size"] == (2, 3)


@pytest.mark.parametrize("zipped", [True, False])
def test_views_of_one_storage_stay_so_in_pytorch(zipped):
    base = tg.arange(20.0)
    parts = [base[:8], base.view(4, 5)[1:, ::2], base, base.view(4, 5).t()]
    found = through(parts, tg.save, torch.load, _use_new_zipfile_serialization=zipped)
    assert values(found) == values(parts)
    assert [x.stride() for x in found] == [x.stride() for x in parts]
    assert {x.untyped_storage().data_ptr() for x in found} == {found[0].untyped_storage().data_ptr()}
    back = through(found, torch.save, tg.load, _use_new_zipfile_serialization=zipped)
    back[2].fill_(7)
    assert set(np.ravel(back[1].tolist())) == {7}


@pytest.mark.parametrize("zipped", [True, False])
def test_plain_data_goes_both_ways(zipped):
    obj = [b"\x00\xff", bytearray(b"ab"), 1 - 2j, collections.Counter("aab"), b"", "é", {1, 2}]
    for save, load in ((tg.save, torch.load), (torch.save, tg.load)):
        found = through(obj, save, load, _use_new_zipfile_serialization=zipped)
        assert found == obj
        assert list(map(type, found)) == list(map(type, obj))


@pytest.mark.parametrize("zipped", [True, False])
def test_arrays_of_numpy_go_both_ways(zipped):
    obj = {"curve": np.arange(6.0).reshape(2, 3), "names": np.array(["a", "bc"]), "flags": np.array([True])}
    for save, load in (
        (tg.save, lambda file: torch.load(file, weights_only=False)),
        (torch.save, lambda file: tg.load(file, weights_only=False)),
    ):
        found = through({**obj, "best": np.float32(0.5)}, save, load, _use_new_zipfile_serialization=zipped)
        for name, array in obj.items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)
        assert found["best"] == 0.5


def test_a_model_and_its_optimizer_go_both_ways():
    def make(m, nn, optim):
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        rule = optim.Adam(model.parameters(), lr=0.1)
        for step in range(3):
            rule.zero_grad()
            (model(m.ones(5, 3) * step) ** 2).sum().backward()
            rule.step()
        return model, rule

    for (m, n, o), save, (m2, n2, o2), load in [
        ((torch, torch.nn, torch.optim), torch.save, (tg, nn, optim), tg.load),
        ((tg, nn, optim), tg.save, (torch, torch.nn, torch.optim), lambda file: torch.load(file, weights_only=True)),
    ]:
        model, rule = make(m, n, o)
        found = through({"model": model.state_dict(), "optimizer": rule.state_dict()}, save, load)
        other, other_rule = make(m2, n2, o2)
        other.load_state_dict(found["model"])
        other_rule.load_state_dict(found["optimizer"])
        for library, net, steps in ((m, model, rule), (m2, other, other_rule)):
            steps.zero_grad()
            (net(library.ones(5, 3)) ** 2).sum().backward()
            steps.step()
        for p, q in zip(model.parameters(), other.parameters(), strict=True):
            np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), 1e-5, 1e-6)


def test_a_whole_module_is_refused():
    file = io.BytesIO()
    torch.save(torch.nn.Linear(2, 1), file)
    file.seek(0)
    with pytest.raises(ValueError, match=r"torch\.nn\.modules\.linear\.Linear.*save the state_dict\(\)"):
        tg.load(file)
