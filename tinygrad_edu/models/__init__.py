"""The networks of the course, each one short file; those that classify images are found by name, too."""

from collections.abc import Callable
from typing import Any

from ..errors import did_you_mean
from ..nn import Module
from .alexnet import AlexNet
from .autoencoder import Autoencoder
from .bert import BERT, mask_tokens
from .char_rnn import CharRNN
from .cnn import CNN
from .deeplab import DeepLab
from .densenet import DenseNet
from .dqn import QNetwork
from .fcn import FCN
from .generation import generate, translate
from .googlenet import GoogLeNet
from .gpt import GPT
from .lenet import LeNet
from .llama import Llama
from .mlp import MLP
from .perceptron import Perceptron
from .realnvp import RealNVP
from .resnet import ResNet, resnet20, resnet32, resnet44, resnet56, resnet110
from .rpn import RPN
from .senet import SENet
from .seq2seq import Seq2Seq
from .tokenizer import Tokenizer
from .transformer import Transformer
from .unet import UNet
from .vae import VAE
from .vgg import VGG
from .yolo import YOLO

__all__ = [
    "BERT",
    "CNN",
    "FCN",
    "GPT",
    "MLP",
    "MODELS",
    "RPN",
    "VAE",
    "VGG",
    "YOLO",
    "AlexNet",
    "Autoencoder",
    "CharRNN",
    "DeepLab",
    "DenseNet",
    "GoogLeNet",
    "LeNet",
    "Llama",
    "Perceptron",
    "QNetwork",
    "RealNVP",
    "ResNet",
    "SENet",
    "Seq2Seq",
    "Tokenizer",
    "Transformer",
    "UNet",
    "build",
    "generate",
    "mask_tokens",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
    "translate",
]

MODELS: dict[str, Callable[..., Module]] = {
    "alexnet": AlexNet,
    "cnn": CNN,
    "densenet": DenseNet,
    "googlenet": GoogLeNet,
    "lenet": LeNet,
    "mlp": MLP,
    "perceptron": Perceptron,
    "resnet": ResNet,
    "senet": SENet,
    "vgg": VGG,
}


def build(name: str, image: tuple[int, int, int] = (1, 8, 8), classes: int = 10, **settings: Any) -> Module:
    """A network by its name, with fresh weights, for images of this shape `(C, H, W)` and so many classes.

    Raises:
        ValueError: there is no network of that name.

    >>> build("mlp", hidden=16).hidden.weight.shape
    (16, 64)
    """
    if name not in MODELS:
        there = ", ".join(sorted(MODELS))
        raise ValueError(f"there is no model {name!r}; {did_you_mean(name, MODELS)}there are {there}")
    return MODELS[name](image, classes, **settings)
