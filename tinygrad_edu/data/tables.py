"""Tables: rows of numbers with a target each, and the names of both."""

import csv
import math
import os
from collections.abc import Sequence

import numpy

from ..recording import wrap
from ..tensor import Tensor
from ..wording import in_our_words
from .dataset import TensorDataset

__all__ = ["Table", "read_table"]

MISSING = {"", "?", "na", "n/a", "nan", "null", "none"}
MOST_CATEGORIES = 100


class Table(TensorDataset):
    """Rows of features `(N, F)` and their targets `(N,)`: classes as int64 or numbers as float32.

    `feature_names` are the names of the columns, `target_names` those of the classes, none for a target of numbers.
    """

    def __init__(
        self, features: Tensor, targets: Tensor, feature_names: Sequence[str], target_names: Sequence[str] = ()
    ) -> None:
        super().__init__(features, targets)
        self.feature_names = list(feature_names)
        self.target_names = list(target_names)


class Column:
    """The cells of a column, the lines that they are in, and what they mean."""

    def __init__(self, name: str, cells: list[str], lines: list[int]) -> None:
        self.name = name
        self.cells = cells
        self.lines = lines
        self.numbers = [number_in(cell) for cell in cells]
        self.words = sorted(set(cells)) if all(number is None for number in self.numbers) else []

    def values(self) -> list[float]:
        """Its numbers.

        Raises:
            ValueError: a cell is none.
        """
        for cell, number, line in zip(self.cells, self.numbers, self.lines, strict=True):
            if number is None:
                raise ValueError(f"line {line}, column {self.name!r}: {cell!r:.60} is not a number")
        return [number for number in self.numbers if number is not None]

    def features(self) -> dict[str, list[float]]:
        """Its numbers by its name; of words a column for each, with 1 where it stands.

        Raises:
            ValueError: its words are too many to be categories.
        """
        if not self.words:
            return {self.name: self.values()}
        if len(self.words) > MOST_CATEGORIES:
            raise ValueError(f"column {self.name!r} has {len(self.words)} different words; leave it out by skip=")
        return {f"{self.name}={word}": [float(cell == word) for cell in self.cells] for word in self.words}

    def classes(self) -> tuple[list[int], list[str]]:
        """The class of each cell, and the names of the classes: the words, or the numbers in order."""
        found: Sequence[str | float] = self.cells if self.words else self.values()
        known = {value: number for number, value in enumerate(self.words or sorted(set(self.values())))}
        names = [value if isinstance(value, str) else f"{value:g}" for value in known]
        return [known[value] for value in found], names


def read_table(
    path: str | os.PathLike[str],
    target: str | int = -1,
    classify: bool | None = None,
    header: bool = True,
    delimiter: str = ",",
    skip: Sequence[str] = (),
    missing: str = "raise",
) -> Table:
    """Read a CSV file: a column `target` of targets, by its name or place, and all others as features.

    Columns of numbers are features as they are; a column of words becomes one column for each word, with 1 where it
    stands. A target of words is one of classes; one of numbers is so with `classify=True`. Columns named in `skip` are
    left out. Without a `header` the columns are named column 1, column 2 and so on. Cells that are empty, "?" or "NA"
    (also "nan", "null", "none") are missing; `missing="drop"` leaves lines with such cells out.

    Raises:
        ValueError: a line has more or fewer cells, a cell is missing, or is a word in a column of numbers: the line and
            the column are told; there is no such column, or nothing is left.
        OSError: the file cannot be opened.
    """
    if len(delimiter) != 1:
        raise ValueError(f"read_table takes a delimiter of one character, got {delimiter!r}")
    if missing not in ("raise", "drop"):
        raise ValueError(f"read_table takes missing='raise' or 'drop', got {missing!r}")
    try:
        columns = read_columns(path, header, delimiter, skip, missing)
        names = [column.name for column in columns]
        place = names.index(target) if target in names else target
        if not isinstance(place, int) or not -len(names) <= place < len(names):
            raise ValueError(f"it has no column {target!r} for the target; it has {', '.join(names)}")
        chosen = columns.pop(place)
        if classify or (classify is None and chosen.words):
            classes, class_names = chosen.classes()
            targets = numpy.array(classes, numpy.int64)
        else:
            targets, class_names = numpy.array(chosen.values(), numpy.float32), []
        features = {name: values for column in columns for name, values in column.features().items()}
        if not features:
            raise ValueError("it has no column beside the target")
    except ValueError as error:
        raise ValueError(f"cannot read {os.fspath(path)!r} as a table: {in_our_words(error)}") from None
    table = numpy.array(list(features.values()), numpy.float32).T.copy()
    return Table(wrap(table), wrap(targets), list(features), class_names)


def read_columns(
    path: str | os.PathLike[str], header: bool, delimiter: str, skip: Sequence[str], missing: str
) -> list[Column]:
    """The columns of the file.

    Raises:
        ValueError: it is no table, something is missing in it, or a column to skip is not there.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
        except csv.Error as error:
            raise ValueError(f"line {reader.line_num}: {error}") from None
    names = rows.pop(0)[1] if header and rows else [f"column {k + 1}" for k in range(len(rows[0][1]) if rows else 0)]
    if len(set(names)) != len(names):
        raise ValueError(f"two of its columns have one name: {', '.join(names)}; without a header tell header=False")
    for name in skip:
        if name not in names:
            raise ValueError(f"it has no column {name!r} to skip; it has {', '.join(names)}")
    kept = [k for k, name in enumerate(names) if name not in skip]
    complete, lacking = [], []
    for line, row in rows:
        if len(row) != len(names):
            raise ValueError(f"line {line} has {len(row)} cells instead of {len(names)}")
        empty = [(line, names[k]) for k in kept if row[k].lower() in MISSING]
        lacking += empty
        if not empty:
            complete.append((line, row))
    if lacking and missing == "raise":
        (line, name), count = lacking[0], len(lacking)
        told = f"{count} cells are" if count > 1 else "a cell is"
        raise ValueError(f"{told} missing, first in line {line}, column {name!r}; missing='drop' leaves such lines out")
    if not complete:
        raise ValueError("it has no lines of values")
    return [Column(names[k], [row[k] for _, row in complete], [line for line, _ in complete]) for k in kept]


def number_in(cell: str) -> float | None:
    """The number in a cell, None if there is none that is finite."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in cell else None
