"""The memory under Tensors: storages, and Tensors that are given other memory in place."""

import pytest

import tinygrad_edu as tg


def test_tensors_that_share_memory_have_one_storage():
    x = tg.arange(6.0).reshape(2, 3)
    parts = [x, x.t(), x[1], x.detach(), x.as_strided((2,), (1,), 3)]
    assert len({part.untyped_storage().data_ptr() for part in parts}) == 1
    assert all(part.storage() == x.storage() for part in parts)
    assert x.clone().storage() != x.storage()
    assert [tg.is_storage(found) for found in (x.storage(), x)] == [True, False]
    assert x.t().contiguous().t().storage().tolist() == [0, 3, 1, 4, 2, 5]


def test_a_storage_is_a_row_of_elements_or_of_bytes():
    x = tg.arange(4).reshape(2, 2)
    found = x[1].storage()
    assert (len(found), found.size(), found.nbytes(), found.element_size()) == (4, 4, 32, 8)
    assert (found[3], found[1:], list(found)) == (3, [1, 2, 3], [0, 1, 2, 3])
    assert len(found.untyped()) == len(x.untyped_storage()) == 32
    assert x.untyped_storage()[8] == 1
    assert repr(found) == "[0, 1, 2, 3], a storage of 4 int64"


def test_a_write_to_a_storage_is_one_to_its_tensors():
    x = tg.ones(3, requires_grad=True)
    y = x * 2
    z = y * y
    y.detach().storage()[0] = 5.0
    assert y.tolist() == [5, 2, 2]
    with pytest.raises(RuntimeError, match="overwritten"):
        z.sum().backward()


def test_a_tensor_resized_in_place():
    x = tg.arange(6.0)
    seen = x.view(2, 3)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    x.zero_()
    assert seen.tolist() == [[0, 0, 0], [0, 4, 5]]
    assert x.resize_((5,)).tolist() == [0] * 5
    assert tg.arange(4.0).reshape(2, 2).t().resize_(3).tolist() == [0, 2, 1]
    assert tg.empty(0).resize_as_(tg.ones(2, 1)).copy_(tg.ones(2, 1)).shape == (2, 1)
    assert tg.ones(2).resize_(0, 3).shape == (0, 3)


def test_a_tensor_given_other_memory():
    x, y = tg.zeros(2), tg.ones(3)
    assert x.set_(y) is x
    x[0] = 4
    assert y.tolist() == [4, 1, 1]
    assert x.set_().numel() == 0


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: tg.ones(2, requires_grad=True).resize_(3), "reshape"),
        (lambda: tg.ones(2).resize_(-1), "sizes are 0 or more"),
        (lambda: tg.ones(2).set_(tg.ones(2, dtype=tg.float64)), "same dtype, float32, got float64"),
    ],
)
def test_refusals(call, told):
    with pytest.raises(RuntimeError, match=told):
        call()
