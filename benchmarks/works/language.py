"""A language model's tokens, one by one, each attending to the kept keys and values of those before it."""

from typing import Any

import numpy

from ..work import LackingError, Program, Work

__all__ = ["works"]

TOKENS = 64


def build(peer: Any) -> Program:
    """The logits after the last token, of a model of the sizes of stories260K."""
    import tinygrad_edu as tg
    from tinygrad_edu.models import Llama
    from tinygrad_edu.models.generation import Cache

    tg.manual_seed(0)
    ours = Llama(64, 172, 5, 8, 4, 512, 512).eval()
    tokens = [peer.constant(x) for x in numpy.random.default_rng(0).integers(0, 512, (TOKENS, 1, 1))]
    if peer.title == "tinygrad_edu":

        @tg.no_grad()
        def run() -> Any:
            cache = Cache()
            for token in tokens:
                logits = ours(token, cache)
            return logits

        return run
    if peer.title != "PyTorch":
        raise LackingError(f"nobody has written the model for {peer.title}")
    from . import torch_llama

    theirs = torch_llama.Llama(64, 172, 5, 512, 512)
    theirs.load_state_dict({name: peer.constant(value.numpy()) for name, value in ours.state_dict().items()})

    def step_by_step() -> Any:
        for position, token in enumerate(tokens):
            logits = theirs(token, position)
        return logits

    return peer.library.no_grad()(step_by_step)


def works() -> list[Work]:
    return [Work(f"Llama of 260K parameters, {TOKENS} tokens one by one", build)]
