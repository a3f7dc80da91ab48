"""Comparison, logic and bits, elementwise; nothing here has a gradient."""

from typing import Any

from ..primitive import primitive


@primitive(promotion="common")
def eq(x: Any, y: Any) -> Any:
    """Where x == y; `(*), (*) -> (*)`, bool; no gradient."""
    return x == y


@primitive(promotion="common")
def ne(x: Any, y: Any) -> Any:
    """Where x != y; `(*), (*) -> (*)`, bool; no gradient."""
    return x != y


@primitive(promotion="common")
def lt(x: Any, y: Any) -> Any:
    """Where x < y; `(*), (*) -> (*)`, bool; no gradient."""
    return x < y


@primitive(promotion="common")
def le(x: Any, y: Any) -> Any:
    """Where x <= y; `(*), (*) -> (*)`, bool; no gradient."""
    return x <= y


@primitive(promotion="common")
def gt(x: Any, y: Any) -> Any:
    """Where x > y; `(*), (*) -> (*)`, bool; no gradient."""
    return x > y


@primitive(promotion="common")
def ge(x: Any, y: Any) -> Any:
    """Where x >= y; `(*), (*) -> (*)`, bool; no gradient."""
    return x >= y


@primitive
def isnan(x: Any, *, xp: Any) -> Any:
    """Where x is NaN; `(*) -> (*)`, bool."""
    return xp.isnan(x)


@primitive
def isinf(x: Any, *, xp: Any) -> Any:
    """Where x is infinite; `(*) -> (*)`, bool."""
    return xp.isinf(x)


@primitive
def isfinite(x: Any, *, xp: Any) -> Any:
    """Where x is neither infinite nor NaN; `(*) -> (*)`, bool."""
    return xp.isfinite(x)


@primitive
def logical_not(x: Any, *, xp: Any) -> Any:
    """Where x is zero or False; `(*) -> (*)`, bool."""
    return xp.logical_not(x)


@primitive
def logical_and(x: Any, y: Any, *, xp: Any) -> Any:
    """Where both are nonzero; `(*), (*) -> (*)`, bool."""
    return xp.logical_and(x, y)


@primitive
def logical_or(x: Any, y: Any, *, xp: Any) -> Any:
    """Where either is nonzero; `(*), (*) -> (*)`, bool."""
    return xp.logical_or(x, y)


@primitive
def logical_xor(x: Any, y: Any, *, xp: Any) -> Any:
    """Where exactly one is nonzero; `(*), (*) -> (*)`, bool."""
    return xp.logical_xor(x, y)


@primitive(promotion="common", kinds="biu")
def bitwise_and(x: Any, y: Any) -> Any:
    """x & y of integers or bools; `(*), (*) -> (*)`."""
    return x & y


@primitive(promotion="common", kinds="biu")
def bitwise_or(x: Any, y: Any) -> Any:
    """x | y of integers or bools; `(*), (*) -> (*)`."""
    return x | y


@primitive(promotion="common", kinds="biu")
def bitwise_xor(x: Any, y: Any) -> Any:
    """x ^ y of integers or bools; `(*), (*) -> (*)`."""
    return x ^ y


@primitive
def bitwise_not(x: Any) -> Any:
    """~x of integers or bools; `(*) -> (*)`."""
    return ~x
