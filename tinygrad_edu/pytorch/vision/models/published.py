"""Published weights of torchvision's networks, by their names: read from files, as `torch.hub` finds them."""

import enum
import sys
from collections.abc import Callable
from typing import Any

from .... import nn
from ...hub import load_state_dict_from_url

__all__ = ["WeightsEnum", "published", "ready"]


class WeightsEnum(enum.Enum):
    """The weights of one network, each by the name of its file; DEFAULT are the latest."""

    def get_state_dict(self, *args: Any, **settings: Any) -> Any:
        """The weights from their file.

        Raises:
            FileNotFoundError: it is not there.
        """
        return load_state_dict_from_url(self.value)

    def transforms(self) -> Any:
        """What a picture goes through before the network sees it."""
        from ..transforms import CenterCrop, Compose, Normalize, Resize, ToTensor

        normal = Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        return Compose([Resize(256), CenterCrop(224), ToTensor(), normal])


def published(name: str, *files: str) -> Any:
    """An enumeration of the weights of a network: IMAGENET1K_V1, IMAGENET1K_V2 and so on, and DEFAULT, the latest."""
    named = {f"IMAGENET1K_V{i}": file for i, file in enumerate(files, start=1)}
    module = sys._getframe(1).f_globals["__name__"]  # where pickle finds it
    make: Any = WeightsEnum  # by its functional form, which mypy does not see in a class that is not written out
    return make(name, {**named, "DEFAULT": files[-1]}, module=module)


def ready(
    network: nn.Module,
    weights: Any,
    named: type[WeightsEnum],
    pretrained: bool = False,
    renamed: Callable[[Any], Any] = dict,
) -> Any:
    """The network with published weights where they are wanted: one of those named, or its name.

    Raises:
        FileNotFoundError: their file is not there.
        ValueError: there are no such weights.
    """
    wanted = "IMAGENET1K_V1" if weights is True or (pretrained and weights is None) else weights
    if not wanted:
        return network
    if isinstance(wanted, str):
        name = wanted.rpartition(".")[2]
        if name not in named.__members__:
            raise ValueError(f"{named.__name__} has {', '.join(named.__members__)}, and not {wanted!r}")
        wanted = named[name]
    network.load_state_dict(renamed(wanted.get_state_dict()))
    return network
