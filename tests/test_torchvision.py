"""What stands in torchvision's place: transforms, data sets and pictures of pictures."""

import copy

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data import DataLoader, TensorDataset
from tinygrad_edu.pytorch import as_torch
from tinygrad_edu.pytorch.vision import augmentation, datasets, functional, grids, ops, transforms


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


def test_a_data_set_that_is_not_here_is_refused_where_it_is_made():
    with as_torch():
        from torchvision.datasets import CIFAR100

        with pytest.raises(RuntimeError, match="CIFAR100 is not among the data sets here: CIFAR10"):
            CIFAR100("data", train=True)


def test_batch_norm_that_stays_as_it_is():
    live, frozen = tg.nn.BatchNorm2d(3), ops.FrozenBatchNorm2d(3)
    live(tg.randn(4, 3, 5, 5))
    tg.nn.init.normal_(live.weight)
    frozen.load_state_dict(live.state_dict())
    x = tg.randn(2, 3, 4, 4, requires_grad=True)
    np.testing.assert_allclose(frozen.train()(x).detach(), live.eval()(x).detach(), rtol=1e-5, atol=1e-6)
    assert list(frozen.parameters()) == []
    assert list(frozen.state_dict()) == ["weight", "bias", "running_mean", "running_var"]
    assert repr(frozen) == "FrozenBatchNorm2d(3, eps=1e-05)"
    frozen(x).sum().backward()
    scale = (live.weight / (live.running_var + 1e-5).sqrt()).detach().numpy()
    np.testing.assert_allclose(x.grad, np.broadcast_to(scale[:, None, None], x.shape), rtol=1e-5)


def test_layers_that_networks_are_made_of():
    block = ops.Conv2dNormActivation(3, 6, 3, stride=2)
    assert [type(layer).__name__ for layer in block] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert block(tg.ones(1, 3, 8, 8)).shape == (1, 6, 4, 4)
    assert (block[0].bias, block[2].inplace, block.out_channels) == (None, True, 6)
    plain = ops.Conv2dNormActivation(3, 6, 5, dilation=2, norm_layer=None, activation_layer=None)
    assert plain(tg.ones(1, 3, 8, 8)).shape == (1, 6, 8, 8)
    assert plain[0].bias is not None
    squeeze = ops.SqueezeExcitation(4, 2)
    x = tg.randn(2, 4, 3, 3)
    means = x.mean((2, 3), keepdim=True)
    wanted = x * squeeze.fc2(squeeze.fc1(means).relu()).sigmoid()
    np.testing.assert_allclose(squeeze(x).detach(), wanted.detach(), rtol=1e-6)
    affine = ops.MLP(4, [8, 2], norm_layer=tg.nn.LayerNorm, dropout=0.5)
    kinds = ["Linear", "LayerNorm", "ReLU", "Dropout", "Linear", "Dropout"]
    assert [type(layer).__name__ for layer in affine] == kinds
    assert ops.Permute([0, 2, 3, 1])(x).shape == (2, 3, 3, 4)


def test_stochastic_depth():
    x = tg.ones(2000, 2)
    rows = ops.stochastic_depth(x, 0.25, "row")
    assert tg.equal(rows[:, 0], rows[:, 1])
    assert set(np.unique(rows.numpy()).round(4)) == {0, np.float32(1.3333)}
    assert 0.9 < rows.mean() < 1.1
    assert len(ops.stochastic_depth(x, 0.5, "batch").unique()) == 1
    layer = ops.StochasticDepth(1.0, "row")
    assert layer(x).count_nonzero() == 0
    assert layer.eval()(x) is x
    assert repr(layer) == "StochasticDepth(p=1.0, mode=row)"
    for p, mode in ((2, "row"), (0.5, "column")):
        with pytest.raises(ValueError, match="is"):
            ops.stochastic_depth(x, p, mode)


