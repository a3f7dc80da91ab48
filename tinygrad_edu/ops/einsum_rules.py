"""Einstein's notation read, and the gradient of an einsum: an einsum of the output's gradient and the others."""

import string
from collections.abc import Callable, Sequence
from typing import Any

from .. import backend
from .indexing import put
from .movement import broadcast_to, reshape


def read_equation(equation: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, with `...` and a missing output spelled out.

    >>> read_equation("...ij,jk", [3, 2])
    (['Aij', 'jk'], 'Aik')

    Raises:
        ValueError: the letters do not fit the operands.
    """
    left, arrow, output = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum {equation!r} names {len(terms)} operands, got {len(ndims)}")
    free = [letter for letter in string.ascii_uppercase + string.ascii_lowercase if letter not in equation]
    spelled, longest = [], ""
    for term, ndim in zip(terms, ndims, strict=True):
        named = term.replace("...", "")
        count = ndim - len(named)
        if count < 0 or (count and "..." not in term) or not all(letter.isalpha() for letter in named):
            raise ValueError(f"einsum {equation!r}: {term!r} has {len(named)} letters for a {ndim}-d operand")
        ellipsis = "".join(free[:count][::-1])
        longest = max(longest, ellipsis, key=len)
        spelled.append(term.replace("...", ellipsis))
    if arrow:
        output = output.replace("...", longest)
    else:
        letters = "".join(terms).replace("...", "")
        output = longest + "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    return spelled, output


def einsum_gradients(
    einsum: Callable[..., Any], g: Any, operands: Sequence[Any], equation: str, needs: Sequence[bool]
) -> list[Any]:
    """The gradients of the operands that need one."""
    terms, output = read_equation(equation, [x.ndim for x in operands])
    gradients: list[Any] = []
    for i, x in enumerate(operands):
        if not needs[i]:
            gradients.append(None)
            continue
        others = [(term, y) for j, (term, y) in enumerate(zip(terms, operands, strict=True)) if j != i]
        known = output + "".join(term for term, _ in others)
        letters = "".join(dict.fromkeys(terms[i]))
        reached = "".join(letter for letter in letters if letter in known)
        gx = einsum(g, *(y for _, y in others), equation=",".join([output, *(t for t, _ in others)]) + "->" + reached)
        # along a letter that only this operand has, or that the others have with size 1, the gradient is the same
        sizes = dict(zip(terms[i], x.shape, strict=True))
        found = dict(zip(reached, gx.shape, strict=True))
        shape = tuple([found.get(letter, 1) for letter in letters])
        full = tuple([sizes[letter] if n == 1 else n for letter, n in zip(letters, shape, strict=True)])
        gx = broadcast_to(reshape(gx, shape=shape), shape=full)
        gradients.append(gx if letters == terms[i] else on_diagonal(gx, letters, terms[i], x.shape))
    return gradients


def on_diagonal(gx: Any, letters: str, term: str, shape: tuple[int, ...]) -> Any:
    """A gradient over distinct letters, put where equal letters have equal indices; zero elsewhere."""
    index = []
    for letter in term:
        along = [1] * len(letters)
        along[letters.index(letter)] = -1
        index.append(backend.positions(gx.shape[letters.index(letter)]).reshape(along))
    return put(gx, index=tuple(index), shape=shape)
