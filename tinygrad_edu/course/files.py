"""Where the notebooks are."""

from pathlib import Path

__all__ = ["find_notebook", "notebooks_folder"]


def notebooks_folder(named: Path | None = None) -> Path:
    """The folder of notebooks: the one named, or `notebooks` here, in a folder above, or beside the package.

    Raises:
        FileNotFoundError: there is none; the notebooks come with the source, not with the wheel.
    """
    here, package = Path.cwd(), Path(__file__).parents[1]
    places = [named] if named else [folder / "notebooks" for folder in (here, *here.parents, package.parent)]
    for place in places:
        if next(place.glob("[0-9][0-9]_*.ipynb"), None):
            return place
    where = f"{str(named)!r}" if named else "here"
    raise FileNotFoundError(f"there are no notebooks {where}; they come with the source: name their folder by --folder")


def find_notebook(number: int, folder: Path | None = None) -> Path:
    """The file of the notebook of this number.

    Raises:
        FileNotFoundError: there is no folder of notebooks, or none of this number in it.
    """
    place = notebooks_folder(folder)
    found = sorted(place.glob(f"{number:02}_*.ipynb"))
    if not found:
        known = ", ".join(sorted(path.stem[:2] for path in place.glob("[0-9][0-9]_*.ipynb")))
        raise FileNotFoundError(f"there is no notebook {number:02} in {str(place)!r}; there are {known}")
    return found[0]
