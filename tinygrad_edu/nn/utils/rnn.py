"""Sequences of different lengths: padded to one length, or packed step by step without any padding."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Self

import numpy
from numpy.typing import NDArray

from ...errors import ShapeError
from ...functions.creation import as_tensor
from ...functions.elementwise import where
from ...functions.joining import cat
from ...ops.indexing import getitem, put
from ...recording import wrap
from ...tensor import Tensor
from ...told import guard

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]

Array = NDArray[Any]


class Packed(NamedTuple):
    """The fields of a PackedSequence."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(Packed):
    """Sequences step by step: all first elements, then all second ones; the longest sequences first.

    `data (sum of lengths, *)`; `batch_sizes (T)`, how many sequences each step has; `sorted_indices (B)`, which of the
    sequences as they were given stands at each place, and `unsorted_indices`, the inverse; None where they were given
    in this order. It is made by pack_padded_sequence and pack_sequence.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        """The sequences of these fields; data and batch_sizes may come as one pair."""
        if batch_sizes is None:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The data converted, as Tensor.to does."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def cpu(self) -> Self:
        """The sequences themselves: there is no other device."""
        return self

    def pin_memory(self) -> Self:
        """The sequences themselves: there is no other device to send them to."""
        return self

    def is_pinned(self) -> bool:
        """False: no memory is pinned."""
        return False

    @property
    def is_cuda(self) -> bool:
        """False: there is no such device."""
        return False

    def double(self) -> Self:
        """The data as float64."""
        return self.to("float64")

    def float(self) -> Self:
        """The data as float32."""
        return self.to("float32")

    def half(self) -> Self:
        """The data as float16."""
        return self.to("float16")

    def long(self) -> Self:
        """The data as int64."""
        return self.to("int64")

    def int(self) -> Self:
        """The data as int32."""
        return self.to("int32")

    def short(self) -> Self:
        """The data as int16."""
        return self.to("int16")

    def char(self) -> Self:
        """The data as int8."""
        return self.to("int8")

    def byte(self) -> Self:
        """The data as uint8."""
        return self.to("uint8")


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one."""
    return None if permutation is None else wrap(numpy.argsort(permutation._array))


def as_lengths(lengths: Any, count: int) -> Array:
    """The lengths of so many sequences as an array of integers.

    Raises:
        RuntimeError: there are not as many, or one is not positive.
    """
    found = numpy.asarray(lengths._array if isinstance(lengths, Tensor) else lengths).astype(numpy.int64)
    if found.shape != (count,):
        raise ShapeError(f"a batch of {count} sequences needs a length for each, got lengths of shape {found.shape}")
    if found.min(initial=1) < 1:
        raise RuntimeError(f"the length of a sequence is 1 or more, got {found.tolist()}")
    return found


def sizes_of(lengths: Array) -> Array:
    """How many sequences each step has."""
    return (lengths > numpy.arange(lengths.max(initial=0))[:, None]).sum(1)


def steps_and_places(sizes: Array) -> tuple[Array, Array]:
    """(the step, the place among the sequences) of every row of packed sequences."""
    starts = numpy.cumsum(sizes) - sizes
    return numpy.repeat(numpy.arange(len(sizes)), sizes), numpy.arange(sizes.sum()) - numpy.repeat(starts, sizes)


def in_order(lengths: Array, enforce_sorted: bool) -> Array | None:
    """Which sequence stands at each place, the longest first; None where they stand so already, as they should.

    Raises:
        RuntimeError: they should, and do not.
    """
    if not enforce_sorted:
        return numpy.argsort(-lengths, kind="stable")
    if (numpy.diff(lengths) > 0).any():
        raise RuntimeError(
            f"the sequences must stand with the longest first, got lengths {lengths.tolist()}; sort them, or pass "
            "enforce_sorted=False"
        )
    return None


