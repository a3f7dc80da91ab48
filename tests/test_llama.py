"""The Llama-style model: held to NumPy, to itself without a cache, and to the text that its published weights write."""

import json
import struct

import numpy as np
import pytest
from weights import weights

import tinygrad_edu as tg
from tinygrad_edu import nn, optim, tensor
from tinygrad_edu.io import load_safetensors, safetensors_metadata, save_safetensors
from tinygrad_edu.models import Llama, Tokenizer, generate
from tinygrad_edu.models.generation import Cache
from tinygrad_edu.models.llama import angles, rotate
from tinygrad_edu.models.llama2c import SIZES

SMALL = {
    "dim": 12,
    "hidden_dim": 10,
    "n_layers": 2,
    "n_heads": 6,
    "n_kv_heads": 2,
    "vocab_size": 9,
    "max_seq_len": 16,
    "norm_eps": 1e-3,
    "rope_theta": 100.0,
}

# What llama2.c's run.c prints with these weights at temperature 0 for 200 steps: expected by its test_all.py.
REFERENCE = (
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. "
    "One day, she saw a big, red ball. She wanted to play with it, but it was too high.\n"
    "Lily's mom said, \"Lily, let's go to the park.\" Lily was sad and didn't know what to do. "
    'She said, "I want to play with your ball, but I can\'t find it."\n'
    "Lily was sad and didn't know what to do. She said, \"I'm sorry, Lily. I didn't know what to do.\"\n"
    "Lily didn't want to help her mom, so she"
)


def small(**changes) -> Llama:
    """A model of drawn weights, large enough for its logits to differ, in float64."""
    tg.manual_seed(0)
    model = Llama(**{**SMALL, **changes}).double()
    for p in model.parameters():
        nn.init.normal_(p)
    exact = angles(16, 12 // SMALL["n_heads"], SMALL["rope_theta"])
    model.cos, model.sin = exact.cos(), exact.sin()
    return model


def logits_by_numpy(state, tokens, dim, hidden_dim, n_layers, n_heads, n_kv_heads, norm_eps, rope_theta, **_):
    """One sequence, one position after the other, one head after the other."""
    size = dim // n_heads
    keys, values, out = [[] for _ in range(n_layers)], [[] for _ in range(n_layers)], []

    def norm(x, name):
        return x / np.sqrt((x * x).mean() + norm_eps) * state[f"{name}.weight"]

    def turned(x, position):
        y = x.copy()
        for i in range(0, size, 2):
            angle = position * rope_theta ** (-i / size)
            y[i] = x[i] * np.cos(angle) - x[i + 1] * np.sin(angle)
            y[i + 1] = x[i] * np.sin(angle) + x[i + 1] * np.cos(angle)
        return y

    for position, token in enumerate(tokens):
        x = state["tok_embeddings.weight"][token]
        for i in range(n_layers):
            w = {name.removeprefix(f"layers.{i}."): value for name, value in state.items()}
            h = norm(x, f"layers.{i}.attention_norm")
            q, k, v = [(w[f"attention.{name}.weight"] @ h).reshape(-1, size) for name in ("wq", "wk", "wv")]
            keys[i].append([turned(head, position) for head in k])
            values[i].append(v)
            found = []
            for head in range(n_heads):
                shared = head // (n_heads // n_kv_heads)
                scores = np.array([key[shared] @ turned(q[head], position) for key in keys[i]]) / np.sqrt(size)
                share = np.exp(scores - scores.max())
                found.append(share / share.sum() @ np.array([value[shared] for value in values[i]]))
            x = x + w["attention.wo.weight"] @ np.concatenate(found)
            h = norm(x, f"layers.{i}.ffn_norm")
            gate = w["feed_forward.w1.weight"] @ h
            x = x + w["feed_forward.w2.weight"] @ (gate / (1 + np.exp(-gate)) * (w["feed_forward.w3.weight"] @ h))
        out.append(state.get("output.weight", state["tok_embeddings.weight"]) @ norm(x, "norm"))
    return np.array(out)


@pytest.mark.parametrize(
    "changes", [{}, {"tied_embeddings": False}, {"n_kv_heads": 6}, {"n_kv_heads": 1, "n_layers": 3}]
)
def test_logits_are_those_of_numpy(changes):
    model = small(**changes)
    tokens = np.random.default_rng(0).integers(0, 9, (2, 7))
    state = {name: x.numpy() for name, x in model.state_dict().items()}
    expected = [logits_by_numpy(state, row, **{**SMALL, **changes}) for row in tokens]
    found = model(tensor(tokens)).detach().numpy()
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, 1e-9, 1e-9)


