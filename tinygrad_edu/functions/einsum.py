"""Einstein's notation: read, then worked off two operands at a time by products of aligned Tensors and of matrices.

It is made of other operations, so its gradients of every order are theirs.
"""

import math
from collections.abc import Sequence
from typing import Any

from ..errors import ShapeError
from ..ops import movement
from ..ops.linear import matmul
from ..ops.movement import broadcast_to, permute, reshape
from ..tensor import Tensor
from .linear import check_dtypes
from .reduction import sum

__all__ = ["einsum"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

ELLIPSIS = "."  # what ... is read as, so that three lone dots are none

Operand = tuple[Tensor, str]  # a Tensor, and a letter for each of its dimensions


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sums of products in Einstein's notation; `...` stands for any dimensions.

    Of one operand without a sum it is a view, as of a diagonal or of other orders of dimensions.

    In place of letters lists of the numbers 0 to 51 serve, each after its operand, and that of the output last.

    >>> from tinygrad_edu import ones
    >>> einsum("ij,jk->ik", ones(2, 3), ones(3, 4)).shape
    (2, 4)
    >>> einsum(ones(2, 3), [0, 1], ones(3, 4), [1, 2]).shape
    (2, 4)

    Raises:
        ValueError: a number in a list stands for no dimension, or there is no operand.
        ShapeError: the letters do not fit the operands, or two sizes one letter.
        TypeError: an operand is no Tensor.
        RuntimeError: operands to multiply and sum have different dtypes.
    """
    tensors: Sequence[Any] = operands
    if not isinstance(equation, str):
        equation, tensors = from_lists((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        tensors = operands[0]
    if not tensors:
        raise ValueError(f"einsum {equation!r} takes at least one operand, got none")
    if not all(isinstance(x, Tensor) for x in tensors):
        found = ", ".join(type(x).__name__ for x in tensors)
        raise TypeError(f"einsum {equation!r} takes Tensors as operands, got {found}")
    terms, output = read_equation(equation, [x.ndim for x in tensors])
    parts = [diagonal(x, term) for x, term in zip(tensors, terms, strict=True)]
    sizes = common_sizes(equation, parts)
    whole = parts[0]
    for i, part in enumerate(parts[1:], start=2):
        needed = output + "".join(letters for _, letters in parts[i:])
        whole = contracted(whole, part, needed, sizes)
    x, letters = summed(whole, output)
    return permute(x, dims=tuple([letters.index(letter) for letter in output]))


def from_lists(arguments: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """(the equation, the operands) from operands that are each followed by a list of numbers for its dimensions."""
    count = len(arguments) // 2 * 2
    equation = ",".join(map(spelled, arguments[1:count:2]))
    return equation + ("->" + spelled(arguments[count]) if len(arguments) > count else ""), arguments[:count:2]


def spelled(numbers: Any) -> str:
    """Numbers as letters; 0 to 25 are capitals.

    Raises:
        TypeError: this is no list.
        ValueError: it holds something else than numbers from 0 to 51 and an Ellipsis.
    """
    if not isinstance(numbers, (list, tuple)):
        raise TypeError(f"einsum takes an equation, or a list of numbers after each operand, got {numbers!r:.60}")
    try:
        return "".join("..." if number is ... else LETTERS[range(len(LETTERS)).index(number)] for number in numbers)
    except ValueError:
        raise ValueError(f"einsum takes the numbers 0 to 51 and ... for dimensions, got {numbers!r:.60}") from None


def read_equation(equation: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, with `...` and a missing output spelled out.

    >>> read_equation("...ij,jk", [3, 2])
    (['Aij', 'jk'], 'Aik')

    Raises:
        ShapeError: the letters do not fit the operands.
    """
    left, arrow, output = equation.replace("...", ELLIPSIS).replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ShapeError(f"einsum {equation!r} names {len(terms)} operands, got {len(ndims)}")
    free = [letter for letter in LETTERS if letter not in equation]
    complete, longest = [], ""
    for term, ndim in zip(terms, ndims, strict=True):
        named = term.replace(ELLIPSIS, "", 1)
        count = ndim - len(named)
        if count < 0 or (count and ELLIPSIS not in term) or not set(named) <= set(LETTERS):
            raise ShapeError(f"einsum {equation!r}: {term!r} has {len(named)} letters for a {ndim}-d operand")
        ellipsis = "".join(free[:count][::-1])
        longest = max(longest, ellipsis, key=len)
        complete.append(term.replace(ELLIPSIS, ellipsis))
    named = "".join(terms).replace(ELLIPSIS, "")
    if not arrow:
        return complete, longest + "".join(sorted(letter for letter in set(named) if named.count(letter) == 1))
    asked = output.replace(ELLIPSIS, "", 1)
    if len(set(asked)) < len(asked) or not set(asked) <= set(named):
        raise ShapeError(f"einsum {equation!r}: the output names each letter of the operands once at most")
    return complete, output.replace(ELLIPSIS, longest)


def diagonal(x: Tensor, term: str) -> Operand:
    """The elements at which equal letters have equal indices, with each letter once.

    Raises:
        ShapeError: one letter for different sizes.
    """
    for letter in sorted({letter for letter in term if term.count(letter) > 1}):
        if len({n for n, other in zip(x.shape, term, strict=True) if other == letter}) > 1:
            raise ShapeError(f"einsum: {letter!r} stands for different sizes of one operand {x.shape}")
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            x = movement.diagonal(x, offset=0, dim1=first, dim2=second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    return x, term


def common_sizes(equation: str, parts: Sequence[Operand]) -> dict[str, int]:
    """The size of each letter; a size of 1 stretches.

    Raises:
        ShapeError: two sizes for one letter.
    """
    sizes: dict[str, int] = {}
    for x, letters in parts:
        for letter, n in zip(letters, x.shape, strict=True):
            if sizes.setdefault(letter, n) != n and 1 not in (n, sizes[letter]):
                raise ShapeError(f"einsum {equation!r}: {letter!r} is both {sizes[letter]} and {n}")
            sizes[letter] = n if sizes[letter] == 1 else sizes[letter]
    return sizes


def summed(part: Operand, needed: str) -> Operand:
    """An operand summed over the letters that nothing else needs."""
    x, letters = part
    dims = tuple([i for i, letter in enumerate(letters) if letter not in needed])
    return (sum(x, dims) if dims else x), "".join(letter for letter in letters if letter in needed)


def contracted(left: Operand, right: Operand, needed: str, sizes: dict[str, int]) -> Operand:
    """The product of two operands, summed over their letters that nothing later needs."""
    x, a = summed(left, needed + right[1])
    y, b = summed(right, needed + left[1])
    inner = "".join(letter for letter in a if letter in b and letter not in needed)
    batch = "".join(letter for letter in a if letter in b and letter in needed)
    rows = "".join(letter for letter in a if letter not in b)
    columns = "".join(letter for letter in b if letter not in a)
    product = batch + rows + columns
    if not inner:
        return aligned(x, a, product) * aligned(y, b, product), product
    check_dtypes("einsum", x, y)
    # (batch, rows, inner) @ (batch, inner, columns), each group of letters made one dimension
    x = stretched(x, a, batch + inner, sizes)
    y = stretched(y, b, batch + inner, sizes)
    groups = {name: math.prod(sizes[letter] for letter in name) for name in (batch, rows, inner, columns)}
    shape = (groups[batch],) if batch else ()
    x = reshape(aligned(x, a, batch + rows + inner), shape=(*shape, groups[rows], groups[inner]))
    y = reshape(aligned(y, b, batch + inner + columns), shape=(*shape, groups[inner], groups[columns]))
    return reshape(matmul(x, y), shape=tuple([sizes[letter] for letter in product])), product


def aligned(x: Tensor, letters: str, order: str) -> Tensor:
    """The dimensions in this order, with size 1 for letters that x does not have."""
    x = permute(x, dims=tuple([letters.index(letter) for letter in order if letter in letters]))
    found = iter(x.shape)
    return reshape(x, shape=tuple([next(found) if letter in letters else 1 for letter in order]))


def stretched(x: Tensor, letters: str, needed: str, sizes: dict[str, int]) -> Tensor:
    """x with the sizes of 1 stretched that stand for a larger one."""
    shape = tuple([sizes[letter] if letter in needed else n for letter, n in zip(letters, x.shape, strict=True)])
    return x if shape == x.shape else broadcast_to(x, shape=shape)
