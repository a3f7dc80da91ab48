"""What stands in torchvision's place: transforms, data sets and pictures of pictures."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data import DataLoader, TensorDataset
from tinygrad_edu.pytorch import as_torch
from tinygrad_edu.pytorch.vision import datasets, grids, transforms


@pytest.fixture
def few(monkeypatch):
    """Three grey pictures of 4x4 and three in colour in the place of the data sets."""

    def load(channels):
        pictures = np.arange(3 * channels * 16).reshape(3, channels, 4, 4).astype(np.uint8)
        found = TensorDataset(tg.from_numpy(pictures), tg.tensor([2, 0, 1]))
        return staticmethod(lambda dtype: (found, TensorDataset(*found[:1])))

    monkeypatch.setattr(datasets.MNIST, "load", load(1))
    monkeypatch.setattr(datasets.CIFAR10, "load", load(3))


def test_a_classifiers_pictures(few):
    with as_torch():
        import torchvision
        import torchvision.transforms as T

        change = T.Compose(
            [T.RandomCrop(4, padding=1), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize((0.5,), (0.5,))]
        )
        train = torchvision.datasets.MNIST(root="./data", train=True, download=True, transform=change)
        test = torchvision.datasets.MNIST("./data", train=False, transform=T.ToTensor(), target_transform=str)
    images, labels = next(iter(DataLoader(train, batch_size=3)))
    assert (images.shape, labels.tolist()) == ((3, 1, 4, 4), [2, 0, 1])
    assert images.min() >= -1
    assert images.max() <= 47 / 255 * 2 - 1 + 1e-6
    image, label = test[0]
    assert label == "2"
    np.testing.assert_allclose(image.numpy().ravel(), np.arange(16) / 255, rtol=1e-6)
    assert (train.data.shape, train.data.dtype, train.targets.tolist(), len(test)) == (
        (3, 4, 4),
        tg.uint8,
        [2, 0, 1],
        1,
    )
    assert train.class_to_idx["7"] == 7


def test_pictures_in_colour(few):
    found = datasets.CIFAR10("./data", transform=transforms.Grayscale())
    assert (found.data.shape, found.targets, found.classes[0]) == ((3, 4, 4, 3), [2, 0, 1], "airplane")
    np.testing.assert_array_equal(found.data[1].transpose(2, 0, 1), found.pictures[1])
    assert found[1][0].shape == (1, 4, 4)


def test_noise_in_the_place_of_pictures():
    found = datasets.FakeData(5, (3, 8, 8), 4, transform=transforms.Resize(4, transforms.InterpolationMode.BILINEAR))
    assert (len(found), found[0][0].shape) == (5, (3, 4, 4))
    assert found[3][0].tolist() == found[3][0].tolist() != found[4][0].tolist()
    assert all(label in range(4) for _, label in found)
    with pytest.raises(IndexError, match="has 5 pictures"):
        found[5]


def test_arrays_become_tensors_before_the_first_transform():
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[:, 0] = 255
    change = transforms.Compose(
        [transforms.RandomHorizontalFlip(1.0), transforms.CenterCrop((4, 6)), transforms.ToTensor()]
    )
    assert change(picture)[0, 0].tolist() == [0, 0, 0, 0, 0, 1]
    double, minus = (transforms.Lambda(lambda x, k=k: x * k) for k in (2, -1))
    x = tg.ones(1, 2, 2)
    assert transforms.RandomApply([double], p=1.0)(x).sum() == 8
    assert transforms.RandomApply([double], p=0.0)(x).sum() == 4
    assert transforms.RandomChoice([double, minus], p=[0, 3])(x).sum() == -4


def test_a_grid_of_pictures():
    images = tg.arange(12.0).reshape(3, 1, 2, 2)
    grid = grids.make_grid(images, nrow=2, padding=1, pad_value=-1)
    expected = np.full((7, 7), -1.0)
    expected[1:3, 1:3], expected[1:3, 4:6], expected[4:6, 1:3] = images.numpy()[:, 0]
    assert grid.shape == (3, 7, 7)
    np.testing.assert_array_equal(grid[2].numpy(), expected)
    assert grids.make_grid(images[0]).shape == grids.make_grid(images[0, 0]).shape == (3, 2, 2)
    assert grids.make_grid([images[0], images[1]], padding=0).shape == (3, 2, 4)
    each = grids.make_grid(images, normalize=True, scale_each=True, padding=0)[0]
    np.testing.assert_allclose(each[:, :2].numpy(), [[0, 1 / 3], [2 / 3, 1]], rtol=1e-6)
    whole = grids.make_grid(images, normalize=True, padding=0)[0]
    np.testing.assert_allclose(whole[:, 4:].numpy(), np.array([[8, 9], [10, 11]]) / 11, rtol=1e-6)
    within = grids.make_grid(images, normalize=True, value_range=(1, 3), padding=0)[0]
    np.testing.assert_allclose(within[:, :2].numpy(), [[0, 0], [0.5, 1]])
