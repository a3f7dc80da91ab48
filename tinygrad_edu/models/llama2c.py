"""The files in which llama2.c keeps its models."""

import math
from typing import Any

import numpy

from ..atomic import FilePath

__all__ = ["SIZES", "read_llama2c"]

SIZES = ("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "max_seq_len")


def read_llama2c(path: FilePath) -> tuple[dict[str, Any], dict[str, Any]]:
    """The weights and settings of llama2.c's version 0: seven int32, then float32, all layers of a kind together.

    Raises:
        ValueError: the file is not as long as its sizes say.
    """
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 28:
        raise ValueError(f"its seven sizes take 28 bytes, it has {len(data)}")
    config: dict[str, Any] = dict(zip(SIZES, numpy.frombuffer(data, "<i4", 7).tolist(), strict=True))
    config["tied_embeddings"] = config["vocab_size"] > 0  # a negative size says that they are not
    config["vocab_size"] = abs(config["vocab_size"])
    dim, hidden, layers, heads, kv_heads, vocabulary, length = [config[name] for name in SIZES]
    if min(config.values()) < 0 or not heads:
        raise ValueError(f"no model has the sizes {config}")
    kv = kv_heads * dim // heads
    kinds: list[tuple[str, tuple[int, ...]]] = [
        ("attention_norm", (dim,)),
        ("attention.wq", (dim, dim)),
        ("attention.wk", (kv, dim)),
        ("attention.wv", (kv, dim)),
        ("attention.wo", (dim, dim)),
        ("ffn_norm", (dim,)),
        ("feed_forward.w1", (hidden, dim)),
        ("feed_forward.w2", (dim, hidden)),
        ("feed_forward.w3", (hidden, dim)),
    ]
    angles = length * (dim // heads)  # cosines and sines, which we compute
    tables = [("tok_embeddings", (vocabulary, dim)), *[(kind, (layers, *shape)) for kind, shape in kinds]]
    tables += [("norm", (dim,)), ("", (angles,)), ("output", (0 if config["tied_embeddings"] else vocabulary, dim))]
    count = sum(math.prod(shape) for _, shape in tables)
    if len(data) != 28 + 4 * count:
        raise ValueError(f"for the sizes {config} it has {28 + 4 * count} bytes, this one {len(data)}")
    numbers = numpy.frombuffer(data, "<f4", offset=28).astype("float32")
    weights: dict[str, Any] = {}
    for name, shape in tables:
        part, numbers = numbers[: math.prod(shape)].reshape(shape), numbers[math.prod(shape) :]
        if name in dict(kinds):
            weights.update({f"layers.{i}.{name}.weight": layer for i, layer in enumerate(part)})
        elif name and len(part):
            weights[f"{name}.weight"] = part
    return weights, config
