"""Convolution, pooling, padding, resampling and folding layers beside PyTorch's (see modules.py)."""

import numpy as np
import pytest

from .compare import hold
from .modules import hold_module


def image(dims, size=6, channels=4):
    return (2, channels, *[size] * dims)


ROWS = {}
for d in (1, 2, 3):
    for mode in ("zeros", "reflect", "replicate", "circular"):
        ROWS[f"conv {d} {mode}"] = (
            lambda nn, d=d, mode=mode: getattr(nn, f"Conv{d}d")(4, 6, 3, 2, 1, 1, 2, padding_mode=mode),
            image(d),
        )
        ROWS[f"conv {d} {mode} same"] = (
            lambda nn, d=d, mode=mode: getattr(nn, f"Conv{d}d")(
                4, 2, (4, 3, 2)[:d], padding="same", dilation=2, bias=False, padding_mode=mode
            ),
            image(d),
        )
    ROWS[f"conv {d} valid"] = (lambda nn, d=d: getattr(nn, f"Conv{d}d")(4, 2, 3, padding="valid"), image(d)[1:])
    ROWS[f"transposed {d}"] = (
        lambda nn, d=d: getattr(nn, f"ConvTranspose{d}d")(4, 6, 3, 2, 1, 1, 2, True, 2),
        image(d, 4),
    )
    ROWS[f"transposed {d} alone"] = (
        lambda nn, d=d: getattr(nn, f"ConvTranspose{d}d")(4, 2, 3, bias=False),
        image(d)[1:],
    )
    for kind, arguments in {
        "MaxPool": (3, 2, 1, 1, False, True),
        "AvgPool": (3, 2, 1, True, False),
        "LPPool": (2, 3, None, True),
        "AdaptiveAvgPool": (4,),
        "AdaptiveMaxPool": (4, True),
        "ReflectionPad": (2,),
        "ReplicationPad": ((1, 2) * d,),
        "ZeroPad": ((3, 0) * d,),
        "CircularPad": (3,),
        "ConstantPad": ((1, -1) * d, 2.5),
    }.items():
        ROWS[f"{kind} {d}"] = (lambda nn, k=kind, d=d, a=arguments: getattr(nn, f"{k}{d}d")(*a), image(d))
    ROWS[f"MaxPool {d} indices"] = (lambda nn, d=d: getattr(nn, f"MaxPool{d}d")(2, return_indices=True), image(d))
    for kind in ("MaxPool", "AvgPool"):
        ROWS[f"{kind} {d} plain"] = (lambda nn, k=kind, d=d: getattr(nn, f"{k}{d}d")(2), image(d))
ROWS |= {
    "divisor": (lambda nn: nn.AvgPool2d((3, 2), (1, 2), divisor_override=4), image(2)),
    "kept": (lambda nn: nn.AdaptiveAvgPool2d((3, None)), image(2)),
    "upsample": (lambda nn: nn.Upsample(scale_factor=2), image(2)),
    "upsample factors": (lambda nn: nn.Upsample(scale_factor=(2, 1.5), mode="bicubic"), image(2)),
    "upsample size": (lambda nn: nn.Upsample((4, 9), mode="bilinear", align_corners=True), image(2)),
    "upsample one": (lambda nn: nn.Upsample(9, mode="linear"), image(1)),
    "upsample three": (
        lambda nn: nn.Upsample(scale_factor=1.6, mode="trilinear", recompute_scale_factor=True),
        image(3, 3),
    ),
    "nearest": (lambda nn: nn.UpsamplingNearest2d(scale_factor=3), image(2)),
    "bilinear": (lambda nn: nn.UpsamplingBilinear2d((7, 5)), image(2)),
    "shuffle": (lambda nn: nn.PixelShuffle(2), image(2)),
    "unshuffle": (lambda nn: nn.PixelUnshuffle(3), image(2)),
    "channels": (lambda nn: nn.ChannelShuffle(2), image(2)),
    "unfold": (lambda nn: nn.Unfold((2, 3), (1, 2), 1, (2, 1)), image(2)),
    "fold": (lambda nn: nn.Fold((4, 5), 2, padding=1, stride=2), (2, 8, 9)),
    "flatten": (lambda nn: nn.Flatten(0, 2), image(2)),
    "unflatten": (lambda nn: nn.Unflatten(1, (2, 2)), image(2)),
    "unflatten open": (lambda nn: nn.Unflatten(-1, [-1, 3]), image(2)),
}


@pytest.mark.parametrize("name", ROWS)
def test_layer(name):
    make, shape = ROWS[name]
    # positive values: an odd p-norm of negative ones is 0 to a root, whose slope is not
    hold_module(make, np.random.default_rng(0).uniform(0.1, 1, shape))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_transposed_convolution_of_a_given_size(dims):
    x = np.random.default_rng(0).standard_normal(image(dims, 3))
    for size in (5, 6):
        for wanted in ([size] * dims, [2, 5, *[size] * dims]):
            hold_module(
                lambda nn: getattr(nn, f"ConvTranspose{dims}d")(4, 5, 3, 2, 1),
                x,
                call=lambda layer, x, wanted=wanted: layer(x, output_size=wanted),
            )
    for wrong in ([4] * dims, [7] * dims, [5] * (dims + 1), [2, 5, 5]):
        hold(
            lambda m, x, w=wrong: getattr(m.nn, f"ConvTranspose{dims}d")(4, 5, 3, 2, 1).double()(x, w).shape,
            x,
            lenient=len(wrong) == dims + 2,
        )


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_unpooling_undoes_pooling(dims):
    def both(m, x):
        nn = m.nn
        y, indices = getattr(nn, f"MaxPool{dims}d")(3, 2, return_indices=True)(x)
        unpool = getattr(nn, f"MaxUnpool{dims}d")(3, 2)
        return unpool(y, indices, output_size=x.shape), unpool(y, indices)

    hold(both, np.random.default_rng(0).standard_normal(image(dims, 6)))
    hold_module(
        lambda nn: getattr(nn, f"MaxUnpool{dims}d")(2, padding=1),
        np.ones(image(dims, 3)),
        np.zeros(image(dims, 3), "int64"),
    )


MISTAKES = [
    lambda nn: nn.Conv2d(3, 4, 3, groups=2),
    lambda nn: nn.Conv2d(4, 3, 3, groups=2),
    lambda nn: nn.Conv2d(4, 4, 3, groups=0),
    lambda nn: nn.Conv2d(4, 4, 3, padding="some"),
    lambda nn: nn.Conv2d(4, 4, 3, 2, padding="same"),
    lambda nn: nn.Conv2d(4, 4, 3, padding_mode="mirror"),
    lambda nn: nn.ConvTranspose2d(4, 4, 3, padding_mode="reflect"),
    lambda nn: nn.Unflatten(1, 4),
    lambda nn: nn.Unflatten(1, (2, 2.0)),
]


@pytest.mark.parametrize("make", MISTAKES)
def test_a_layer_that_cannot_be_is_refused(make):
    hold(lambda m, x: make(m.nn) and x, np.zeros(1))
