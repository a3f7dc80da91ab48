"""Images through Pillow: the pixels that were written are the pixels that are read."""

import numpy
import pytest
from PIL import Image

from tinygrad_edu.data import read_image

GREY = numpy.arange(48, dtype=numpy.uint8).reshape(6, 8) * 5


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".gif"])
def test_lossless_formats_keep_each_pixel(tmp_path, suffix):
    Image.fromarray(GREY).save(tmp_path / f"x{suffix}")
    numpy.testing.assert_allclose(read_image(tmp_path / f"x{suffix}"), GREY / 255, atol=1e-6)


def test_white_is_behind_what_is_transparent(tmp_path):
    pixels = numpy.zeros((2, 2, 4), numpy.uint8)
    pixels[0, :, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "x.png")
    assert read_image(tmp_path / "x.png").tolist() == [[0, 0], [1, 1]]


def test_a_damaged_file_is_one_clear_error(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "x.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "x.png").read_bytes()[:-30])
    with pytest.raises(ValueError, match="as an image"):
        read_image(tmp_path / "cut.png")
