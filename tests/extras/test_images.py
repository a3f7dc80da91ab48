"""Images through Pillow: the pixels that were written are the pixels that are read."""

import numpy
import pytest
from PIL import Image

import tinygrad_edu as tg
from tinygrad_edu.data import ImageFolder, read_image
from tinygrad_edu.data.transforms import ToTensor

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


COLOURS = numpy.arange(72, dtype=numpy.uint8).reshape(4, 6, 3) * 3


def test_colours_are_kept_where_they_are_asked_for(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / "x.png")
    numpy.testing.assert_allclose(
        read_image(tmp_path / "x.png", colour=True), COLOURS.transpose(2, 0, 1) / 255, atol=1e-6
    )
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    grey = read_image(tmp_path / "grey.png", colour=True)
    numpy.testing.assert_allclose(grey, numpy.stack(3 * [GREY / 255]), atol=1e-6)


def test_a_folder_of_images_of_every_kind(tmp_path):
    for name, suffix in (("a", ".png"), ("a", ".jpg"), ("b", ".webp"), ("b", ".JPEG")):
        (tmp_path / name).mkdir(exist_ok=True)
        Image.fromarray(COLOURS).save(tmp_path / name / f"x{suffix}")
    data = ImageFolder(tmp_path)
    assert data.targets == [0, 0, 1, 1]
    for image, _ in data:
        assert image.shape == (3, 4, 6)
        numpy.testing.assert_allclose(image.numpy(), COLOURS.transpose(2, 0, 1) / 255, atol=0.15)


def test_a_pillow_image_becomes_a_tensor():
    for pixels in (GREY, COLOURS):
        image = ToTensor()(Image.fromarray(pixels)).numpy()
        assert numpy.array_equal((image * 255).round().transpose(1, 2, 0).squeeze(), pixels)


def test_a_grid_of_pictures_as_a_file(tmp_path):
    from tinygrad_edu.pytorch.vision.grids import save_image

    save_image(tg.tensor([[[0.0, 1.0], [0.2, 2.0]]]), tmp_path / "grid.png", padding=0)
    assert read_image(tmp_path / "grid.png").tolist() == [[0, 1], [pytest.approx(0.2), 1]]


def test_tensors_as_pillows_pictures():
    from tinygrad_edu.pytorch.vision.functional import get_dimensions, to_pil_image, to_tensor

    pixels = numpy.arange(24, dtype=numpy.uint8).reshape(2, 4, 3) * 10
    picture = to_pil_image(to_tensor(pixels))
    assert (picture.mode, picture.size, get_dimensions(picture)) == ("RGB", (4, 2), [3, 2, 4])
    numpy.testing.assert_array_equal(numpy.asarray(picture), pixels)
    numpy.testing.assert_array_equal(numpy.asarray(to_pil_image(pixels)), pixels)
    grey = to_pil_image(tg.tensor([[[0, 200]]], dtype=tg.uint8))
    assert (grey.mode, numpy.asarray(grey).tolist()) == ("L", [[0, 200]])
    assert to_pil_image(tg.ones(1, 2, 2), mode="RGB").mode == "RGB"