def test_no_position_sees_later_ones():
    model, tokens = small(), tensor([[1, 2, 3, 4, 5]])
    before = model(tokens).detach()
    tokens[0, 3] = 8
    after = model(tokens).detach()
    assert before[0, :3].tolist() == after[0, :3].tolist()
    assert (before[0, 3:] != after[0, 3:]).all()


@pytest.mark.parametrize("parts", [[1] * 10, [4, 1, 1, 4], [9, 1], [10], [3, 7]])
def test_with_a_cache_the_logits_are_the_same(parts):
    model = small()
    tokens = tensor(np.random.default_rng(0).integers(0, 9, (3, 10)))
    cache = Cache()
    found = [model(part, cache) for part in tokens.split(parts, 1)]
    assert len(cache) == 10
    np.testing.assert_allclose(tg.cat(found, 1).detach().numpy(), model(tokens).detach().numpy(), 1e-10, 1e-10)


def test_the_context_is_a_limit():
    model = small()
    assert model(tg.zeros(1, 16, dtype="int64")).shape == (1, 16, 9)
    with pytest.raises(ValueError, match="context is 16 tokens, got 17 and 0 before"):
        model(tg.zeros(1, 17, dtype="int64"))
    cache = Cache()
    model(tg.zeros(1, 15, dtype="int64"), cache)
    with pytest.raises(ValueError, match="context is 16 tokens, got 2 and 15 before"):
        model(tg.zeros(1, 2, dtype="int64"), cache)
    assert generate(model, tg.zeros(1, 14, dtype="int64"), 5).shape == (1, 19)


def test_products_of_rotated_vectors_depend_on_their_distance():
    q, k = tg.randn(8, dtype="float64"), tg.randn(8, dtype="float64")
    angle, right_angle = angles(20, 8, 100.0), tg.zeros(8, 8, dtype="float64")
    for i in range(0, 8, 2):
        right_angle[i : i + 2, i : i + 2] = tensor([[0, 1], [-1, 0]])
    turn = angle.cos(), angle.sin(), right_angle
    at = rotate(q.expand(20, 8), turn) @ rotate(k.expand(20, 8), turn).T
    for distance in (-7, 0, 3):
        diagonal = at.diagonal(distance).numpy()
        np.testing.assert_allclose(diagonal, diagonal[0], 0, 1e-12)
    np.testing.assert_allclose(at.diagonal().numpy(), (q @ k).item(), 0, 1e-12)


