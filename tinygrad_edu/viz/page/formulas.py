"""The local derivatives in MathML, which browsers draw by themselves."""

import functools

from ...extras import require

__all__ = ["mathml"]


@functools.lru_cache(1024)
def mathml(formula: str) -> str:
    """A formula of LaTeX as MathML, converted by math-core; "" where it cannot be read.

    Raises:
        ImportError: math-core is not installed.
    """
    core = require("math_core", "viz", "writing formulas")
    try:
        # a line that ends in a backslash means a space, which math-core wants to see
        return str(core.LatexToMathML().convert_with_local_state(" ".join(formula.split()), displaystyle=True))
    except core.LatexError:
        return ""