def packed(rows: Tensor, starts: Array, stride: int, lengths: Array, enforce_sorted: bool) -> PackedSequence:
    """Sequences of which the element t of sequence b is row starts[b] + t * stride."""
    order = in_order(lengths, enforce_sorted)
    if order is not None:
        starts, lengths = starts[order], lengths[order]
    sizes = sizes_of(lengths)
    step, place = steps_and_places(sizes)
    data = getitem(rows, index=starts[place] + step * stride)
    return PackedSequence(data, wrap(sizes), None if order is None else wrap(order))


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Padded sequences without their padding; `(T, B, *)`, or `(B, T, *)` with batch_first, to `(sum of lengths, *)`.

    The longest comes first; without `enforce_sorted` they are put in this order.

    Raises:
        RuntimeError: the lengths do not fit the input, or are not in order.
    """
    if input.ndim < 2:
        raise ShapeError(f"padded sequences have shape (T, B, ..), got {input.shape}")
    T, B = (input.shape[1], input.shape[0]) if batch_first else input.shape[:2]
    found = as_lengths(lengths, B)
    if not B or found.max() > T:
        raise RuntimeError(f"padded sequences of {T} steps, batch {B}, cannot have the lengths {found.tolist()}")
    rows = input.reshape(T * B, *input.shape[2:])
    starts = numpy.arange(B) * (T if batch_first else 1)
    return packed(rows, starts, 1 if batch_first else B, found, enforce_sorted)


def padded(rows: Tensor, places: Array, shape: tuple[int, int], padding_value: float) -> Tensor:
    """Rows at their places in two flattened dimensions, and the padding elsewhere."""
    count = shape[0] * shape[1]
    out = put(rows, index=places, shape=(count, *rows.shape[1:]))
    if padding_value:
        empty = numpy.ones(count, bool)
        empty[places] = False
        out = where(wrap(empty.reshape(-1, *[1] * (rows.ndim - 1))), padding_value, out).to(rows.dtype)
    return out.reshape(*shape, *rows.shape[1:])


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """(padded sequences in the order in which they were given, their lengths); the inverse of pack_padded_sequence.

    Raises:
        ValueError: the total length is less than that of the longest sequence.
        TypeError: it is no PackedSequence.
    """
    if not isinstance(sequence, PackedSequence):
        raise TypeError(f"pad_packed_sequence takes a PackedSequence, got {type(sequence).__name__}")
    sizes = sequence.batch_sizes._array
    T, B = len(sizes) if total_length is None else total_length, int(sizes[0])
    if len(sizes) > T:
        raise ValueError(f"the longest sequence has {len(sizes)} steps, more than the total length {T}")
    step, place = steps_and_places(sizes)
    lengths = numpy.bincount(place, minlength=B)
    if sequence.unsorted_indices is not None and sequence.sorted_indices is not None:
        place = sequence.sorted_indices._array[place]
        lengths = lengths[sequence.unsorted_indices._array]
    places, shape = (place * T + step, (B, T)) if batch_first else (step * B + place, (T, B))
    return padded(sequence.data, places, shape, padding_value), wrap(lengths)


def sequence_rows(sequences: Any, name: str) -> tuple[Tensor, Array]:
    """(all elements of all sequences one after the other, the sequences' lengths).

    Raises:
        RuntimeError: there are none, or they do not fit together.
    """
    found = list(sequences) if isinstance(sequences, Iterable) else []
    if not found:
        raise RuntimeError(f"{name} needs sequences, at least one, got {sequences!r:.60}")
    first = found[0]
    if any(not x.ndim or x.shape[1:] != first.shape[1:] for x in found):
        raise ShapeError(f"{name} needs sequences (T, *) that differ in T alone, got {[x.shape for x in found]}")
    return cat([x.to(first.dtype) for x in found]), numpy.array([len(x) for x in found])


def pad_sequence(
    sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences `(T_b, *)` padded at their ends to the longest; `(T, B, *)`, or `(B, T, *)` with batch_first.

    With the padding_side "left" they are padded at their beginnings.

    >>> from tinygrad_edu import tensor
    >>> pad_sequence([tensor([1, 2, 3]), tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])

    Raises:
        RuntimeError: there are none, they do not fit together, or there is no such side.
    """
    if padding_side not in ("left", "right"):
        raise RuntimeError(f'padding_side is "left" or "right", got {padding_side!r}')
    rows, lengths = sequence_rows(sequences, "pad_sequence")
    T, B = int(lengths.max()), len(lengths)
    place = numpy.repeat(numpy.arange(B), lengths)
    step = numpy.arange(lengths.sum()) - numpy.repeat(numpy.cumsum(lengths) - lengths, lengths)
    if padding_side == "left":
        step += T - lengths[place]
    places, shape = (place * T + step, (B, T)) if batch_first else (step * B + place, (T, B))
    return padded(rows, places, shape, padding_value)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences `(T_b, *)` from padded ones, which pad_sequence makes of them.

    Raises:
        ValueError: there is not one length for each.
    """
    B = padded_sequences.shape[0 if batch_first else 1]
    ends = as_tensor(lengths).tolist()
    if len(ends) != B:
        raise ShapeError(f"{B} padded sequences need as many lengths, got {len(ends)}")
    each = [padded_sequences[b] if batch_first else padded_sequences[:, b] for b in range(B)]
    return [x[: max(int(n), 0)].clone() for x, n in zip(each, ends, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences `(T_b, *)` packed, the longest first; without `enforce_sorted` they are put in this order.

    Raises:
        RuntimeError: there are none, one is empty, they do not fit together, or are not in order.
    """
    rows, lengths = sequence_rows(sequences, "pack_sequence")
    as_lengths(lengths, len(lengths))
    return packed(rows, numpy.cumsum(lengths) - lengths, 1, lengths, enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences `(T_b, *)` in the order in which they were given; the inverse of pack_sequence."""
    sequences, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(sequences, lengths, batch_first=True)


guard(globals(), __all__, __name__, held=False)
