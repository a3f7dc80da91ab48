"""A generator and a critic: the gradient's norm is penalised, through a second derivative; spectral norm."""

import math

import torch
import torch.nn as nn
from torch import autograd
from torch.autograd import Variable
from torch.nn.utils import parametrizations

torch.set_default_dtype(torch.float64)


def block(inputs, outputs, normalize=True):
    layers = [nn.Linear(inputs, outputs)]
    if normalize:
        layers.append(nn.BatchNorm1d(outputs, 0.8))
    layers.append(nn.LeakyReLU(0.2, inplace=True))
    return layers


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(*block(4, 8, normalize=False), *block(8, 16), nn.Linear(16, 9), nn.Tanh())

    def forward(self, z):
        return self.model(z).view(z.size(0), *(1, 3, 3))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(1, 4, 2), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 1)
        )

    def forward(self, image):
        return self.model(image)


def fill(model):
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.sin(torch.arange(p.numel(), dtype=p.dtype) * 1.7 + i).view_as(p) / math.sqrt(p[0].numel()))


def penalty(critic, real, fake, alpha):
    between = (alpha * real + ((1 - alpha) * fake)).requires_grad_(True)
    scores = critic(between)
    gradients = autograd.grad(
        outputs=scores,
        inputs=between,
        grad_outputs=Variable(torch.ones(real.size(0), 1), requires_grad=False),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gradients = gradients.view(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


def noise(step, *sizes):
    count = math.prod(sizes)
    return torch.sin(torch.arange(count) * 12.9898 + step * 78.233).mul(43758.5453).frac().view(*sizes)


generator, critic = Generator(), Critic()
fill(generator)
fill(critic)
critic.model[3] = parametrizations.spectral_norm(critic.model[3], n_power_iterations=2)
sigma = critic.model[3].parametrizations.weight[0]
for buffer in (sigma._u, sigma._v):
    buffer.copy_(torch.ones_like(buffer) / math.sqrt(buffer.numel()))
optimizer_g = torch.optim.RMSprop(generator.parameters(), lr=0.005)
optimizer_d = torch.optim.Adam(critic.parameters(), lr=0.01, betas=(0.5, 0.9))
for step in range(8):
    real = noise(step, 6, 1, 3, 3) * 0.5
    z = noise(step + 100, 6, 4)
    optimizer_d.zero_grad()
    fake = generator(z)
    p = penalty(critic, real.data, fake.data, noise(step + 200, 6, 1, 1, 1).abs())
    d_loss = -torch.mean(critic(real)) + torch.mean(critic(fake.detach())) + 10 * p
    d_loss.backward()
    optimizer_d.step()
    optimizer_g.zero_grad()
    if step % 2 == 0:
        g_loss = -torch.mean(critic(generator(z)))
        g_loss.backward()
        optimizer_g.step()
        print(f"step {step}: D {d_loss.item():.6f}, G {g_loss.item():.6f}, penalty {p:.6f}")
generator.eval()
print([round(x, 5) for x in generator(z)[0].flatten().tolist()])
