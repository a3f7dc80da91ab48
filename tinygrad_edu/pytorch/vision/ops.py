"""Layers and functions of torchvision's that networks and detectors of programs' own are made of."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from ... import nn
from ...functions.creation import empty
from ...functions.joining import stack
from ...models.boxes import box_area, box_convert, box_iou, nms
from ...nn import functional as F
from ...ops.elementwise import maximum, minimum
from ...tensor import Tensor

__all__ = [
    "MLP",
    "Conv2dNormActivation",
    "FrozenBatchNorm2d",
    "Permute",
    "SqueezeExcitation",
    "StochasticDepth",
    "batched_nms",
    "box_area",
    "box_convert",
    "box_iou",
    "clip_boxes_to_image",
    "complete_box_iou",
    "distance_box_iou",
    "generalized_box_iou",
    "nms",
    "remove_small_boxes",
    "sigmoid_focal_loss",
    "stochastic_depth",
]

Layer = Callable[..., nn.Module] | None


class FrozenBatchNorm2d(nn.Module):
    """Batch norm whose weight, bias and statistics are buffers: y = (x - mean) / sqrt(var + eps) * weight + bias."""

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        like = nn.BatchNorm2d(num_features)
        for name in ("weight", "bias", "running_mean", "running_var"):
            self.register_buffer(name, getattr(like, name).detach())

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *settings: Any) -> None:
        """Load, also from a layer that counted its batches."""
        state_dict.pop(f"{prefix}num_batches_tracked", None)
        super()._load_from_state_dict(state_dict, prefix, *settings)

    def forward(self, x: Tensor) -> Any:
        """The values scaled and moved; `(B, C, H, W) -> (B, C, H, W)`."""
        weight, bias, mean, var = (
            buffer.reshape(1, -1, 1, 1) for buffer in (self.weight, self.bias, self.running_mean, self.running_var)
        )
        scale = weight * (var + self.eps).rsqrt()
        return x * scale + (bias - mean * scale)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.weight.shape[0]}, eps={self.eps})"


class Conv2dNormActivation(nn.Sequential):
    """A convolution that keeps the image's size at stride 1, a norm and an activation, where they are wanted."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        norm_layer: Layer = nn.BatchNorm2d,
        activation_layer: Layer = nn.ReLU,
        dilation: int = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        padding = (kernel_size - 1) // 2 * dilation if padding is None else padding
        bias = norm_layer is None if bias is None else bias
        layers: list[nn.Module] = [
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)
        ]
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            layers.append(activation_layer(**{} if inplace is None else {"inplace": inplace}))
        super().__init__(*layers)
        self.out_channels = out_channels


class MLP(nn.Sequential):
    """Affine layers, each with a norm, an activation and dropout; the last with dropout alone."""

    def __init__(
        self,
        in_channels: int,
        hidden_channels: Sequence[int],
        norm_layer: Layer = None,
        activation_layer: Layer = nn.ReLU,
        inplace: bool | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        settings = {} if inplace is None else {"inplace": inplace}
        layers: list[nn.Module] = []
        for channels in hidden_channels[:-1]:
            layers.append(nn.Linear(in_channels, channels, bias=bias))
            if norm_layer is not None:
                layers.append(norm_layer(channels))
            if activation_layer is not None:
                layers.append(activation_layer(**settings))
            layers.append(nn.Dropout(dropout, **settings))
            in_channels = channels
        layers += [nn.Linear(in_channels, hidden_channels[-1], bias=bias), nn.Dropout(dropout, **settings)]
        super().__init__(*layers)


class Permute(nn.Module):
    """The dimensions in another order."""

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Any:
        """The same values, permuted."""
        return x.permute(*self.dims)


class SqueezeExcitation(nn.Module):
    """Channels scaled by what two 1x1 convolutions make of their means; `(B, C, H, W) -> (B, C, H, W)`.

    Source: Hu, Shen and Sun, "Squeeze-and-Excitation Networks" (2018), equations 2 to 4.
    """

    def __init__(
        self,
        input_channels: int,
        squeeze_channels: int,
        activation: Callable[..., nn.Module] = nn.ReLU,
        scale_activation: Callable[..., nn.Module] = nn.Sigmoid,
    ) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(input_channels, squeeze_channels, 1)
        self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)
        self.activation, self.scale_activation = activation(), scale_activation()

    def forward(self, input: Tensor) -> Any:
        """The channels, each times its scale."""
        return input * self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(input)))))


