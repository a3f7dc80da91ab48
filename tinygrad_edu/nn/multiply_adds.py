"""How many multiplications with an addition a primitive's call takes: those of products, where nearly all work is."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..ops.convolution import conv, conv_input, conv_weight
from ..ops.linear import linear, matmul
from ..primitive import Primitive
from .functional.attention import attend, attention_weights
from .functional.recurrent import gru, lstm, projected_lstm, rnn

__all__ = ["multiply_adds"]


# for each primitive, from its inputs and its output
COUNTS: dict[Primitive, Callable[[Sequence[Any], Any], int]] = {
    matmul: lambda x, out: out.size * x[0].shape[-1],
    linear: lambda x, out: out.size * x[0].shape[-1],
    conv: lambda x, out: out.size * math.prod(x[1].shape[1:]),
    conv_input: lambda x, out: x[0].size * math.prod(x[1].shape[1:]),
    conv_weight: lambda x, out: x[0].size * math.prod(out.shape[1:]),
    attend: lambda x, out: out.size // x[2].shape[-1] * x[1].shape[-2] * (x[0].shape[-1] + x[2].shape[-1]),
    attention_weights: lambda x, out: out.size * x[0].shape[-1],
    rnn: lambda x, out: len(x[0]) * x[2].size,
    gru: lambda x, out: len(x[0]) * x[2].size,
    lstm: lambda x, out: len(x[0]) * (x[3].size + x[4].size),
    projected_lstm: lambda x, out: len(x[0]) * (x[3].size + x[4].size + x[5].size),
}


def multiply_adds(primitive: Primitive, inputs: Sequence[Any], out: Any) -> int:
    """The multiplications with an addition of one call on arrays; 0 where no product of matrices is in it."""
    count = COUNTS.get(primitive)
    return 0 if count is None else int(count(inputs, out))
