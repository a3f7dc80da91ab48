"""Transforms: worked by hand, left alone where they are to do nothing, seeded, and of each image of a batch its own."""

import math
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data import DataLoader, Subset, TensorDataset, default_collate
from tinygrad_edu.data import transforms as T
from tinygrad_edu.nn.functional import cross_entropy


def generator(seed=0):
    return tg.Generator().manual_seed(seed)


def pictures(count=6, channels=3, height=8, width=10):
    return tg.rand(count, channels, height, width, generator=generator(7))


RANDOM = {
    "hflip": lambda **named: T.RandomHorizontalFlip(**named),
    "vflip": lambda **named: T.RandomVerticalFlip(**named),
    "crop": lambda **named: T.RandomCrop((8, 10), padding=2, **named),
    "rotation": lambda **named: T.RandomRotation(30, **named),
    "affine": lambda **named: T.RandomAffine(20, (0.2, 0.2), (0.7, 1.3), 10, **named),
    "resized crop": lambda **named: T.RandomResizedCrop((8, 10), **named),
    "jitter": lambda **named: T.ColorJitter(0.5, 0.5, 0.5, 0.2, **named),
    "noise": lambda **named: T.GaussianNoise(**named),
    "erasing": lambda **named: T.RandomErasing(0.7, **named),
    "erasing by noise": lambda **named: T.RandomErasing(0.7, value="random", **named),
    "cutout": lambda **named: T.Cutout(4, holes=2, **named),
}
SURE = {
    "center crop": T.CenterCrop(6),
    "pad": T.Pad((1, 2)),
    "resize": T.Resize(5),
    "normalize": T.Normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]),
    "grayscale": T.Grayscale(),
}
SAME = {
    "hflip": T.RandomHorizontalFlip(0.0),
    "vflip": T.RandomVerticalFlip(0.0),
    "crop": T.RandomCrop((8, 10)),
    "center crop": T.CenterCrop((8, 10)),
    "pad": T.Pad(0),
    "rotation": T.RandomRotation(0),
    "affine": T.RandomAffine(0, (0, 0), (1, 1), 0),
    "resize": T.Resize((8, 10)),
    "resize of the shorter": T.Resize(8),
    "resized crop": T.RandomResizedCrop((8, 10), (1, 1), (1.25, 1.25)),
    "jitter": T.ColorJitter(),
    "hue": T.ColorJitter(hue=(1e-9, 1e-9)),
    "factors of 1": T.ColorJitter((1, 1), (1, 1), (1, 1), (0, 0)),
    "noise": T.GaussianNoise(sigma=0),
    "erasing": T.RandomErasing(0.0),
    "normalize": T.Normalize([0], [1]),
    "chain": T.Compose([]),
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("dtype", [tg.float32, tg.float64, tg.float16])
def test_what_is_to_do_nothing_does_nothing(name, dtype):
    images = pictures().to(dtype).requires_grad_()
    same = SAME[name](images)
    assert same.dtype == dtype
    assert not same.requires_grad or name == "chain"
    images = images.detach()
    same = same.detach()
    exact = name not in {"rotation", "affine", "resized crop", "hue"}
    np.testing.assert_allclose(
        same.numpy(), images.numpy(), rtol=0, atol=0 if exact else 2e-3 if dtype == tg.float16 else 2e-6
    )


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_bits(name):
    images = pictures()
    kept = images.numpy().copy()
    first, again, other = (RANDOM[name](generator=generator(seed))(images) for seed in (1, 1, 2))
    assert np.array_equal(first.numpy(), again.numpy())
    assert not np.array_equal(first.numpy(), other.numpy())
    tg.manual_seed(3)
    by_default = RANDOM[name]()(images)
    assert np.array_equal(by_default.numpy(), RANDOM[name](generator=generator(3))(images).numpy())
    assert np.array_equal(images.numpy(), kept)


@pytest.mark.parametrize("name", [*RANDOM, *SURE])
def test_one_image_is_a_batch_of_one(name):
    make = RANDOM.get(name, lambda **named: SURE[name])
    image = pictures(1)
    np.testing.assert_array_equal(
        make(generator=generator(5))(image[0]).numpy(), make(generator=generator(5))(image)[0].numpy()
    )


@pytest.mark.parametrize("name", RANDOM)
def test_each_image_of_a_batch_draws_its_own(name):
    images = pictures(1).expand(8, -1, -1, -1)
    changed = RANDOM[name](generator=generator(0))(images).numpy()
    assert len({image.tobytes() for image in changed}) > 1


@pytest.mark.parametrize("name", [*RANDOM, *SURE])
def test_images_stay_images(name):
    transform = SURE.get(name) or RANDOM[name](generator=generator(0))
    for channels, dtype in ((3, tg.float32), (3, tg.float64), (1, tg.float32), (3, tg.float16)):
        if name == "normalize" and channels == 1:
            continue
        images = pictures(channels=channels).to(dtype).requires_grad_()
        changed = transform(images)
        assert changed.dtype == dtype
        assert not changed.requires_grad
        assert changed.shape[:2] == (6, 1 if name == "grayscale" else channels)
        if name in RANDOM and name != "erasing by noise":
            assert changed.shape == images.shape
            assert -1e-6 <= changed.min() <= changed.max() <= 1 + 1e-3
    assert pickle.loads(pickle.dumps(transform))(pictures()).shape == transform(pictures()).shape


@pytest.mark.parametrize("name", [*RANDOM, *SURE])
@pytest.mark.parametrize(
    ("images", "error", "said"),
    [
        (np.zeros((1, 8, 8), np.float32), TypeError, "takes images as a Tensor of floats, got ndarray; ToTensor"),
        (tg.zeros(1, 8, 8, dtype=tg.uint8), TypeError, "takes images as a Tensor of floats, got a Tensor of uint8; To"),
        (tg.zeros(8, 8), ValueError, r"takes images \(C, H, W\) or \(B, C, H, W\), got float32 \(8, 8\)"),
    ],
)
def test_what_is_no_image_is_refused(name, images, error, said):
    transform = SURE.get(name) or RANDOM[name]()
    with pytest.raises(error, match=said):
        transform(images)


# one by one

SMALL = tg.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])  # (1, 2, 3)


