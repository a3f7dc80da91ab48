"""What in an image a network's answer hangs on: the gradient of a class's score at the pixels, or at feature maps."""

from typing import Any

from ..autograd import enable_grad, grad
from ..errors import ShapeError, describe
from ..functions.creation import tensor
from ..functions.sequences import arange
from ..nn import Module
from ..nn.functional import interpolate
from ..tensor import Tensor
from ..told import guard

__all__ = ["grad_cam", "saliency"]


def saliency(model: Module, images: Any, classes: Any = None) -> Any:
    r"""How much each pixel would change the score of a class; `(B, C, H, W) -> (B, H, W)`.

    It is $\max_c |\partial s / \partial x_{cij}|$ for the score s of the class: one for all images, `classes (B,)` for
    each its own, or by default that which the model predicts. The model is taken in evaluation mode; its parameters'
    gradients are left as they are.

    Source: Simonyan, Vedaldi and Zisserman (2014), "Deep inside convolutional networks", section 3.1.

    Raises:
        ShapeError: these are no images, or the model does not give scores `(B, classes)`.
        ValueError: there is no such class.

    >>> from tinygrad_edu import nn, ones
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    >>> heat = saliency(model, ones(1, 1, 2, 2), 1)
    >>> bool((heat[0].flatten() == model[1].weight[1].abs()).all())
    True
    """
    x, score, _ = scored(model, images, classes)
    slope: Any = grad(score, x, materialize_grads=True)[0]
    return slope.abs().amax(1)


def grad_cam(model: Module, layer: Module, images: Any, classes: Any = None) -> Any:
    r"""Where a layer of a model sees what speaks for a class, at the size of the images; `(B, C, H, W) -> (B, H, W)`.

    It is $\mathrm{ReLU}(\sum_k \alpha_k A^k)$ over the layer's feature maps A, weighted by the mean over each map of
    the gradient of the class's score, $\alpha_k = \frac{1}{HW} \sum_{ij} \partial s / \partial A^k_{ij}$, and made as
    large as the images. Classes, evaluation mode and parameters are as for `saliency`.

    Source: Selvaraju et al. (2017), "Grad-CAM: visual explanations from deep networks via gradient-based localization",
    equations 1 and 2.

    Raises:
        ShapeError: these are no images, the layer does not give feature maps `(B, K, h, w)`, or the model no scores
            `(B, classes)`.
        ValueError: there is no such class, or the model did not call the layer.
    """
    x, score, found = scored(model, images, classes, layer)
    if not found:
        raise ValueError(f"the model did not call this {type(layer).__name__}; take one of its own layers")
    maps = found[-1]
    if not isinstance(maps, Tensor) or maps.ndim != 4:
        raise ShapeError(f"grad_cam needs a layer that gives feature maps (B, K, h, w); this gives {describe(maps)}")
    (slope,) = grad(score, maps, allow_unused=True)
    if slope is None:
        raise ValueError(f"the score of the class does not depend on what this {type(layer).__name__} gives")
    weights = slope.mean((2, 3), keepdim=True)
    heat = (weights * maps.detach()).sum(1, keepdim=True).relu()
    return interpolate(heat, size=x.shape[2:], mode="bilinear", align_corners=False)[:, 0]


def scored(model: Module, images: Any, classes: Any, layer: Module | None = None) -> tuple[Any, Any, list[Any]]:
    """(images that the graph starts from, the sum of the scores of their classes, all that the layer gave)."""
    if not isinstance(images, Tensor) or images.ndim != 4:
        raise ShapeError(f"images are (B, C, H, W), got {describe(images)}")
    found: list[Any] = []
    handle = None if layer is None else layer.register_forward_hook(lambda module, given, out: found.append(out))
    training = model.training
    model.eval()
    try:
        with enable_grad():
            x = images.detach().requires_grad_()
            scores = model(x)
            if not isinstance(scores, Tensor) or scores.ndim != 2 or len(scores) != len(x):
                raise ShapeError(f"the model gives {describe(scores)}; scores of {len(x)} images are (B, classes)")
            return x, scores[arange(len(x)), chosen(scores, classes)].sum(), found
    finally:
        model.train(training)
        if handle is not None:
            handle.remove()


def chosen(scores: Any, classes: Any) -> Any:
    """The class of each image: those asked for, or the predicted ones."""
    if classes is None:
        return scores.detach().argmax(1)
    asked = classes.detach() if isinstance(classes, Tensor) else tensor(classes)
    asked = asked.reshape(1) if asked.ndim == 0 else asked
    if asked.dtype.kind not in "iu" or asked.ndim != 1 or len(asked) not in (1, len(scores)):
        raise ValueError(
            f"classes are one whole number or one for each of the {len(scores)} images, got {classes!r:.40}"
        )
    if not (asked >= 0).all() or not (asked < scores.shape[1]).all():
        raise ValueError(f"classes run from 0 to {scores.shape[1] - 1}, got {classes!r:.60}")
    return asked.expand(len(scores))


guard(globals(), __all__, __name__)
