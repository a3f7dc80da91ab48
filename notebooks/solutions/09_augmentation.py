# %% ex1
import tinygrad_edu as tg


def my_flip(images, p=0.5):
    """The batch, some of its images mirrored left to right."""
    mirrored = tg.rand(len(images), 1, 1, 1) < p
    return tg.where(mirrored, images.flip(3), images)


# %% ex2
from tinygrad_edu.nn.functional import one_hot


def my_mixup(images, labels, order, share, classes):
    """The mixed images, and the shares `(B, classes)`; image i is mixed with image order[i], which has 1 - share."""
    shares = one_hot(labels, classes).float()
    return share * images + (1 - share) * images[order], share * shares + (1 - share) * shares[order]


# %% ex3
import tinygrad_edu as tg
from tinygrad_edu import nn


def my_shift(images, most):
    """The batch `(B, C, H, W)`, each image shifted."""
    height, width = images.shape[2:]
    padded = nn.functional.pad(images, (most, most, most, most))
    shifted = []
    for image in padded:
        top, left = tg.randint(2 * most + 1, (2,)).tolist()
        shifted.append(image[:, top : top + height, left : left + width])
    return tg.stack(shifted)


# %% ex4
from tinygrad_edu import no_grad


def mirrored_probabilities(model, images):
    """The mean probabilities `(B, K)` over both views; nothing is recorded for backward."""
    training = model.training
    model.eval()
    with no_grad():
        p = (model(images).softmax(1) + model(images.flip(3)).softmax(1)) / 2
    model.train(training)
    return p
