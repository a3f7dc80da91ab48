"""What stands in the place of torchvision's networks: the published weights' names and sizes, and where they are."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.pytorch import as_torch, hub
from tinygrad_edu.pytorch.vision import models, ops


def count(network):
    return sum(p.numel() for p in network.parameters())


# the numbers of parameters that torchvision's documentation tells, of 1,000 classes
@pytest.mark.parametrize(
    ("name", "parameters", "entries"),
    [
        ("resnet18", 11_689_512, 122),
        ("resnet50", 25_557_032, 320),
        ("resnext50_32x4d", 25_028_904, 320),
        ("squeezenet1_0", 1_248_424, 52),
        ("squeezenet1_1", 1_235_496, 52),
        ("mobilenet_v2", 3_504_872, 314),
        ("densenet121", 7_978_856, 727),
    ],
)
def test_networks_have_as_many_parameters(name, parameters, entries):
    network = getattr(models, name)()
    assert count(network) == parameters
    assert len(network.state_dict()) == entries


@pytest.mark.parametrize("make", [models.resnet18, models.squeezenet1_1, models.mobilenet_v2, models.densenet121])
def test_they_learn_from_pictures_of_any_size(make):
    network = make(num_classes=3)
    scores = network(tg.randn(2, 3, 64, 96))
    assert scores.shape == (2, 3)
    tg.nn.functional.cross_entropy(scores, tg.tensor([0, 2])).backward()
    assert all(p.grad is not None for p in network.parameters())


def test_layers_of_vgg():
    layers = models.make_layers([4, "M", 8, 8, "M"], batch_norm=True)
    kinds = ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", *["Conv2d", "BatchNorm2d", "ReLU"] * 2, "MaxPool2d"]
    assert [type(layer).__name__ for layer in layers] == kinds
    plain = models.make_layers([4, "M"])
    assert list(plain.state_dict()) == ["0.weight", "0.bias"]
    assert layers(tg.ones(1, 3, 8, 8)).shape == (1, 8, 2, 2)


def test_kinds_of_resnet():
    dilated = models.ResNet(models.Bottleneck, [1, 1, 1, 2], 5, replace_stride_with_dilation=[False, True, True])
    assert dilated.layer4(dilated.layer3(tg.ones(1, 512, 4, 4))).shape == (1, 2048, 4, 4)
    assert (dilated.layer4[0].conv2.dilation, dilated.layer4[1].conv2.dilation) == ((2, 2), (4, 4))
    still = models.resnet18(norm_layer=ops.FrozenBatchNorm2d, num_classes=2)
    assert isinstance(still.layer1[0].bn1, ops.FrozenBatchNorm2d)
    silent = models.ResNet(models.BasicBlock, [1, 1, 1, 1], zero_init_residual=True)
    assert silent.layer1[0].bn2.weight.count_nonzero() == 0
    with pytest.raises(ValueError, match="take Bottleneck"):
        models.BasicBlock(4, 4, groups=2)
    with pytest.raises(ValueError, match='"1_0" and "1_1"'):
        models.SqueezeNet("2_0")


def test_published_weights_are_read_from_their_files(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "place", [str(tmp_path)])
    with pytest.raises(FileNotFoundError, match=r"mobilenet_v2-7ebf99e0\.pth; nothing is downloaded here"):
        models.mobilenet_v2(weights="DEFAULT")
    (tmp_path / "checkpoints").mkdir()
    trained = models.squeezenet1_1()
    tg.save(trained.state_dict(), tmp_path / "checkpoints" / "squeezenet1_1-b8a52dc0.pth")
    named = models.SqueezeNet1_1_Weights
    for wanted in ({"weights": "IMAGENET1K_V1"}, {"weights": named.DEFAULT}, {"pretrained": True}):
        read = models.squeezenet1_1(**wanted)
        assert all(tg.equal(*pair) for pair in zip(read.parameters(), trained.parameters(), strict=True))
    with pytest.raises(ValueError, match="SqueezeNet1_1_Weights has IMAGENET1K_V1"):
        models.squeezenet1_1(weights="IMAGENET1K_V2")
    picture = named.DEFAULT.transforms()(np.zeros((300, 400, 3), np.uint8))
    assert picture.shape == (3, 224, 224)
    np.testing.assert_allclose(picture[:, 0, 0], [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225], rtol=1e-5)


def test_older_names_in_published_weights_are_todays(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "place", [str(tmp_path)])
    (tmp_path / "checkpoints").mkdir()
    trained = models.densenet121()
    older = {}
    for name, value in trained.state_dict().items():
        for number in "12":
            name = name.replace(f"norm{number}.", f"norm.{number}.").replace(f"conv{number}.", f"conv.{number}.")
        older[name] = value
    assert "features.denseblock1.denselayer1.norm.1.weight" in older
    tg.save(older, tmp_path / "checkpoints" / "densenet121-a639ec97.pth")
    read = models.densenet121(weights="DEFAULT")
    assert all(tg.equal(*pair) for pair in zip(read.parameters(), trained.parameters(), strict=True))


def test_a_program_takes_a_network_apart():
    with as_torch():
        import torch
        from torchvision import models as theirs
        from torchvision.models.resnet import BasicBlock

        assert theirs.resnet18 is models.resnet18
        assert BasicBlock is models.BasicBlock
        network = theirs.resnet18(num_classes=1000)
        for p in network.parameters():
            p.requires_grad = False
        network.fc = torch.nn.Linear(network.fc.in_features, 2)
        features = torch.nn.Sequential(*list(network.children())[:-1])
        x = torch.randn(2, 3, 64, 64)
        network.eval()
        assert torch.allclose(network.fc(features(x).flatten(1)), network(x))
        network(x).sum().backward()
        assert [name for name, p in network.named_parameters() if p.grad is not None] == ["fc.weight", "fc.bias"]