def test_gradients_reach_all_weights_and_it_learns():
    tg.manual_seed(0)
    model, text = Llama(**SMALL), tensor([[1, 5, 2, 7, 7, 3, 1, 8, 4, 1]])
    optimizer = optim.AdamW(model.parameters(), lr=0.02)
    for _ in range(60):
        loss = nn.functional.cross_entropy(model(text[:, :-1]).flatten(0, 1), text[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None and p.grad.abs().max() > 0 for p in model.parameters())
        optimizer.step()
    assert loss.item() < 0.05
    assert generate(model, text[:, :1], 9, temperature=0).tolist() == text.tolist()


def test_embeddings_are_tied_or_not():
    count = {tied: sum(p.numel() for p in small(tied_embeddings=tied).parameters()) for tied in (True, False)}
    assert count[False] - count[True] == 9 * 12
    # a layer: queries and output, keys and values, three of the feed-forward network, two norms
    assert count[True] == 9 * 12 + 2 * (2 * 12 * 12 + 2 * 4 * 12 + 3 * 10 * 12 + 2 * 12) + 12


@pytest.mark.parametrize("changes", [{"n_heads": 5}, {"n_kv_heads": 4}, {"n_heads": 12, "n_kv_heads": 12}])
def test_heads_must_divide(changes):
    with pytest.raises(ValueError, match="n_heads must divide dim into even parts"):
        Llama(**{**SMALL, **changes})


# files


def written(model: Llama, path, config=SMALL) -> None:
    save_safetensors(model.state_dict(), path, {"config": json.dumps(config)})


def llama2c(model: Llama, sizes=SMALL) -> bytes:
    """The model in llama2.c's version 0."""
    state = {name: x.numpy().astype("<f4") for name, x in model.state_dict().items()}
    vocabulary = sizes["vocab_size"] * (-1 if "output.weight" in state else 1)
    header = [vocabulary if name == "vocab_size" else sizes[name] for name in SIZES]
    parts = ["attention_norm", "attention.wq", "attention.wk", "attention.wv", "attention.wo"]
    parts += ["ffn_norm", "feed_forward.w1", "feed_forward.w2", "feed_forward.w3"]
    data = struct.pack("<7i", *header) + state["tok_embeddings.weight"].tobytes()
    for part in parts:
        data += b"".join(state[f"layers.{i}.{part}.weight"].tobytes() for i in range(sizes["n_layers"]))
    data += state["norm.weight"].tobytes() + bytes(4 * sizes["max_seq_len"] * sizes["dim"] // sizes["n_heads"])
    return data + (state["output.weight"].tobytes() if "output.weight" in state else b"")


@pytest.mark.parametrize("tied", [True, False])
def test_a_model_comes_back_from_a_file(tmp_path, tied):
    defaults = {name: value for name, value in SMALL.items() if name not in ("norm_eps", "rope_theta")}
    model = Llama(**defaults, tied_embeddings=tied).eval()
    written(model, tmp_path / "a.safetensors", {**defaults, "tied_embeddings": tied})
    (tmp_path / "a.bin").write_bytes(llama2c(model))
    tokens = tensor([[1, 2, 3]])
    for name in ("a.safetensors", "a.bin"):
        found = Llama.from_file(tmp_path / name)
        assert found(tokens).tolist() == model(tokens).tolist()
        assert not found.training


@pytest.mark.parametrize(
    "config",
    [
        {},
        [],
        {**SMALL, "dim": 24},
        {**SMALL, "n_layers": 10**9},
        {**SMALL, "hidden_dim": 10**9},
        {**SMALL, "vocab_size": 10**12},
        {**SMALL, "n_heads": 0},
        {**SMALL, "n_heads": 5},
        {**SMALL, "n_kv_heads": 3},
        {**SMALL, "max_seq_len": "many"},
        {**SMALL, "max_seq_len": -1},
        {**SMALL, "max_seq_len": 10**15},
        {**SMALL, "rope_theta": None},
        {**SMALL, "tied_embeddings": False},
        {**SMALL, "more": 1},
    ],
)
def test_settings_that_are_forged_are_refused(tmp_path, config):
    written(Llama(**SMALL), tmp_path / "a.safetensors", config)
    with pytest.raises(ValueError, match=r"a\.safetensors' holds no Llama: "):
        Llama.from_file(tmp_path / "a.safetensors")


def test_files_without_settings_are_refused(tmp_path):
    save_safetensors(Llama(**SMALL).state_dict(), tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="holds no Llama: KeyError"):
        Llama.from_file(tmp_path / "a.safetensors")
    with pytest.raises(FileNotFoundError):
        Llama.from_file(tmp_path / "b.bin")


def test_other_binary_files_are_refused(tmp_path):
    good = llama2c(Llama(**SMALL))
    spoilt = [good[:-4], good + bytes(4), good[:20], b""]
    for place in range(7):
        sizes = [struct.pack("<i", size) for size in (0, -1, 2**31 - 1, -(2**31))]
        spoilt += [good[: 4 * place] + size + good[4 * place + 4 :] for size in sizes]
    for data in spoilt:
        (tmp_path / "a.bin").write_bytes(data)
        with pytest.raises(ValueError, match=r"a\.bin' holds no Llama: (?!ZeroDivision|.*buffer)"):
            Llama.from_file(tmp_path / "a.bin")


# the published weights


@pytest.mark.parametrize("name", ["stories260K.safetensors", "stories260K.bin"])
def test_the_published_weights_write_the_reference_text(name):
    tokenizer, model = Tokenizer.from_file(weights("tok512.bin")), Llama.from_file(weights(name))
    assert sum(p.numel() for p in model.parameters()) == 260_032
    tokens = generate(model, tensor([[tokenizer.bos]]), 200, temperature=0)
    assert len(REFERENCE) == 464
    assert tokenizer.decode(tokens[0].tolist()).encode() == REFERENCE.encode()
    assert tokenizer.encode(REFERENCE) == tokens[0].tolist()


def test_without_a_cache_the_text_is_the_same():
    tokenizer, model = Tokenizer.from_file(weights("tok512.bin")), Llama.from_file(weights("stories260K.safetensors"))
    logits = model(tensor([tokenizer.encode(REFERENCE)])).detach()
    assert logits.argmax(-1)[0, :-1].tolist() == tokenizer.encode(REFERENCE)[1:]


def test_logits_of_the_published_weights_are_those_of_numpy():
    file = weights("stories260K.safetensors")
    state = {name: x.numpy().astype(float) for name, x in load_safetensors(file).items()}
    tokens = Tokenizer.from_file(weights("tok512.bin")).encode(REFERENCE)[:40]
    expected = logits_by_numpy(state, tokens, **json.loads(safetensors_metadata(file)["config"]))
    np.testing.assert_allclose(Llama.from_file(file)(tensor([tokens]))[0].detach().numpy(), expected, 0, 1e-4)
