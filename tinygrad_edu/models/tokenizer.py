"""Text as tokens, and back: pieces of text with scores, as SentencePiece learns them by byte-pair encoding."""

import heapq
import os
import struct
from collections.abc import Iterable, Sequence
from typing import Self

from ..atomic import FilePath
from ..told import guarded
from ..wording import in_our_words

__all__ = ["Tokenizer"]

ENTRY = struct.Struct("<fi")  # a piece's score and length
BYTES = range(3, 259)  # the tokens of single bytes, after those for what is unknown, and for a beginning and an end


class Tokenizer:
    """Pieces of text with their scores; a piece's place is its token.

    Token 0 stands for what is unknown, 1 (`bos`) for the beginning of a text and 2 (`eos`) for its end, and 3 to 258
    for the 256 bytes, of which characters without a piece of their own are made.

    Source: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016); Kudo and
    Richardson, "SentencePiece" (2018).
    """

    bos, eos = 1, 2

    def __init__(self, pieces: Sequence[bytes], scores: Sequence[float]) -> None:
        self.pieces = list(pieces)
        self.scores = list(scores)
        if len(self.pieces) != len(self.scores) or [*self.pieces[3:259]] != [b"<0x%02X>" % i for i in range(256)]:
            raise ValueError("the pieces 3 to 258 are <0x00> to <0xFF>, and each piece has a score")
        self.tokens = {self.pieces[token]: token for token in range(BYTES.stop, len(self.pieces))}

    def __len__(self) -> int:
        return len(self.pieces)

    @classmethod
    def from_file(cls, path: FilePath) -> Self:
        """The tokenizer in a file of llama2.c: the longest piece's length, then for each its score, length and bytes.

        Raises:
            ValueError: the file holds something else.
            OSError: it cannot be opened.
        """
        with open(path, "rb") as file:
            data = file.read()
        pieces: list[bytes] = []
        scores: list[float] = []
        at = 4
        try:
            while at < len(data):
                score, length = ENTRY.unpack_from(data, at)
                at += ENTRY.size + length
                if length < 0 or at > len(data):
                    raise ValueError(f"piece {len(pieces)} is {length} bytes long")
                pieces.append(data[at - length : at])
                scores.append(score)
            return cls(pieces, scores)
        except (ValueError, struct.error) as error:
            raise ValueError(f"{os.fspath(path)!r} holds no tokenizer: {in_our_words(error)}") from None

    @guarded
    def encode(self, text: str, bos: bool = True, eos: bool = False) -> list[int]:
        """The tokens of a text: its characters, of which the two neighbours with the best score are joined, repeatedly.

        A space is put before the text, so that its first word is a word like any other.

        Raises:
            TypeError: it is no text.
        """
        if not isinstance(text, str):
            raise TypeError(f"encode takes a text, got {type(text).__name__}")
        parts = self.joined([character.encode(errors="replace") for character in f" {text}"]) if text else []
        tokens = [self.bos] * bos
        for part in parts:
            tokens.extend([self.tokens[part]] if part in self.tokens else [BYTES[byte] for byte in part])
        return [*tokens, *[self.eos] * eos]

    def joined(self, parts: list[bytes]) -> list[bytes]:
        """The parts after all joins: always the pair with the best score, of equal ones the first."""
        after = [*range(1, len(parts)), -1]  # the neighbours of each part, which change as parts are joined
        before = [*range(-1, len(parts) - 1)]
        pairs: list[tuple[float, int, int, bytes]] = []

        def offer(left: int, right: int) -> None:
            if left >= 0 and right >= 0 and (piece := parts[left] + parts[right]) in self.tokens:
                heapq.heappush(pairs, (-self.scores[self.tokens[piece]], left, right, piece))

        for i, neighbour in enumerate(after):
            offer(i, neighbour)
        while pairs:
            _, left, right, piece = heapq.heappop(pairs)
            if after[left] != right or parts[left] + parts[right] != piece:
                continue  # one of them has been joined with another since
            parts[left], parts[right] = piece, b""
            after[left] = after[right]
            if after[left] >= 0:
                before[after[left]] = left
            after[right] = -1
            offer(before[left], left)
            offer(left, after[left])
        return [part for part in parts if part]

    @guarded
    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens, without the space before its first word; bytes that are no text become U+FFFD.

        Raises:
            ValueError: there is no such token.
        """
        parts = []
        for token in tokens:
            if not 0 <= token < len(self.pieces):
                raise ValueError(f"there are {len(self.pieces)} tokens, from 0, got {token}")
            if token in BYTES:
                parts.append(bytes([token - BYTES.start]))
            elif token not in (self.bos, self.eos):
                parts.append(self.pieces[token])
        return b"".join(parts).removeprefix(b" ").decode(errors="replace")
