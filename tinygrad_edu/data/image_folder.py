"""Images in folders, a folder for each class."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..recording import wrap
from .dataset import Dataset
from .images import READERS, read_image

__all__ = ["ImageFolder"]

WITH_PILLOW = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


class ImageFolder(Dataset[tuple[Any, Any]]):
    """The images in a folder's folders, and the number of the folder that each is in: `(3, H, W)`, int.

    The folders in `root` are the classes, in the order of their names; all image files below them count, also in
    folders of their own. A file is read when its sample is asked for, as float32 from 0 to 1: PGM, PPM, NPY, NPZ and
    CSV with nothing more, others by Pillow. With `colour=False` the images are grey, `(1, H, W)`. A DataLoader needs
    images of one size: `transform=Resize((h, w))` sees to that, and any function of the image can stand there;
    `target_transform` is one of the class.

    `classes` are the names, `class_to_idx` their numbers, `samples` the files with these, `targets` the numbers alone.

    Raises:
        FileNotFoundError: there is no such folder, it has no folders, or one of these has no images.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
        colour: bool = True,
    ) -> None:
        self.root = Path(root)
        self.transform = transform
        self.target_transform = target_transform
        self.colour = colour
        self.classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and visible(entry.name))
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}
        self.samples = [
            (path, number) for name, number in self.class_to_idx.items() for path in images(self.root / name)
        ]
        self.targets = [number for _, number in self.samples]
        empty = [name for name, number in self.class_to_idx.items() if number not in set(self.targets)]
        if empty or not self.classes:
            lacking = f"its folder {empty[0]!r} has no image in it" if empty else "it has no folders"
            said = f"ImageFolder takes a folder with a folder of images for each class: {lacking}"
            raise FileNotFoundError(errno.ENOENT, said, os.fspath(root))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        pixels = read_image(path, self.colour)
        image: Any = wrap(pixels if self.colour else pixels[None])
        return (
            image if self.transform is None else self.transform(image),
            target if self.target_transform is None else self.target_transform(target),
        )

    def __len__(self) -> int:
        return len(self.samples)


def visible(name: str) -> bool:
    """Whether a file is there to be seen."""
    return not name.startswith(".")


def images(folder: Path) -> list[Path]:
    """All image files below a folder, in the order of their names."""
    return sorted(
        Path(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if visible(name) and Path(name).suffix.lower() in WITH_PILLOW | READERS.keys()
    )