@pytest.mark.parametrize(
    ("transform", "wanted"),
    [
        (T.RandomHorizontalFlip(1.0), [[3, 2, 1], [6, 5, 4]]),
        (T.RandomVerticalFlip(1.0), [[4, 5, 6], [1, 2, 3]]),
        (T.CenterCrop((1, 1)), [[2]]),  # the middle of an even length is rounded to even, as in torchvision
        (T.CenterCrop((2, 1)), [[2], [5]]),
        (T.Pad((1, 0, 0, 1), fill=9), [[9, 1, 2, 3], [9, 4, 5, 6], [9, 9, 9, 9]]),
        (T.Pad((1, 0), padding_mode="edge"), [[1, 1, 2, 3, 3], [4, 4, 5, 6, 6]]),
        (T.Pad((1, 0), padding_mode="reflect"), [[2, 1, 2, 3, 2], [5, 4, 5, 6, 5]]),
        (T.Pad((1, 0), padding_mode="circular"), [[3, 1, 2, 3, 1], [6, 4, 5, 6, 4]]),
        (T.RandomAffine((180, 180)), [[6, 5, 4], [3, 2, 1]]),
        (T.RandomAffine(0, scale=(3, 3), interpolation="nearest"), [[2, 2, 2], [5, 5, 5]]),
        (T.RandomRotation((180, 180), "nearest"), [[6, 5, 4], [3, 2, 1]]),
        (T.Resize((2, 6), "nearest"), [[1, 1, 2, 2, 3, 3], [4, 4, 5, 5, 6, 6]]),
        (T.Resize((1, 3), antialias=False), [[2.5, 3.5, 4.5]]),
        (T.Resize(4, "nearest"), [[1, 1, 2, 2, 3, 3]] * 2 + [[4, 4, 5, 5, 6, 6]] * 2),
        (T.Normalize([1.0], [2.0]), [[0, 0.5, 1], [1.5, 2, 2.5]]),
    ],
)
def test_by_hand(transform, wanted):
    np.testing.assert_allclose(transform(SMALL)[0].numpy(), wanted, atol=1e-5)


