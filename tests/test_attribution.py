"""Saliency and Grad-CAM: worked by hand, on models whose gradients can be seen."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.viz import grad_cam, saliency

RNG = np.random.default_rng(0)


def linear(channels: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * 6, 4))


def pooled() -> nn.Module:
    """Two feature maps and two classes, of which each looks at the mean of one map, the second against it."""
    model = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
    model[0].weight.data = tg.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)
    model[3].weight.data = tg.tensor([[2.0, 0.0], [0.0, -3.0]])
    model[3].bias.data = tg.zeros(2)
    return model


def test_saliency_of_a_linear_model_is_the_largest_weight_of_the_channels():
    model = linear(3)
    weight = model[1].weight.detach().numpy().reshape(4, 3, 2, 3)
    classes = tg.tensor([2, 0])
    heat = saliency(model, tg.tensor(RNG.random((2, 3, 2, 3), np.float32)), classes)
    np.testing.assert_array_equal(heat.numpy(), abs(weight[[2, 0]]).max(1))


def test_saliency_is_of_the_predicted_class_unless_asked():
    model = linear(1)
    model[1].bias.data = tg.tensor([0.0, 50.0, 0.0, 0.0])
    x = tg.tensor(RNG.random((2, 1, 2, 3), np.float32))
    np.testing.assert_array_equal(saliency(model, x).numpy(), saliency(model, x, 1).numpy())
    assert (saliency(model, x, 3) != saliency(model, x, 1)).all()


def test_grad_cam_by_hand():
    """Means of maps: alpha is weight / (H W), and the heat of class 0 is the ink, that of class 1 what is negative."""
    x = tg.tensor([[[[1.0, -2.0], [0.0, 4.0]]]])
    model = pooled()
    np.testing.assert_allclose(grad_cam(model, model[0], x, 0)[0].numpy(), [[0.5, 0.0], [0.0, 2.0]])
    # the second map is -x, its weight -3: 3/4 of x again
    np.testing.assert_allclose(grad_cam(model, model[0], x, 1)[0].numpy(), [[0.75, 0.0], [0.0, 3.0]])


def test_grad_cam_of_a_smaller_layer_is_as_large_as_the_images():
    model = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))
    x = tg.rand(2, 3, 9, 11)
    model(x)
    heat = grad_cam(model, model[1], x)
    assert heat.shape == (2, 9, 11)
    assert (heat >= 0).all()


def test_an_image_is_judged_alone_and_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))
    x = tg.rand(5, 1, 4, 4)
    model(x).sum().backward()
    before = {name: p.grad.clone() for name, p in model.named_parameters()}
    mean = model[1].running_mean.clone()
    with tg.no_grad():
        both = [saliency(model, x), grad_cam(model, model[2], x)]
    alone = [saliency(model, x[2:3]), grad_cam(model, model[2], x[2:3])]
    for all_of_them, one in zip(both, alone, strict=True):
        np.testing.assert_allclose(all_of_them[2].numpy(), one[0].numpy(), rtol=1e-5, atol=1e-7)
        assert not one.requires_grad
    assert model.training
    assert (model[1].running_mean == mean).all()
    assert not model[2]._forward_hooks
    assert not x.requires_grad
    assert all((p.grad == before[name]).all() for name, p in model.named_parameters())


def test_frozen_parameters_do_not_matter():
    model, x = pooled(), tg.ones(1, 1, 2, 2)
    expected = grad_cam(model, model[0], x, 0)
    model.requires_grad_(False)
    assert (grad_cam(model, model[0], x, 0) == expected).all()


ERRORS = {
    "no batch": (lambda m: saliency(m, tg.ones(1, 2, 2)), "images are"),
    "class": (lambda m: saliency(m, tg.ones(1, 1, 2, 2), 2), "from 0 to 1"),
    "negative class": (lambda m: saliency(m, tg.ones(1, 1, 2, 2), -1), "from 0 to 1"),
    "classes": (lambda m: saliency(m, tg.ones(3, 1, 2, 2), tg.tensor([0, 1])), "each of the 3"),
    "float class": (lambda m: saliency(m, tg.ones(1, 1, 2, 2), 0.5), "whole number"),
    "no scores": (lambda m: saliency(m[0], tg.ones(1, 1, 2, 2)), "scores"),
    "other layer": (lambda m: grad_cam(m, nn.ReLU(), tg.ones(1, 1, 2, 2)), "did not call"),
    "no maps": (lambda m: grad_cam(m, m[2], tg.ones(1, 1, 2, 2)), "feature maps"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_explained_is_told(name):
    call, told = ERRORS[name]
    model = pooled()
    with pytest.raises(ValueError, match=told):
        call(model)
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