def test_focal_loss():
    logits, targets = tg.tensor([0.0, np.log(3.0)], requires_grad=True), tg.tensor([0.0, 1.0])
    # -(1 - p)^2 log p with p of 1/2 and 3/4, weighed by 1 - alpha and alpha
    wanted = np.array([0.75 * 0.25 * np.log(2), 0.25 / 16 * np.log(4 / 3)])
    np.testing.assert_allclose(ops.sigmoid_focal_loss(logits, targets).detach(), wanted, rtol=1e-5)
    np.testing.assert_allclose(ops.sigmoid_focal_loss(logits, targets, reduction="sum").item(), wanted.sum(), rtol=1e-5)
    plain = ops.sigmoid_focal_loss(logits, targets, alpha=-1, gamma=0, reduction="mean")
    np.testing.assert_allclose(plain.item(), (np.log(2) + np.log(4 / 3)) / 2, rtol=1e-5)
    with pytest.raises(ValueError, match="reduction"):
        ops.sigmoid_focal_loss(logits, targets, reduction="most")


def test_boxes():
    first = tg.tensor([[0.0, 0.0, 2.0, 2.0]])
    others = tg.tensor([[1.0, 0.0, 3.0, 2.0], [3.0, 0.0, 4.0, 2.0]])
    # of hulls of 6 and 8, of which 0 and 2 are not covered
    np.testing.assert_allclose(ops.generalized_box_iou(first, others), [[1 / 3, -2 / 8]], rtol=1e-6)
    # centres 1 and 2.5 apart in hulls of 3x2 and 4x2, and sides of 1 to 1, 1 to 1 and 1 to 2
    apart = [1 / 3 - 1 / 13, -6.25 / 20]
    np.testing.assert_allclose(ops.distance_box_iou(first, others), [apart], rtol=1e-5)
    differ = 4 / np.pi**2 * (np.pi / 4 - np.arctan(0.5)) ** 2
    wanted = [apart[0], apart[1] - differ**2 / (1 + differ)]
    np.testing.assert_allclose(ops.complete_box_iou(first, others), [wanted], rtol=1e-5)
    boxes = tg.cat([others, others + 0.1])
    scores, kinds = tg.tensor([0.1, 0.4, 0.3, 0.2]), tg.tensor([0, 0, 0, 1])
    assert ops.batched_nms(boxes, scores, kinds, 0.5).tolist() == [1, 2, 3]
    assert ops.batched_nms(tg.zeros(0, 4), tg.zeros(0), tg.zeros(0), 0.5).tolist() == []
    assert ops.clip_boxes_to_image(tg.tensor([[-1.0, 1.0, 9.0, 9.0]]), (5, 7)).tolist() == [[0, 1, 7, 5]]
    assert ops.remove_small_boxes(boxes, 1.5).tolist() == [0, 2]


def test_functions_of_one_picture():
    bytes_ = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    image = functional.to_tensor(bytes_)
    assert functional.get_dimensions(image) == [3, 2, 4]
    assert functional.get_image_size(image) == [4, 2]
    np.testing.assert_allclose(image, bytes_.transpose(2, 0, 1) / np.float32(255))
    np.testing.assert_array_equal(functional.hflip(image), image.numpy()[..., ::-1])
    np.testing.assert_array_equal(functional.vflip(image), image.numpy()[:, ::-1])
    np.testing.assert_array_equal(functional.crop(image, 1, 1, 1, 2), image.numpy()[:, 1:, 1:3])
    outside = functional.crop(image, -1, 3, 2, 2)
    np.testing.assert_array_equal(outside[:, :, 0], np.stack([np.zeros(3), image[:, 0, 3].numpy()], 1))
    assert outside[:, :, 1].count_nonzero() == 0
    np.testing.assert_array_equal(functional.center_crop(image, 2), image.numpy()[..., 1:3])
    moved = functional.normalize(image, [0.5] * 3, [0.25] * 3)
    np.testing.assert_allclose(moved, (image.numpy() - 0.5) * 4, rtol=1e-6)
    assert functional.normalize(image, [0.5] * 3, [0.25] * 3, inplace=True) is image
    np.testing.assert_array_equal(image, moved)
    assert functional.resize(image, 4).shape == (3, 4, 8)
    assert functional.resize(image, [4], max_size=6).shape == (3, 3, 6)
    assert functional.resize(image, (1, 2), functional.InterpolationMode.NEAREST).shape == (3, 1, 2)
    assert functional.rgb_to_grayscale(image, 3).shape == image.shape
    assert functional.pad(image, [1, 2]).shape == (3, 6, 6)
    with pytest.raises(ValueError, match="lanczos"):
        functional.resize(image, 4, functional.InterpolationMode.LANCZOS)