def test_a_turn_is_to_the_side_that_is_said():
    corner = tg.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    np.testing.assert_allclose(T.RandomRotation((90, 90))(corner)[0].numpy(), [[2, 4], [1, 3]], atol=1e-5)
    np.testing.assert_allclose(T.RandomAffine((90, 90))(corner)[0].numpy(), [[3, 1], [4, 2]], atol=1e-5)


def test_a_slant_moves_the_top_to_the_right():
    bar = tg.zeros(1, 3, 5)
    bar[:, :, 2] = 1
    slanted = T.RandomAffine(0, shear=(45, 45))(bar)[0].numpy()
    np.testing.assert_allclose(slanted, np.eye(5)[[3, 2, 1]], atol=1e-5)


def test_shifts_are_by_whole_pixels_and_leave_the_fill_behind():
    image = tg.arange(1, 26).reshape(1, 5, 5).float()
    shifted = T.RandomAffine(0, (0.4, 0.4), fill=-1.0, generator=generator(4))(image.expand(40, 1, 5, 5)).numpy()
    seen = set()
    padded = np.pad(image[0].numpy(), 2, constant_values=-1)
    for one in shifted[:, 0]:
        found = [
            (y - 2, x - 2)
            for y in range(5)
            for x in range(5)
            if np.allclose(padded[y : y + 5, x : x + 5], one, atol=1e-4)
        ]
        assert len(found) == 1
        seen |= set(found)
    assert len(seen) > 10


def test_shares_are_of_width_and_height():
    image = tg.ones(40, 1, 4, 20)
    shifted = T.RandomAffine(0, (0.5, 0), fill=-1.0, generator=generator(1))(image).numpy()[:, 0] < 0
    assert not shifted.all(2).any()
    assert 8 <= shifted[:, 0].sum(1).max() <= 10
    shifted = T.RandomAffine(0, (0, 0.5), fill=-1.0, generator=generator(1))(image).numpy()[:, 0] < 0
    assert shifted[:, :, 0].sum(1).max() == 2


def test_shrinking_takes_the_mean_of_what_a_pixel_covers():
    line = tg.tensor([[[0.0, 0.0, 0.0, 8.0]]])
    assert T.Resize((1, 1), antialias=False)(line).item() == 0  # the mean of the middle two
    assert T.Resize((1, 1))(line).item() == pytest.approx(8 * 0.625 / (2 * 0.625 + 2 * 0.875))  # by distance


