"""`predict`: which class a run sees in an image."""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from ..data import DATASETS, fit_image, read_image
from ..data.images import grey
from ..data.transforms import CenterCrop, Resize
from ..grad_mode import no_grad
from ..recording import wrap
from ..train import Run
from .output import JSON_HELP, print_json
from .parser import PROGRAM, UsageError, add_command

__all__ = ["add_predict", "predict"]

SHADES = " ░▒▓█", " .-+#"  # from paper to ink, with Unicode and without

EXAMPLES = ("runs/digits-cnn-001 --digit 7", "runs/digits-cnn-001 photo.png", "runs/digits-cnn-001 drawing.pgm")


def add_predict(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Classify an image with a trained network.

For a run on grey images the picture may be dark on light or light on dark, and
of any size: it is cut to the square around its ink and resized to what the
network takes. For a run in colour it is cut to the square in its middle and
resized. PGM, PPM, NPY, NPZ and CSV files need nothing more; PNG, JPEG and
others need Pillow, which the extra `image` installs. The embedded digits are
8x8 and by few hands: trained on them, the default network knows 7 in 10 of
MNIST's digits."""
    command = add_command(commands, predict, does, EXAMPLES)
    command.add_argument("run_folder", metavar="RUN", type=Path, help="folder that train wrote")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("image", metavar="IMAGE", type=Path, nargs="?", help="file with a picture of one thing")
    what.add_argument("--digit", metavar="N", type=int, help="one of the held-out images of its data set, from 0")
    command.add_argument("--json", action="store_true", help=JSON_HELP)


def predict(options: argparse.Namespace) -> int:
    """Read the run and the image, and tell what the network sees."""
    run = Run.read(options.run_folder)
    model, data = run.model(), run.config["data"]["name"]
    shape = DATASETS[data].shape
    if len(shape) != 3:
        raise ValueError(f"{str(options.run_folder)!r} was trained on {data}; predict takes runs on images")
    if options.image is None:
        pixels, told = held_out_image(data, options.digit)
    else:
        pixels, done = fitted(options.image, *shape, DATASETS[data].margin)
        told = f"{options.image}: {', '.join(done) or 'as it is'}"
    with no_grad():
        probabilities = model(wrap(pixels[None])).softmax(dim=1)[0].tolist()
    classes = DATASETS[data].classes
    ranked = sorted(range(len(probabilities)), key=lambda label: -probabilities[label])
    if options.json:
        chances = {classes[label]: probabilities[label] for label in ranked}
        print_json({"image": told, "class": classes[ranked[0]], "probabilities": chances})
        return 0
    print(told)
    print(rendering(pixels))
    first, *others = (f"{classes[label]} ({100 * probabilities[label]:.1f} %)" for label in ranked[:3])
    print(f"{first}, then {' and '.join(others)}")
    return 0


def fitted(path: Path, channels: int, height: int, width: int, margin: int) -> tuple[NDArray[numpy.float32], list[str]]:
    """The picture in a file as a network takes it, `(C, H, W)`, and what was done to it, in words."""
    if channels == 1:
        ink, done = fit_image(read_image(path), (height, width), margin)
        return ink[None], done
    whole = wrap(read_image(path, colour=True))
    square = CenterCrop(min(whole.shape[1:]))(whole)
    small = Resize((height, width))(square)
    steps = (("cut to the square in its middle", whole, square), ("resized", square, small))
    sizes = [(what, *(f"{x.shape[2]}x{x.shape[1]}" for x in pair)) for what, *pair in steps]
    return small.numpy(), [f"{what} ({old} to {new})" for what, old, new in sizes if old != new]


def held_out_image(data: str, index: int) -> tuple[NDArray[numpy.float32], str]:
    """One of a data set's held-out images, and what it is.

    Raises:
        UsageError: there is no image of this number.
    """
    images, labels = DATASETS[data]()[1].tensors
    if not 0 <= index < len(labels):
        message = f"argument --digit: it takes a number from 0 to {len(labels) - 1}, got {index}"
        raise UsageError(message, f"{PROGRAM} predict")
    return images.numpy()[index], f"held-out image {index} of {data}, labelled {labels.tolist()[index]}"


def rendering(pixels: NDArray[numpy.float32]) -> str:
    """The ink, or the brightness of colours, as text, two characters for each pixel; `(C, H, W)`."""
    plain = "utf" not in (getattr(sys.stdout, "encoding", None) or "").lower()
    levels = (grey(pixels.transpose(1, 2, 0)) * len(SHADES[plain])).astype(int).clip(0, len(SHADES[plain]) - 1)
    return "\n".join("".join(2 * SHADES[plain][level] for level in row) for row in levels)
