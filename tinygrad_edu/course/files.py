"""Where the notebooks are."""

import operator
from pathlib import Path

__all__ = ["find_notebook", "notebooks_folder"]


def notebooks_folder(named: Path | str | None = None) -> Path:
    """The folder of notebooks: the one named, or `notebooks` here, in a folder above, or beside the package.

    Raises:
        FileNotFoundError: there is none; the notebooks come with the source, not with the wheel.
    """
    here, package = Path.cwd(), Path(__file__).parents[1]
    places = [Path(named)] if named else [folder / "notebooks" for folder in (here, *here.parents, package.parent)]
    for place in places:
        if next(place.glob("[0-9][0-9]_*.ipynb"), None):
            return place
    where = f"in {str(named)!r}" if named else "here"
    raise FileNotFoundError(f"there are no notebooks {where}; they come with the source: name their folder or the file")


def find_notebook(number: int, folder: Path | str | None = None) -> Path:
    """The file of the notebook of this number.

    Raises:
        FileNotFoundError: there is no folder of notebooks, or none of this number in it.
        TypeError: the number is no whole one.
    """
    try:
        number = operator.index(number)
    except TypeError:
        raise TypeError(f"find_notebook takes a whole number, such as 5, got {number!r}") from None
    place = notebooks_folder(folder)
    found = sorted(place.glob(f"{number:02}_*.ipynb"))
    if not found:
        known = ", ".join(sorted(path.stem[:2] for path in place.glob("[0-9][0-9]_*.ipynb")))
        raise FileNotFoundError(f"there is no notebook {number:02} in {str(place)!r}; there are {known}")
    return found[0]