def test_random_crops_are_windows_of_the_image():
    image = tg.arange(36).reshape(1, 6, 6).float()
    crops = T.RandomCrop(4, generator=generator(0))(image.expand(60, 1, 6, 6)).numpy()
    tops = {(crop[0, 0, 0] // 6, crop[0, 0, 0] % 6) for crop in crops}
    assert tops == {(y, x) for y in range(3) for x in range(3)}
    for crop in crops:
        np.testing.assert_array_equal(crop[0] - crop[0, 0, 0], np.arange(36).reshape(6, 6)[:4, :4])


def test_resized_crops_keep_within_their_ranges():
    crop = T.RandomResizedCrop(4, scale=(0.2, 0.5), ratio=(0.5, 2.0))
    source = np.random.default_rng(0)
    for _ in range(200):
        y, x, h, w = crop.part(source, 40, 60)
        assert 0 <= y <= 40 - h
        assert 0 <= x <= 60 - w
        assert 0.19 * 2400 <= h * w <= 0.51 * 2400
        assert 0.47 <= w / h <= 2.1
    for height, width, whole in ((4, 8, (0, 2, 4, 4)), (8, 4, (2, 0, 4, 4)), (5, 5, (0, 0, 5, 5))):
        assert T.RandomResizedCrop(4, (1, 1), (1, 1)).part(source, height, width) == whole
    image = tg.arange(16.0).reshape(1, 1, 4, 4).expand(300, 1, 4, 4)
    ones = T.RandomResizedCrop(1, (1 / 16, 1 / 16), (1, 1), generator=generator(0))(image)
    assert set(ones.flatten().round().tolist()) == set(range(16))


def test_how_often_images_are_flipped():
    images = tg.tensor([[[[0.0, 1.0]]]]).expand(4000, 1, 1, 2)
    flipped = T.RandomHorizontalFlip(0.25, generator=generator(0))(images)
    assert abs(flipped[:, 0, 0, 0].mean().item() - 0.25) < 0.03


PIXEL = tg.tensor([0.2, 0.4, 0.6]).reshape(3, 1, 1)  # a blue; its grey is 0.363


@pytest.mark.parametrize(
    ("transform", "wanted"),
    [
        (T.ColorJitter(brightness=(1.5, 1.5)), [0.3, 0.6, 0.9]),
        (T.ColorJitter(brightness=(2, 2)), [0.4, 0.8, 1.0]),
        (T.ColorJitter(saturation=(0, 0)), [0.363] * 3),
        (T.ColorJitter(saturation=(2, 2)), [0.037, 0.437, 0.837]),
        (T.ColorJitter(contrast=(0, 0)), [0.363] * 3),
        (T.ColorJitter(hue=(1 / 3, 1 / 3)), [0.6, 0.2, 0.4]),
        (T.ColorJitter(hue=(0.5, 0.5)), [0.6, 0.4, 0.2]),
        (T.ColorJitter(hue=(-1 / 3, -1 / 3)), [0.4, 0.6, 0.2]),
        (T.Grayscale(), [0.363]),
        (T.Grayscale(3), [0.363] * 3),
    ],
)
def test_colours_by_hand(transform, wanted):
    np.testing.assert_allclose(transform(PIXEL).flatten().numpy(), wanted, atol=1e-6)


def test_contrast_keeps_the_mean_grey():
    image = tg.tensor([[[0.2, 0.4, 0.6]]])
    np.testing.assert_allclose(T.ColorJitter(contrast=(0.5, 0.5))(image)[0, 0].numpy(), [0.3, 0.4, 0.5], atol=1e-6)


def test_noise_has_its_mean_and_spread():
    noise = T.GaussianNoise(0.1, 0.3, clip=False, generator=generator(0))(tg.zeros(1, 200, 200))
    assert abs(noise.mean().item() - 0.1) < 0.01
    assert abs(noise.std().item() - 0.3) < 0.01


def test_cutout_cuts_squares():
    cut = T.Cutout(3, fill=-1.0, generator=generator(0))(tg.ones(200, 2, 9, 9)).numpy() == -1
    assert np.array_equal(cut[:, 0], cut[:, 1])
    sizes = {(mask.any(1).sum(), mask.any(0).sum()) for mask in cut[:, 0]}
    assert sizes == {(h, w) for h in (2, 3) for w in (2, 3)}  # smaller where they reach beyond the edge
    assert all(mask.sum() == mask.any(1).sum() * mask.any(0).sum() for mask in cut[:, 0])


def test_erasing_keeps_within_its_ranges():
    erased = T.RandomErasing(1.0, (0.1, 0.2), (0.5, 2.0), -1.0, generator=generator(0))(tg.ones(100, 1, 40, 40))
    for mask in erased.numpy()[:, 0] == -1:
        h, w = mask.any(1).sum(), mask.any(0).sum()
        assert mask.sum() == h * w
        assert 0.09 <= mask.mean() <= 0.21
        assert 0.45 <= h / w <= 2.2
    dots = T.RandomErasing(1.0, (1 / 16, 1 / 16), (1, 1), -1.0, generator=generator(2))(tg.ones(300, 1, 4, 4)) == -1
    assert dots.sum((1, 2, 3)).eq(1).all()
    assert dots.any(0).all()
    few = T.RandomErasing(0.3, value=-1.0, generator=generator(1))(tg.ones(1000, 1, 10, 10))
    assert abs((few.amin((1, 2, 3)) == -1).float().mean().item() - 0.3) < 0.05


# batches and labels


@pytest.mark.parametrize("mix", [T.MixUp, T.CutMix])
def test_labels_are_mixed_as_images_are(mix):
    labels = tg.tensor([0, 1, 2, 3])
    images = labels.float().reshape(4, 1, 1, 1).expand(4, 2, 16, 16) / 4
    for seed in range(10):
        mixed, shares = mix(1.0, 4, generator=generator(seed))(images, labels)
        assert mixed.shape == images.shape
        np.testing.assert_allclose(shares.sum(1).numpy(), 1, atol=1e-6)
        # an image's mean is that of its classes, by their shares
        np.testing.assert_allclose(
            mixed.mean((1, 2, 3)).numpy(), (shares @ tg.arange(4).float() / 4).numpy(), atol=1e-5
        )
        assert (shares[1, 1] == shares[2, 2]) & (shares[1, 0] == shares[2, 1])
    assert np.array_equal(
        mix(0.2, 4, generator=generator(1))(images, labels)[0].numpy(),
        mix(0.2, 4, generator=generator(1))(images, labels)[0].numpy(),
    )
    soft = mix(1.0, generator=generator(0))(images, tg.eye(4))[1]
    assert np.array_equal(soft.numpy(), mix(1.0, 4, generator=generator(0))(images, labels)[1].numpy())
    assert cross_entropy(tg.zeros(4, 4), soft).item() == pytest.approx(math.log(4))


def test_cutmix_cuts_a_rectangle():
    images = tg.tensor([0.0, 1.0]).reshape(2, 1, 1, 1).expand(2, 1, 20, 20)
    mixed, shares = T.CutMix(1.0, 2, generator=generator(3))(images, tg.tensor([0, 1]))
    mask = mixed[0, 0].numpy() == 1
    assert 0 < mask.sum() == mask.any(1).sum() * mask.any(0).sum()
    assert shares[0, 1].item() == pytest.approx(mask.mean())
    assert np.array_equal(mixed[1, 0].numpy() == 0, mask)
    # a beta of large alphas is one half: so much is cut out where the rectangle lies within the image
    cuts = [
        T.CutMix(1e6, 2, generator=generator(seed))(images, tg.tensor([0, 1]))[1][0, 1].item() for seed in range(40)
    ]
    assert max(cuts) == pytest.approx(0.5, abs=0.04)


def test_small_alphas_mix_little():
    images, labels = pictures(2), tg.tensor([0, 1])
    shares = [T.MixUp(0.05, 2, generator=generator(seed))(images, labels)[1][0].max().item() for seed in range(50)]
    assert np.mean(np.array(shares) > 0.95) > 0.7


def test_one_hot():
    found = T.OneHot(4)(tg.tensor([[3], [1]]))
    assert found.tolist() == [[[0, 0, 0, 1]], [[0, 1, 0, 0]]]
    assert found.dtype == tg.float32


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1), (2, 3, 3)])
def test_arrays_become_images(shape):
    pixels = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8) * 10
    image = T.ToTensor()(pixels)
    assert image.shape == (shape[2] if len(shape) == 3 else 1, 2, 3)
    assert image.dtype == tg.float32
    np.testing.assert_allclose(image.numpy().transpose(1, 2, 0).reshape(shape) * 255, pixels, atol=1e-4)
    assert np.array_equal(T.ToDtype(tg.uint8, scale=True)(image).numpy(), pixels.reshape(2, 3, -1).transpose(2, 0, 1))
    doubles = T.ToTensor()(pixels / 7)
    assert doubles.dtype == tg.float64
    np.testing.assert_array_equal(doubles.numpy().transpose(1, 2, 0).reshape(shape), pixels / 7)