def stochastic_depth(input: Tensor, p: float, mode: str, training: bool = True) -> Any:
    """The input in which with probability p a sample ("row"), or the "batch", is 0, and the rest is over 1 - p.

    Source: Huang, Sun, Liu, Sedra and Weinberger, "Deep Networks with Stochastic Depth" (2016), section 3.

    Raises:
        ValueError: p is not from 0 to 1, or there is no such mode.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"the probability of a drop is from 0 to 1, got {p}")
    if mode not in {"batch", "row"}:
        raise ValueError(f'what is dropped is a "row" or the "batch", got {mode!r}')
    if not training or p == 0:
        return input
    size = [input.shape[0] if mode == "row" else 1, *[1] * (input.ndim - 1)]
    kept = empty(size, dtype=input.dtype).bernoulli_(1 - p)
    return input * (kept if p == 1 else kept / (1 - p))


class StochasticDepth(nn.Module):
    """stochastic_depth while it is trained, and the input itself otherwise."""

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, input: Tensor) -> Any:
        """The input, parts of it 0."""
        return stochastic_depth(input, self.p, self.mode, self.training)

    def extra_repr(self) -> str:
        """Both settings."""
        return f"p={self.p}, mode={self.mode}"


def sigmoid_focal_loss(
    inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Any:
    """Binary cross-entropy of logits in which what is already right counts less; alpha weighs class 1 if it is >= 0.

    Source: Lin, Goyal, Girshick, He and Dollár, "Focal Loss for Dense Object Detection" (2017), equation 5.

    Raises:
        ValueError: there is no such reduction.
    """
    if reduction not in {"none", "mean", "sum"}:
        raise ValueError(f'a reduction is "none", "mean" or "sum", got {reduction!r}')
    p: Any = inputs.sigmoid()
    right = p * targets + (1 - p) * (1 - targets)
    loss = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none") * (1 - right) ** gamma
    if alpha >= 0:
        loss = loss * (alpha * targets + (1 - alpha) * (1 - targets))
    return loss if reduction == "none" else getattr(loss, reduction)()


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Any:
    """IoU less the share of the smallest box around both that neither covers; `(N, 4), (M, 4) -> (N, M)`.

    Source: Rezatofighi et al., "Generalized Intersection over Union" (2019), algorithm 1.
    """
    iou: Any = box_iou(boxes1, boxes2)
    sides = maximum(boxes1[:, None, 2:], boxes2[:, 2:]) - minimum(boxes1[:, None, :2], boxes2[:, :2])
    hull = sides.clamp(min=0).prod(-1)
    union = (box_area(boxes1)[:, None] + box_area(boxes2)) / (1 + iou)  # of iou = common / union
    return iou - (hull - union) / hull


def distance_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Any:
    """IoU less the squared distance of the centres, over that of the hull's corners; `(N, 4), (M, 4) -> (N, M)`.

    Source: Zheng et al., "Distance-IoU Loss" (2020), equation 7.
    """
    hull = maximum(boxes1[:, None, 2:], boxes2[:, 2:]) - minimum(boxes1[:, None, :2], boxes2[:, :2])
    centres: Any = [boxes[:, :2] + boxes[:, 2:] for boxes in (boxes1, boxes2)]
    apart = ((centres[0][:, None] - centres[1]) / 2).square().sum(-1)
    return box_iou(boxes1, boxes2) - apart / (hull.clamp(min=0).square().sum(-1) + eps)


def complete_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Any:
    """distance_box_iou less what the sides' proportions differ by; `(N, 4), (M, 4) -> (N, M)`.

    Source: Zheng et al., "Distance-IoU Loss" (2020), equations 8 to 11; the weight has no gradient.
    """
    sides: Any = [boxes[:, 2:] - boxes[:, :2] for boxes in (boxes1, boxes2)]
    first, second = ((side[:, 0] / side[:, 1]).atan() for side in sides)
    differ = 4 / math.pi**2 * (first[:, None] - second).square()
    weight = (differ / (1 - box_iou(boxes1, boxes2) + differ + eps)).detach()
    return distance_box_iou(boxes1, boxes2, eps) - weight * differ


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Any:
    """`nms` within each class: boxes `(N, 4)` of classes `idxs (N)` are moved apart, so that they never overlap."""
    if not boxes.numel():
        return nms(boxes, scores, iou_threshold)
    apart: Any = idxs.to(boxes) * (boxes.max() + 1)
    return nms(boxes + apart[:, None], scores, iou_threshold)


def clip_boxes_to_image(boxes: Tensor, size: tuple[int, int]) -> Any:
    """Boxes cut off at the edges of an image of this height and width; `(.., 4) -> (.., 4)`."""
    x, y = boxes[..., 0::2].clamp(0, size[1]), boxes[..., 1::2].clamp(0, size[0])
    return stack([x, y], -1).reshape(boxes.shape)


def remove_small_boxes(boxes: Tensor, min_size: float) -> Any:
    """The indices of boxes whose sides both are that long; `(N, 4) -> (M)`."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return (sides >= min_size).all(1).nonzero()[:, 0]
