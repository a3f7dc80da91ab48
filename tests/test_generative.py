"""Generative models: their parts by hand, their bounds and likelihoods against integrals, and that they learn."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import models, nn, optim
from tinygrad_edu.models.dcgan import Discriminator, Generator


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def minimise(loss, parameters, steps: int, lr: float = 0.01) -> float:
    optimizer = optim.Adam(parameters, lr=lr)
    for _ in range(steps):
        value = loss()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return value.item()


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (models.Autoencoder(), 784 * 256 + 256 + 256 * 32 + 32 + 32 * 256 + 256 + 256 * 784 + 784),
        (models.Autoencoder((1, 8, 8), 3, None), 64 * 3 + 3 + 3 * 64 + 64),
        (models.VAE(), 652_824),  # PyTorch's example, whose hidden layers are of these sizes
        (Generator(), 64 * 64 * 49 + 128 + 64 * 32 * 16 + 64 + 32 * 16 + 1),
        (Discriminator(), 32 * 16 + 32 + 64 * 32 * 16 + 128 + 64 * 49 + 1),
        (models.RealNVP(), 6 * (2 * 64 + 64 + 64 * 64 + 64 + 64 * 4 + 4)),
    ],
)
def test_parameters_are_counted_by_hand(network, expected):
    assert count(network) == expected


# autoencoders


def test_an_autoencoder_goes_through_its_codes():
    network, x = models.Autoencoder((2, 4, 6), 3, 5), tg.randn(7, 2, 4, 6)
    assert network.encode(x).shape == (7, 3)
    assert network(x).shape == x.shape
    assert network(x).tolist() == network.decode(network.encode(x)).tolist()


def test_a_linear_autoencoder_finds_the_space_of_pca():
    tg.manual_seed(0)
    x = tg.randn(200, 2) @ tg.tensor([[3.0, 0, 1, 0, 0, 2], [0, 2.0, 0, -1, 1, 0]]) + 0.1 * tg.randn(200, 6)
    network = models.Autoencoder((1, 2, 3), 2, None)
    images = x.reshape(200, 1, 2, 3)
    minimise(lambda: (network(images) - images).square().mean(), network.parameters(), 600, 0.02)
    _, _, axes = np.linalg.svd(x.numpy() - x.numpy().mean(0), full_matrices=False)
    found, _ = np.linalg.qr(network.decoder[0].weight.detach().numpy())
    cosines = np.linalg.svd(axes[:2] @ found)[1]
    assert np.degrees(np.arccos(cosines.min().clip(-1, 1))) < 2


# VAE


def test_the_bound_is_the_reconstruction_less_the_divergence():
    network, x = models.VAE((1, 2, 3), 2, 4).double(), tg.rand(5, 1, 2, 3, dtype="float64").round()
    found = network.elbo(x, tg.Generator().manual_seed(3))
    mean, log_variance = [part.detach().numpy() for part in network.encode(x)]
    noise = tg.randn(5, 2, generator=tg.Generator().manual_seed(3), dtype="float64").numpy()
    logits = network.decode(tg.tensor(mean + np.exp(log_variance / 2) * noise)).detach().numpy()
    probability = 1 / (1 + np.exp(-logits))
    likelihood = np.where(x.numpy() == 1, np.log(probability), np.log(1 - probability)).sum((1, 2, 3))
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(1)
    np.testing.assert_allclose(found.detach().numpy(), likelihood - divergence, 1e-9)


def test_the_bound_is_below_the_likelihood_and_close_to_it_when_trained():
    tg.manual_seed(0)
    network = models.VAE((1, 1, 2), 1, 16)
    x = tg.tensor([[1.0, 1.0]] * 5 + [[0.0, 0.0]] * 3 + [[1.0, 0.0]] * 2).reshape(10, 1, 1, 2)
    minimise(lambda: -network.elbo(x).mean(), network.parameters(), 400)
    grid = np.linspace(-6, 6, 2001)
    logits = network.decode(tg.tensor(grid[:, None], dtype="float32")).detach().numpy().reshape(-1, 2)
    prior = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi) * (grid[1] - grid[0])
    on = 1 / (1 + np.exp(-logits.astype(float)))
    likelihood = {
        (a, b): math.log((prior * np.where(a, on[:, 0], 1 - on[:, 0]) * np.where(b, on[:, 1], 1 - on[:, 1])).sum())
        for a in (0, 1)
        for b in (0, 1)
    }
    assert abs(sum(map(math.exp, likelihood.values())) - 1) < 1e-6
    expected = np.mean([likelihood[int(a), int(b)] for a, b in x.reshape(10, 2).tolist()])
    bound = np.mean([network.elbo(x).mean().item() for _ in range(200)])
    assert expected - 0.25 < bound < expected + 0.02
    assert network.sample(3).shape == (3, 1, 1, 2)
    assert not network.sample(3).requires_grad
    one, again = (network.sample(3, tg.Generator().manual_seed(1)).tolist() for _ in range(2))
    assert one == again


# DCGAN


@pytest.mark.parametrize("image", [(1, 28, 28), (3, 32, 16), (2, 4, 8)])
def test_images_of_noise_and_logits_of_images(image):
    generator, discriminator = Generator(image, 5, 4), Discriminator(image, 4)
    made = generator(tg.randn(6, 5))
    assert made.shape == (6, *image)
    assert made.abs().max() <= 1
    logits = discriminator(made)
    assert logits.shape == (6,)
    logits.sum().backward()
    assert all(p.grad is not None for p in (*generator.parameters(), *discriminator.parameters()))


def test_images_that_cannot_be_halved_are_refused():
    for make in (Generator, Discriminator):
        with pytest.raises(ValueError, match="halves an image twice, which 30x28 cannot"):
            make((1, 30, 28))


def test_the_discriminator_learns_to_tell_and_the_generator_to_deceive():
    tg.manual_seed(0)
    generator, discriminator = Generator((1, 8, 8), 4, 4), Discriminator((1, 8, 8), 4)
    real, loss = tg.ones(16, 1, 8, 8), nn.functional.binary_cross_entropy_with_logits

    def telling():
        made = generator(tg.randn(16, 4)).detach()
        return loss(discriminator(real), tg.ones(16)) + loss(discriminator(made), tg.zeros(16))

    def deceiving():
        return loss(discriminator(generator(tg.randn(16, 4))), tg.ones(16))

    assert minimise(telling, discriminator.parameters(), 20) < 0.3
    caught = deceiving().item()
    assert minimise(deceiving, generator.parameters(), 40) < 0.5 * caught
    assert generator(tg.randn(16, 4)).mean() > 0.2  # brighter, as the real ones are


# RealNVP


def test_steps_are_undone_and_begin_as_the_identity():
    network, x = models.RealNVP(3, 4, 8).double(), tg.randn(10, 3, dtype="float64")
    z, log_determinant = network(x)
    assert z.tolist() == x.tolist()
    assert not log_determinant.any()
    expected = -0.5 * (x.square().sum(1) + 3 * math.log(2 * math.pi))
    np.testing.assert_allclose(network.log_prob(x).detach().numpy(), expected.numpy(), 1e-12)
    for p in network.parameters():
        nn.init.normal_(p, std=0.3)
    z, log_determinant = network(x)
    assert (z != x).any()
    np.testing.assert_allclose(network.inverse(z).detach().numpy(), x.numpy(), 1e-9, 1e-9)
    for i in range(3):
        jacobian = tg.autograd.functional.jacobian(lambda row: network(row[None])[0][0], x[i])
        np.testing.assert_allclose(log_determinant[i].item(), np.linalg.slogdet(jacobian.numpy())[1], 1e-9)


def test_a_density_has_mass_one_and_is_that_of_the_data():
    tg.manual_seed(0)
    network = models.RealNVP(2, 4, 32)
    angle = 2 * math.pi * tg.rand(500)
    x = tg.stack([2 * angle.cos(), angle.sin()], 1) + 0.2 * tg.randn(500, 2)
    before = network.log_prob(x).mean().item()
    after = -minimise(lambda: -network.log_prob(x).mean(), network.parameters(), 300)
    gaussian = -0.5 * math.log(np.linalg.det(np.cov(x.numpy().T))) - 1 - math.log(2 * math.pi)
    assert after > max(before, gaussian) + 0.3  # better than the best normal distribution
    side = np.linspace(-6, 6, 241)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    mass = np.exp(network.log_prob(tg.tensor(grid, dtype="float32")).detach().numpy()).sum() * (side[1] - side[0]) ** 2
    assert abs(mass - 1) < 0.02
    drawn = network.sample(2000, tg.Generator().manual_seed(0))
    np.testing.assert_allclose(np.cov(drawn.numpy().T), np.cov(x.numpy().T), 0, 0.3)
