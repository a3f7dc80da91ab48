"""The residual networks: their sizes, their parts by hand, and the published weights on their test images."""

import numpy as np
import pytest
from weights import data, weights

import tinygrad_edu as tg
from tinygrad_edu import models, nn, tensor
from tinygrad_edu.io import load, save, save_safetensors
from tinygrad_edu.models.resnet import Block, ResNet

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def first_images(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first images of CIFAR-10's test set as the networks take them, and their labels."""
    with np.load(data("cifar10/cifar10_test10k.npz")) as file:
        delta, label = file["delta"][:count], file["label"][:count]
    pixels = np.cumsum(np.cumsum(delta, 1, dtype=np.uint8), 2, dtype=np.uint8)
    images = (pixels / np.float32(255) - np.float32(MEAN)) / np.float32(STD)
    return images.transpose(0, 3, 1, 2), label


def logits(network: ResNet, images: np.ndarray) -> np.ndarray:
    with tg.no_grad():
        return np.concatenate([network(tensor(part)).numpy() for part in np.array_split(images, -(-len(images) // 64))])


@pytest.mark.parametrize(
    ("depth", "millions", "count"),
    [(20, 0.27, 269_722), (32, 0.46, 464_154), (44, 0.66, 658_586), (56, 0.85, 853_018), (110, 1.7, 1_727_962)],
)
def test_parameters_are_those_of_the_papers_table(depth, millions, count):
    network = getattr(models, f"resnet{depth}")()
    assert sum(p.numel() for p in network.parameters()) == count
    assert abs(count / 1e6 - millions) < 0.05  # table 6 of the paper
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth


@pytest.mark.parametrize("depth", [2, 8.5, 18, 21, -4])
def test_other_depths_are_refused(depth):
    with pytest.raises(ValueError, match=rf"6 n \+ 2 layers .* got {depth}"):
        ResNet(depth=depth)


def test_a_shortcut_takes_every_second_pixel_and_adds_zeros():
    x = np.arange(2 * 4 * 5 * 4, dtype="f").reshape(2, 4, 5, 4)
    found = Block(4, 8, stride=2).shortcut(tensor(x)).numpy()
    expected = np.zeros((2, 8, 3, 2), "f")
    expected[:, 2:6] = x[:, :, ::2, ::2]
    np.testing.assert_array_equal(found, expected)
    assert Block(4, 4, stride=1).shortcut(tensor(x)).numpy().tolist() == x.tolist()


def test_a_block_without_its_convolutions_is_its_shortcut():
    block = Block(2, 2, stride=1).eval()
    nn.init.zeros_(block.conv2.weight)
    x = tensor(np.random.default_rng(0).standard_normal((1, 2, 3, 3)).astype("f"))
    assert block(x).tolist() == x.relu().tolist()


def test_a_network_learns_one_batch():
    tg.manual_seed(0)
    network = models.resnet20((1, 8, 8), 4)
    x, y = tg.randn(8, 1, 8, 8), tg.arange(8) % 4
    optimizer = tg.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(12):
        loss = nn.functional.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
    assert all(p.grad is not None and np.isfinite(p.grad.numpy()).all() for p in network.parameters())


def test_a_network_comes_back_from_a_file(tmp_path):
    network = models.resnet32((2, 9, 9), 3).eval()
    state = network.state_dict()
    save({"state_dict": {f"module.{name}": x for name, x in state.items()}, "best": 1.0}, tmp_path / "a.pt")
    save(state, tmp_path / "b.pt")
    save_safetensors(state, tmp_path / "c.safetensors")
    x = tg.randn(2, 2, 9, 9)
    for name in ("a.pt", "b.pt", "c.safetensors"):
        found = ResNet.from_file(tmp_path / name)
        assert not found.training
        assert found(x).tolist() == network(x).tolist()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: state.pop("layer3.1.bn1.bias"),
        lambda state: state.update(more=state["linear.bias"]),
        lambda state: state.update({"linear.weight": state["linear.bias"]}),
        lambda state: state.update({"conv1.weight": tg.ones(3)}),
        lambda state: state.update({"linear.bias": 3}),
        lambda state: state.pop("linear.bias"),
        lambda state: state.clear(),
    ],
)
def test_other_files_are_refused(tmp_path, spoil):
    state = dict(models.resnet20().state_dict())
    spoil(state)
    save(state, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"a\.pt' holds no ResNet for CIFAR"):
        ResNet.from_file(tmp_path / "a.pt")


def test_files_that_hold_no_dictionary_are_refused(tmp_path):
    save([1, 2], tmp_path / "a.pt")
    with pytest.raises(ValueError, match="holds no ResNet for CIFAR"):
        ResNet.from_file(tmp_path / "a.pt")
    with pytest.raises(FileNotFoundError):
        ResNet.from_file(tmp_path / "b.pt")


# the published weights


@pytest.mark.parametrize("name", ["resnet20-12fca82f.th", "resnet20-12fca82f.safetensors"])
def test_published_weights_give_pytorchs_logits(name):
    images, labels = first_images(256)
    found = logits(ResNet.from_file(weights(name)), images)
    with np.load(weights("resnet20_expected.npz")) as file:
        np.testing.assert_allclose(found, file["logits_first256"], 0, 1e-4)
        np.testing.assert_array_equal(found.argmax(1), file["pred_all"][:256])
    assert (found.argmax(1) == labels)[:200].sum() == 180


def test_the_checkpoint_loads_as_pytorchs_programs_do_it():
    checkpoint = load(weights("resnet20-12fca82f.th"))
    assert round(float(checkpoint["best_prec1"]), 2) == 91.78
    network = models.resnet20()
    network.load_state_dict({name.removeprefix("module."): x for name, x in checkpoint["state_dict"].items()})
    images, labels = first_images(200)
    assert (logits(network.eval(), images).argmax(1) == labels).sum() == 180


def test_the_deeper_network_is_right_as_often_as_told():
    images, labels = first_images(200)
    assert (logits(ResNet.from_file(weights("resnet32-d509ac18.th")), images).argmax(1) == labels).sum() == 180


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "of_1000", "of_10000"),
    [("resnet20-12fca82f.th", 913, 9173), ("resnet32-d509ac18.th", 925, 9263)],
)
def test_published_weights_on_all_first_images(name, of_1000, of_10000):
    images, labels = first_images(10_000)
    found = logits(ResNet.from_file(weights(name)), images).argmax(1)
    assert (found == labels)[:1000].sum() == of_1000
    assert (found == labels).sum() == of_10000
    if "resnet20" in name:
        with np.load(weights("resnet20_expected.npz")) as file:
            np.testing.assert_array_equal(found, file["pred_all"])
