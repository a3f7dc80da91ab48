"""einsum against NumPy's, its gradients against differences, and what it refuses."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.autograd import gradcheck, gradgradcheck

EQUATIONS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("i j , k j -> i k", (2, 3), (4, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("bhqd,bhkd->bhqk", (2, 1, 3, 2), (2, 1, 2, 2)),
    ("...ij,jk->...ik", (5, 2, 3), (3, 4)),
    ("...i,...i->...", (4, 1, 3), (2, 3)),
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("ijij->ji", (2, 3, 2, 3)),
    ("ii,ij->j", (3, 3), (3, 2)),
    ("i,j->ij", (2,), (3,)),
    ("i,i,i->i", (3,), (3,), (3,)),
    ("i,ij,j->", (2,), (2, 3), (3,)),
    ("bn,anm,bm->ba", (2, 3), (2, 3, 2), (2, 2)),
    (",i->i", (), (3,)),
    ("ij,kj->k", (2, 3), (4, 3)),
    ("ij,jk->ik", (2, 0), (0, 4)),
    ("ij,jk->ik", (2, 1), (3, 4)),
]


@pytest.mark.parametrize(("equation", "shapes"), [(equation, shapes) for equation, *shapes in EQUATIONS])
def test_it_gives_what_numpy_gives_and_differences_agree(equation, shapes):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    operands = [tg.tensor(a, requires_grad=True) for a in arrays]
    expected = np.einsum(equation, *arrays)
    found = tg.einsum(equation, *operands)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-12)
    assert gradcheck(lambda *xs: tg.einsum(equation, *xs), operands)
    assert gradgradcheck(lambda *xs: tg.einsum(equation, *xs), operands)


@pytest.mark.parametrize(
    "equation", ["ii->i", "iij->ji", "ijij->ij", "iii->i", "ij->ji", "...ij->...ji", "i...i->...i"]
)
def test_what_sums_nothing_of_one_operand_is_a_view(equation):
    shape = {
        "ii->i": (3, 3),
        "iij->ji": (2, 2, 3),
        "ijij->ij": (2, 3, 2, 3),
        "iii->i": (3, 3, 3),
        "i...i->...i": (3, 2, 3),
    }
    x = tg.zeros(shape.get(equation, (2, 3)))
    array = np.zeros(x.shape)
    tg.einsum(equation, x).add_(2)
    view = np.einsum(equation, array)
    view += 2
    np.testing.assert_array_equal(x.numpy(), array)

    root = tg.randn(*x.shape, requires_grad=True)
    y = root * 1
    tg.einsum(equation, y)[...] = 5
    y.sum().backward()
    np.testing.assert_array_equal(root.grad.numpy(), array == 0)


def test_operands_may_come_as_a_list_and_keep_their_dtype():
    x = tg.ones(2, 3)
    assert tg.einsum("ij,jk", [x, x.T]).tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert tg.einsum("ij,kj->ik", x, x).dtype == tg.float32


@pytest.mark.parametrize(
    ("equation", "shapes", "told"),
    [
        ("ij,jk", [(2, 3)], "names 2 operands, got 1"),
        ("ijk", [(2, 3)], "3 letters for a 2-d operand"),
        ("i1->i", [(2, 3)], "letters"),
        ("ij->k", [(2, 3)], "output"),
        ("ij->ii", [(2, 3)], "once at most"),
        ("ij,jk", [(2, 3), (4, 5)], "'j' is both 3 and 4"),
        ("ii", [(2, 3)], "different sizes"),
    ],
)
def test_what_does_not_fit_is_told(equation, shapes, told):
    with pytest.raises(ValueError, match=told):
        tg.einsum(equation, *[tg.ones(shape) for shape in shapes])


@pytest.mark.parametrize(
    ("arguments", "kind", "told"),
    [
        (("ij", 3), TypeError, "Tensors as operands, got int"),
        (("ij",), ValueError, "got none"),
        ((tg.ones(2), tg.ones(2)), TypeError, "list of numbers after each operand"),
        ((tg.ones(2), [52]), ValueError, "numbers 0 to 51"),
        ((tg.ones(2, 3), [0, 1], tg.ones(3).double(), [1]), RuntimeError, "one dtype, got float32, float64"),
    ],
)
def test_what_is_no_equation_or_operand_is_told(arguments, kind, told):
    with pytest.raises(kind, match=told):
        tg.einsum(*arguments)


def test_lists_of_numbers_stand_for_letters():
    x, y = tg.ones(2, 3), tg.ones(3, 4)
    assert tg.einsum(x, [0, 1], y, [1, 2]).tolist() == tg.einsum("ij,jk", x, y).tolist()
    assert tg.einsum(x, [7, 3]).shape == (3, 2)  # in the order of the numbers
