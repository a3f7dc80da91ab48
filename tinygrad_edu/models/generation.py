"""Text from a language model, token by token: how the next is chosen, and what is kept so that none is computed twice.

A language model here is a Module that maps tokens `(B, T)` to logits `(B, T, vocabulary)`, each position seeing those
up to it. If its forward takes a `cache`, generation gives it one; its `context` is the most tokens that it takes. A
model that translates maps a source `(B, S)` and a target up to now `(B, T)` to logits.
"""

import inspect
import math

from ..functions.creation import full_like
from ..functions.joining import cat
from ..functions.random import Generator
from ..functions.sampling import multinomial
from ..grad_mode import no_grad
from ..nn import Module
from ..tensor import Tensor
from ..told import guard

__all__ = ["Cache", "generate", "sample", "top_k_logits", "top_p_logits", "translate"]


class Cache:
    """The keys and values that attention layers have computed so far; new tokens then need only their own.

    Source: Shazeer, "Fast Transformer Decoding: One Write-Head is All You Need" (2019), section 2.4.
    """

    def __init__(self) -> None:
        self.kept: dict[Module, tuple[Tensor, Tensor]] = {}

    def __len__(self) -> int:
        """How many tokens are in it."""
        return next((key.shape[-2] for key, _ in self.kept.values()), 0)

    def extend(self, layer: Module, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """All keys and values of a layer, the new ones last; `(.., T, E) -> (.., len + T, E)`."""
        if layer in self.kept:
            keys, values = self.kept[layer]
            key, value = cat([keys, key], -2), cat([values, value], -2)
        self.kept[layer] = key, value
        return key, value


def top_k_logits(logits: Tensor, k: int) -> Tensor:
    """The k largest logits of each row, and -inf for the others; more stay if several equal the k-th; `(.., V)`.

    Raises:
        ValueError: k is less than 1.

    Source: Fan, Lewis and Dauphin, "Hierarchical Neural Story Generation" (2018), section 5.1.

    >>> from tinygrad_edu import tensor
    >>> top_k_logits(tensor([1.0, 3.0, 2.0]), 2)
    tensor([-inf, 3., 2.])
    """
    if k < 1:
        raise ValueError(f"top_k is how many tokens can be drawn, 1 or more, got {k}")
    least = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
    return logits.masked_fill(logits < least, -math.inf)


def top_p_logits(logits: Tensor, p: float) -> Tensor:
    """The fewest logits whose probabilities come to p or more, and -inf for the others; `(.., V)`.

    Raises:
        ValueError: p is not above 0 and up to 1.

    Source: Holtzman et al., "The Curious Case of Neural Text Degeneration" (2020), section 3.1.

    >>> from tinygrad_edu import tensor
    >>> top_p_logits(tensor([0.5, 0.1, 0.4]).log(), 0.8)
    tensor([-0.6931,    -inf, -0.9163])
    """
    if not 0 < p <= 1:
        raise ValueError(f"top_p is a probability above 0, got {p}")
    probability, order = logits.softmax(-1).sort(-1, descending=True)
    enough = probability.cumsum(-1) - probability >= p  # without this one
    return logits.masked_fill(enough.gather(-1, order.argsort(-1)), -math.inf)


def sample(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """A token of each row, drawn from softmax(logits / temperature); `(B, V) -> (B)`.

    At temperature 0 it is the likeliest. Only the `top_k` likeliest are drawn from, and only the fewest that have the
    probability `top_p` together, if these are given; the one first, then the other.

    Raises:
        ValueError: a setting is out of its range.
        RuntimeError: the logits hold NaN.

    >>> from tinygrad_edu import tensor
    >>> sample(tensor([[1.0, 3.0, 2.0]]), temperature=0)
    tensor([1])
    """
    if not 0 <= temperature < math.inf:
        raise ValueError(f"temperature is 0 or more, got {temperature}")
    if temperature == 0:
        return logits.argmax(-1)
    logits = logits / temperature
    if top_k is not None:
        logits = top_k_logits(logits, top_k)
    if top_p is not None:
        logits = top_p_logits(logits, top_p)
    return multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)


def generate(
    model: Module,
    tokens: Tensor,
    count: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    stop: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """The tokens and up to `count` new ones after them, each chosen by `sample`; `(B, T) -> (B, T + count)`.

    It ends early when each row has come to the token `stop`, which also fills the rows that do so before others. Beyond
    the model's context a new token sees the last ones that the context can hold, and these are computed anew.

    Raises:
        ValueError: there is no token to begin with; a setting is out of its range.
    """
    if tokens.ndim != 2 or not tokens.shape[1] or count < 0:
        raise ValueError(f"generate takes tokens (B, T), T and count of 1 or more, got {tokens.shape} and {count}")
    cache = Cache() if "cache" in inspect.signature(model.forward).parameters else None
    context = getattr(model, "context", tokens.shape[1] + count)
    stopped = full_like(tokens[:, 0], False, dtype=bool)
    with no_grad():
        for _ in range(count):
            if cache is not None and tokens.shape[1] <= context:
                logits = model(tokens[:, len(cache) :], cache=cache)
            else:
                logits = model(tokens[:, -context:])
            new = sample(logits[:, -1], temperature, top_k, top_p, generator)
            if stop is not None:
                new = new.masked_fill(stopped, stop)
                stopped = stopped | (new == stop)
            tokens = cat([tokens, new[:, None]], 1)
            if stopped.all():
                break
    return tokens


def translate(model: Module, source: Tensor, begin: int, count: int, stop: int | None = None) -> Tensor:
    """The likeliest token after each, up to `count`, for each source; `(B, S) -> (B, count)`, without `begin`.

    The model is given its own words so far, from the token `begin` on. It ends early when each row has come to the
    token `stop`, which also fills the rows that do so before others.

    Source: Sutskever, Vinyals and Le (2014), section 3.2, with a beam of 1.
    """
    target = full_like(source[:, :1], begin)
    stopped = full_like(source[:, 0], False, dtype=bool)
    with no_grad():
        for _ in range(count):
            new = model(source, target)[:, -1].argmax(-1)
            if stop is not None:
                new = new.masked_fill(stopped, stop)
                stopped = stopped | (new == stop)
            target = cat([target, new[:, None]], 1)
            if stopped.all():
                break
    return target[:, 1:]


guard(globals(), __all__, __name__)