def test_bytes_to_floats_and_back():
    every = tg.arange(256).to(tg.uint8)
    for dtype in (tg.float16, tg.float32, tg.float64):
        floats = T.ToDtype(dtype, scale=True)(every)
        assert floats.dtype == dtype
        assert np.array_equal(T.ToDtype(tg.uint8, scale=True)(floats).numpy(), every.numpy())
    assert T.ToDtype(tg.int64)(every).tolist() == list(range(256))


# chains and data sets


def test_a_chain_in_a_loader():
    images, labels = pictures(8, 1, 6, 6), tg.arange(8)
    chain = T.Compose([T.RandomCrop(6, padding=2), T.Lambda(lambda x: x * 2), T.RandomHorizontalFlip()])
    assert repr(chain).startswith("Compose([RandomCrop(size=6, padding=2, fill=0.0, padding_mode='constant'), Lambda(")
    for batched in (False, True):
        dataset = T.TransformedDataset(TensorDataset(images, labels), chain, batched=batched)
        assert len(dataset) == 8
        epochs = [
            [(x.numpy(), y.tolist()) for x, y in DataLoader(dataset, 3, generator=generator(seed))]
            for seed in (1, 1, 2)
        ]
        assert [y for _, y in epochs[0]] == [[0, 1, 2], [3, 4, 5], [6, 7]]
        assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(*epochs[:2], strict=True))
        assert not all(np.array_equal(a, b) for (a, _), (b, _) in zip(*epochs[1:], strict=True))


