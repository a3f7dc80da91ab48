"""Tokens from text and back, held to a plain statement of the algorithm."""

import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weights import weights

from tinygrad_edu.models.tokenizer import Tokenizer

CONTROL = [b"<unk>", b"<s>", b"</s>", *[b"<0x%02X>" % byte for byte in range(256)]]
WORDS = [" t", "he", " the", "th", " th", "an", "e ", "nn", "nnn", "é", "éé", " ", "a", "t", "h", "e", "n", "漢"]


def pieces(*words: str) -> Tokenizer:
    """A tokenizer with these pieces; earlier ones have better scores."""
    found = [*CONTROL, *[word.encode() for word in words]]
    return Tokenizer(found, [0.0] * len(CONTROL) + [-float(i) for i in range(len(words))])


SMALL = pieces(*WORDS)


def joined_plainly(tokenizer: Tokenizer, text: str) -> list[bytes]:
    """Look at all neighbours, join the best pair, and begin again."""
    parts = [character.encode() for character in f" {text}"]
    while True:
        pairs = [
            (-tokenizer.scores[tokenizer.tokens[left + right]], i)
            for i, (left, right) in enumerate(itertools.pairwise(parts))
            if left + right in tokenizer.tokens
        ]
        if not pairs:
            return parts
        _, i = min(pairs)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("the an é漢🙂\n")))
def test_joining_is_as_stated(text):
    parts = [character.encode() for character in f" {text}"]
    assert SMALL.joined(parts) == joined_plainly(SMALL, text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back(text):
    tokens = SMALL.encode(text)
    assert tokens[0] == 1
    assert SMALL.decode(tokens) == text


def test_tokens_by_hand():
    first = len(CONTROL)
    assert SMALL.encode("") == [1]
    assert SMALL.encode("", bos=False) == []
    assert SMALL.encode("the", eos=True) == [1, first + WORDS.index(" the"), 2]
    assert SMALL.encode("ta", bos=False) == [first + WORDS.index(" t"), first + WORDS.index("a")]
    assert SMALL.encode("\n", bos=False) == [first + WORDS.index(" "), 3 + 10]
    assert SMALL.encode("🙂", bos=False) == [first + WORDS.index(" "), *[3 + byte for byte in "🙂".encode()]]
    # pieces of control and of bytes are never found in a text
    assert SMALL.decode(SMALL.encode("<s><0x41>")) == "<s><0x41>"
    assert not {1, 2, 0, 3 + 0x41} & set(SMALL.encode("<s><0x41>", bos=False))


def test_decoding_by_hand():
    first = len(CONTROL)
    the, a = first + WORDS.index(" the"), first + WORDS.index("a")
    assert SMALL.decode([1, the, the, a, 2]) == "the thea"
    assert SMALL.decode([3 + 0x41, the]) == "A the"
    assert SMALL.decode([3 + 0xC3, 3 + 0xA9, 3 + 0xFF]) == "é\ufffd"
    assert SMALL.decode([]) == ""
    for token in (-1, len(SMALL)):
        with pytest.raises(ValueError, match=f"there are {len(SMALL)} tokens, from 0, got {token}"):
            SMALL.decode([token])


def test_what_is_no_unicode_is_replaced():
    assert SMALL.decode(SMALL.encode("a\ud800")) == "a?"


def test_long_texts_take_time_in_proportion():
    text = "the nn anthem " * 20_000
    assert SMALL.decode(SMALL.encode(text)) == text  # joining pair by pair anew would take hours


def written(tokenizer: Tokenizer) -> bytes:
    entries = zip(tokenizer.scores, tokenizer.pieces, strict=True)
    return struct.pack("<i", 7) + b"".join(struct.pack("<fi", score, len(x)) + x for score, x in entries)


def test_a_file_is_read(tmp_path):
    (tmp_path / "a.bin").write_bytes(written(SMALL))
    found = Tokenizer.from_file(tmp_path / "a.bin")
    assert (found.pieces, found.scores, len(found)) == (SMALL.pieces, SMALL.scores, len(CONTROL) + len(WORDS))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        written(SMALL)[:-1],
        written(SMALL)[:1000],
        written(SMALL) + b"\0",
        struct.pack("<ifi", 7, 0.0, -5) + bytes(50),
        struct.pack("<ifi", 7, 0.0, 2**31 - 1) + bytes(50),
        written(pieces())[: 4 + 20 * 8],
    ],
)
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "a.bin").write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.bin' holds no tokenizer: (?!.*buffer)"):
        Tokenizer.from_file(tmp_path / "a.bin")


def test_the_published_tokenizer():
    tokenizer = Tokenizer.from_file(weights("tok512.bin"))
    assert len(tokenizer) == 512
    text = "Once upon a time, there was a little girl named Lily."
    tokens = tokenizer.encode(text)
    assert [tokenizer.pieces[token] for token in tokens[1:6]] == [b" Once", b" upon", b" a", b" time", b","]
    assert tokenizer.decode(tokens) == text
    assert [tokenizer.pieces[token] for token in tokens[1:]] == joined_plainly(tokenizer, text)


@pytest.mark.parametrize("text", [None, 5, b"a", ["a"]])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(TypeError, match="encode takes a text, got"):
        SMALL.encode(text)