def test_transforms_stand_before_a_network():
    net = tg.nn.Sequential(
        transforms.Resize(8),
        transforms.Normalize((0.5, 0.5, 0.5), (0.2, 0.2, 0.2)),
        transforms.RandomApply([augmentation.GaussianBlur(3)], p=1.0),
        augmentation.ConvertImageDtype(tg.float64),
        tg.nn.Conv2d(3, 4, 3, dtype="float64"),
    )
    assert net(tg.rand(2, 3, 10, 10)).shape == (2, 4, 6, 6)
    assert list(net.state_dict()) == ["4.weight", "4.bias"]
    assert repr(transforms.RandomCrop(4)).startswith("RandomCrop(size=4")
    assert copy.deepcopy(net)[0].size == 8


def test_blurred_pictures():
    x = tg.arange(30.0, dtype="float64").reshape(1, 5, 6) ** 2
    weights = np.exp(-0.5 * (np.arange(-1, 2) / 0.8) ** 2)
    weights /= weights.sum()
    wide = np.pad(x.numpy()[0], ((0, 0), (1, 1)), "reflect")
    rows = sum(w * wide[:, k : k + 6] for k, w in enumerate(weights))
    found = augmentation.gaussian_blur(x, [3, 1], [0.8, 1.0])
    np.testing.assert_allclose(found.numpy()[0], rows)
    np.testing.assert_allclose(augmentation.gaussian_blur(x.mT, (1, 3), (1.0, 0.8)).mT.numpy(), found.numpy())
    assert augmentation.gaussian_blur(tg.full((2, 3, 4, 4), 7, dtype="uint8"), 3).unique().tolist() == [7]
    for settings in ((2, 1.0), (3, -1.0), ((3, 0), 1.0)):
        with pytest.raises(ValueError, match="odd kernel sizes and positive sigmas"):
            augmentation.gaussian_blur(x, *settings)
    with pytest.raises(ValueError, match="sigmas above 0"):
        augmentation.GaussianBlur(3, (2.0, 1.0))


def test_pictures_in_other_dtypes():
    convert = augmentation.convert_image_dtype
    assert convert(tg.tensor([0, 51, 255], dtype="uint8")).tolist() == pytest.approx([0, 0.2, 1])
    assert convert(tg.tensor([0.0, 0.2, 0.999, 1.0]), tg.uint8).tolist() == [0, 51, 255, 255]
    assert convert(tg.tensor([0, 255], dtype="uint8"), tg.int32).tolist() == [0, 255 * 2**23]
    assert convert(tg.tensor([0, 255 * 2**23]), tg.uint8).tolist() == [0, 0]
    assert convert(tg.tensor([32767], dtype="int16"), tg.uint8).tolist() == [255]
    with pytest.raises(RuntimeError, match="more than float32 can tell apart"):
        convert(tg.ones(1), tg.int32)


def test_transforms_by_chance():
    tg.manual_seed(0)
    x = tg.rand(3, 4, 5)
    grey = augmentation.RandomGrayscale(1.0)(x)
    assert (grey.shape, grey[0].tolist()) == (x.shape, grey[2].tolist())
    assert augmentation.RandomGrayscale(0.0)(x) is x
    orders = {tuple(augmentation.RandomOrder([lambda y: [*y, 1], lambda y: [*y, 2]])([])) for _ in range(20)}
    assert orders == {(1, 2), (2, 1)}
    pixels = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    assert augmentation.PILToTensor()(pixels)[1].tolist() == pixels[:, :, 1].tolist()