def test_a_batch_is_transformed_at_once():
    seen = []
    dataset = TensorDataset(pictures(8), tg.arange(8))
    for part in (dataset, Subset(dataset, list(range(8))), [dataset[k] for k in range(8)]):
        transformed = T.TransformedDataset(part, lambda x: seen.append(x.shape) or x + 1, batched=True)
        batches = list(DataLoader(transformed, 4))
        assert [y.tolist() for _, y in batches] == [[0, 1, 2, 3], [4, 5, 6, 7]]
        assert np.array_equal(batches[1][0].numpy(), dataset.tensors[0][4:].numpy() + 1)
        assert seen == [(4, 3, 8, 10)] * 2
        seen.clear()
    assert len(transformed[3][0]) == 3
    assert seen == [(3, 8, 10)]


def test_the_pictures_do_not_depend_on_the_number_of_workers():
    dataset = T.TransformedDataset(TensorDataset(pictures(8), tg.arange(8)), T.RandomAffine(20), batched=True)
    found = [
        [x.numpy() for x, _ in DataLoader(dataset, 2, num_workers=workers, generator=generator(3))]
        for workers in (0, 2)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


def test_mixing_as_a_collate_fn():
    mix = T.MixUp(1.0, 8)
    loader = DataLoader(TensorDataset(pictures(8), tg.arange(8)), 4, collate_fn=lambda x: mix(*default_collate(x)))
    for images, shares in loader:
        assert (images.shape, shares.shape) == ((4, 3, 8, 10), (4, 8))


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: T.RandomHorizontalFlip(1.5), ValueError, "probability p from 0 to 1, got 1.5"),
        (lambda: T.RandomVerticalFlip(-0.1), ValueError, "probability"),
        (lambda: T.RandomErasing(math.nan), ValueError, "probability"),
        (lambda: T.RandomErasing(scale=(0.5, 2)), ValueError, "a scale from 0 to 1 and a ratio above 0"),
        (lambda: T.RandomErasing(ratio=(0, 2)), ValueError, "a ratio above 0"),
        (lambda: T.RandomErasing(value="pink"), ValueError, "a number or 'random', not 'pink'"),
        (lambda: T.Cutout(0), ValueError, "whole numbers above 0, got size 0"),
        (lambda: T.Pad(-1), ValueError, "whole numbers of 0 or more, got -1"),
        (lambda: T.Pad((1, 2, 3)), ValueError, "1, 2 or 4 whole numbers"),
        (lambda: T.Pad(1, padding_mode="odd"), ValueError, "modes constant, edge, reflect, circular, got 'odd'"),
        (lambda: T.CenterCrop(0), ValueError, "CenterCrop takes one or two whole numbers of 1 or more, got 0"),
        (lambda: T.CenterCrop((1, 2, 3)), ValueError, "one or two"),
        (lambda: T.RandomCrop(2.5), ValueError, "RandomCrop takes one or two whole numbers"),
        (lambda: T.CenterCrop(9)(pictures()), ValueError, r"CenterCrop of 9x9 does not fit into \(6, 3, 8, 10\)"),
        (lambda: T.RandomCrop((8, 15), padding=2)(pictures()), ValueError, "RandomCrop of 8x15 does not fit"),
        (lambda: T.Resize("x"), ValueError, "Resize takes one or two"),
        (lambda: T.Resize(3, "cubic"), ValueError, "bilinear, bicubic or nearest, not by 'cubic'"),
        (
            lambda: T.RandomRotation(-5),
            ValueError,
            "degrees is a number of 0 or more, or the least and the most, got -5",
        ),
        (lambda: T.RandomAffine((5, 1)), ValueError, "degrees"),
        (lambda: T.RandomAffine(0, (0.5, 2)), ValueError, "shares of width and height from 0 to 1"),
        (lambda: T.RandomAffine(0, scale=(0, 1)), ValueError, "factors above 0"),
        (lambda: T.RandomAffine(0, interpolation="x"), ValueError, "not 'x'"),
        (lambda: T.RandomResizedCrop(4, (0, 1)), ValueError, "scale takes numbers above 0"),
        (lambda: T.ColorJitter(brightness=-1), ValueError, "brightness is a number of 0 or more"),
        (lambda: T.ColorJitter(contrast=(-1, 1)), ValueError, "contrast takes numbers of 0 or more"),
        (lambda: T.ColorJitter(hue=0.6), ValueError, "turns from -0.5 to 0.5, got 0.6"),
        (lambda: T.ColorJitter(0.5)(pictures(channels=2)), ValueError, "1 or 3 channels"),
        (lambda: T.Grayscale(2), ValueError, "1 or 3 channels, not 2"),
        (lambda: T.Grayscale()(pictures(channels=2)), ValueError, "1 or 3 channels"),
        (lambda: T.GaussianNoise(sigma=-1), ValueError, "a sigma of 0 or more, got 0.0 and -1"),
        (lambda: T.Normalize([0], [0]), ValueError, "a std above 0"),
        (lambda: T.Normalize([0, 1], [1]), ValueError, "a mean and a std"),
        (lambda: T.Normalize([0, 1], [1, 1])(pictures()), ValueError, "2 means, and the images 3 channels"),
        (lambda: T.MixUp(0), ValueError, "MixUp takes an alpha above 0"),
        (lambda: T.CutMix(1.0)(pictures(), tg.arange(6)), ValueError, "CutMix needs num_classes"),
        (lambda: T.MixUp(1.0, 6)(pictures(), tg.arange(5)), ValueError, "MixUp takes images"),
        (lambda: T.RandomVerticalFlip("often"), ValueError, "probability p from 0 to 1, got 'often'"),
        (lambda: T.RandomRotation("a"), ValueError, "degrees is a number of 0 or more"),
        (lambda: T.RandomRotation(math.inf), ValueError, "degrees is a number of 0 or more"),
        (lambda: T.RandomAffine(0, translate=0.3), ValueError, "shares of width and height from 0 to 1, got 0.3"),
        (lambda: T.ColorJitter((0.1, 0.2, 0.3)), ValueError, "brightness is a number of 0 or more, or the least"),
        (lambda: T.Normalize("ab", "cd"), ValueError, "Normalize takes a mean and a std above 0"),
        (lambda: T.GaussianNoise(sigma="a"), ValueError, "a sigma of 0 or more"),
        (lambda: T.Pad(1, padding_mode=[]), ValueError, r"got \[\]"),
        (lambda: T.OneHot(0), ValueError, "OneHot takes a number of classes, got 0"),
        (lambda: T.OneHot(2)(np.arange(2)), TypeError, "OneHot takes a Tensor, got ndarray"),
        (lambda: T.ToDtype(tg.float32)(np.arange(2)), TypeError, "ToDtype takes a Tensor, got ndarray"),
        (lambda: T.MixUp("a"), ValueError, "an alpha above 0, got 'a'"),
        (lambda: T.MixUp(1.0, 6)(np.zeros((6, 1, 2, 2)), tg.arange(6)), TypeError, "MixUp takes a Tensor, got ndarray"),
        (lambda: T.CutMix(1.0, 6)(pictures().to(tg.uint8), tg.arange(6)), ValueError, "images .* of floats"),
        (lambda: T.Compose([3]), TypeError, r"Compose takes a list of transforms, got \[3\]"),
        (lambda: T.TransformedDataset([1], 3), TypeError, "takes a transform, got int"),
        (lambda: T.Lambda(3), TypeError, "Lambda takes a function, got int"),
        (lambda: T.ToTensor()(tg.zeros(2)), TypeError, "an array or a Pillow image, got Tensor"),
        (lambda: T.ToTensor()(np.zeros(3)), ValueError, r"\(H, W\) or \(H, W, C\), got \(3,\)"),
        (lambda: T.ToDtype(tg.int64, scale=True)(tg.zeros(2)), TypeError, "not from float32 to int64"),
        (lambda: T.RandomHorizontalFlip(generator=3)(pictures()), TypeError, "takes a Generator, got int"),
    ],
)
def test_settings_that_cannot_be(make, error, said):
    with pytest.raises(error, match=said):
        make()
