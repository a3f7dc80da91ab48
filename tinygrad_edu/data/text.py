"""Text as numbers of characters: tiny Shakespeare in windows, and first names one by one."""

from collections.abc import Sequence

import numpy

from ..recording import wrap
from ..tensor import Tensor
from ..told import guard
from .dataset import TensorDataset
from .published import File
from .storage import read

__all__ = ["TextDataset", "first_names", "tiny_shakespeare"]

SHAKESPEARE = (
    File(
        "text/tinyshakespeare.txt",
        1_115_394,
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        url="https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/"
        "data/tinyshakespeare/input.txt",
    ),
)
NAMES = (
    File(
        "text/names.txt",
        228_145,
        "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
        url="https://raw.githubusercontent.com/karpathy/makemore/988aa59e4d8fefa526d06f3b453ad116258398d4/names.txt",
    ),
)
LETTERS = ".abcdefghijklmnopqrstuvwxyz"
LONGEST = 15  # letters of a name
NO_TARGET = -100  # what cross_entropy passes over
EVERY = 10  # one in so many names is held out


class TextDataset(TensorDataset):
    """Characters as their places in a vocabulary, `(N, T)`, and at each place the character to come, `(N, T)`."""

    def __init__(self, inputs: Tensor, targets: Tensor, vocabulary: Sequence[str]) -> None:
        super().__init__(inputs, targets)
        self.vocabulary = tuple(vocabulary)

    def encode(self, text: str) -> Tensor:
        """The places of the characters of a text; `(T,)`, int64.

        Raises:
            ValueError: a character is not in the vocabulary.
        """
        return wrap(places(text, self.vocabulary))

    def decode(self, tokens: Tensor | Sequence[int]) -> str:
        """The text of such places; what is below 0, as where there is no target, is left out.

        Raises:
            ValueError: a number is no place in the vocabulary.
        """
        numbers = tokens.tolist() if isinstance(tokens, Tensor) else tokens
        if not all(isinstance(number, int) and number < len(self.vocabulary) for number in numbers):
            raise ValueError(f"decode takes whole numbers below {len(self.vocabulary)}, got {tokens!r:.60}")
        return "".join(self.vocabulary[number] for number in numbers if number >= 0)


def tiny_shakespeare(context: int = 64) -> tuple[TextDataset, TextDataset]:
    """Tiny Shakespeare, 1,115,394 characters: all windows `(N, context)`, and the same one character further on.

    The first nine tenths are to train on, the last to validate on, as in its source. The windows overlap and share
    their memory, so the many cost no more than the text.

    Source: Karpathy (2015), "The unreasonable effectiveness of recurrent neural networks"; Shakespeare's text is in the
    public domain.

    Raises:
        ConnectionError: it is not at hand, and cannot be downloaded.
        ValueError: the file is damaged, or not the published one; no window of this length fits.
    """
    (file,) = SHAKESPEARE
    return in_windows(read(file).decode("ascii"), context)


def in_windows(text: str, context: int) -> tuple[TextDataset, TextDataset]:
    """All windows of the first nine tenths of a text, and of the last.

    Raises:
        ValueError: no window of this length fits.
    """
    vocabulary = sorted(set(text))
    tokens = places(text, vocabulary)
    border = len(tokens) * 9 // 10
    if not 1 <= context < len(tokens) - border:
        raise ValueError(f"the text takes a context of 1 to {len(tokens) - border - 1}, got {context}")
    parts = (numpy.lib.stride_tricks.sliding_window_view(part, context + 1) for part in numpy.split(tokens, [border]))
    train, validation = (TextDataset(wrap(part[:, :-1]), wrap(part[:, 1:]), vocabulary) for part in parts)
    return train, validation


def first_names() -> tuple[TextDataset, TextDataset]:
    """32,033 first names, every tenth held out: 28,830 to train on and 3,203 to test on, `(N, 16)` each.

    The inputs are "." and then the letters; the targets are the letters and then ".", which ends the name, and -100
    where nothing is left to say, which `cross_entropy` passes over.

    Source: Karpathy (2022), makemore; names of 2018 from the United States' Social Security Administration.

    Raises:
        ConnectionError: it is not at hand, and cannot be downloaded.
        ValueError: the file is damaged, or not the published one.
    """
    (file,) = NAMES
    return spelled(read(file).split())


def spelled(known: Sequence[bytes]) -> tuple[TextDataset, TextDataset]:
    """Words of small letters, letter by letter, every tenth held out."""
    inputs = numpy.zeros((len(known), LONGEST + 1), numpy.int64)
    targets = numpy.full((len(known), LONGEST + 1), NO_TARGET)
    for row, name in enumerate(known):
        letters = numpy.frombuffer(name, numpy.uint8) - (ord("a") - 1)
        inputs[row, 1 : len(name) + 1] = targets[row, : len(name)] = letters
        targets[row, len(name)] = 0
    test = numpy.arange(len(known)) % EVERY == EVERY - 1
    return (
        TextDataset(wrap(inputs[~test]), wrap(targets[~test]), LETTERS),
        TextDataset(wrap(inputs[test]), wrap(targets[test]), LETTERS),
    )


def places(text: str, vocabulary: Sequence[str]) -> numpy.typing.NDArray[numpy.int64]:
    """The place in the vocabulary of each character.

    Raises:
        ValueError: a character is not in the vocabulary.
    """
    place = {character: k for k, character in enumerate(vocabulary)}
    try:
        return numpy.fromiter((place[character] for character in text), numpy.int64, len(text))
    except KeyError as error:
        raise ValueError(f"the character {error.args[0]!r} is not in the vocabulary {''.join(vocabulary)!r}") from None


guard(globals(), __all__, __name__)
