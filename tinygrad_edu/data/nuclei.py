"""Nuclei of cells under the microscope: pictures with the outline of every nucleus, for segmentation and detection."""

import io

import numpy

from ..recording import wrap
from ..tensor import Tensor
from ..told import guard
from .dataset import TensorDataset
from .published import File
from .storage import read

__all__ = ["instance_boxes", "nuclei"]

NUCLEI = (
    File("segmentation/nuclei128.npz", 2_021_313, "cc3efcbb1d3b84c0e9c4208da25a72b561af415fe7699cafadf4129ac5e64c08"),
)


def nuclei() -> tuple[TensorDataset, TensorDataset]:
    """Nuclei of cells, 260 pictures to train on and 74 to test on: images `(N, 1, 128, 128)`, maps `(N, 128, 128)`.

    The images are fluorescence microscopy, float32 from 0 (dark) to 1. A map tells of each pixel which nucleus it
    belongs to, 1 and up, or 0 for none, in int64: `maps > 0` are the masks of semantic segmentation, and
    `instance_boxes` gives the boxes of detection. Which folder they are read from, `data.storage` tells.

    Source: Caicedo et al. (2019), "Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl", image
    set BBBC038 of the Broad Bioimage Benchmark Collection; CC0. Corrected by K. Lopuhin, made half as large.

    Raises:
        FileNotFoundError: the file is not at hand.
        ValueError: the file is damaged, or another one.
    """
    (file,) = NUCLEI
    with numpy.load(io.BytesIO(read(file)), allow_pickle=False) as arrays:
        images = numpy.divide(arrays["image"][:, None], 255, dtype=numpy.float32)
        maps, test = arrays["instance"].astype(numpy.int64), arrays["is_test"]
    return (
        TensorDataset(wrap(images[~test]), wrap(maps[~test])),
        TensorDataset(wrap(images[test]), wrap(maps[test])),
    )


def instance_boxes(instances: Tensor) -> Tensor:
    """The box around each thing in a map of things, `(x1, y1, x2, y2)`; `(H, W) -> (K, 4)`, float32.

    The corners are where the pixels begin and end, so a thing of one pixel has a box of size 1; the things are in the
    order of their numbers.

    Raises:
        ValueError: the map is not `(H, W)`.

    >>> from tinygrad_edu import tensor
    >>> instance_boxes(tensor([[0, 2, 2], [1, 0, 2]])).tolist()
    [[0.0, 1.0, 1.0, 2.0], [1.0, 0.0, 3.0, 2.0]]
    """
    if instances.ndim != 2:
        raise ValueError(f"instance_boxes takes the map (H, W) of one picture, got {instances.shape}")
    numbers = instances.numpy()
    found = []
    for number in numpy.unique(numbers[numbers > 0]):
        ys, xs = numpy.nonzero(numbers == number)
        found.append((xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
    return wrap(numpy.array(found, numpy.float32).reshape(-1, 4))


guard(globals(), __all__, __name__)
