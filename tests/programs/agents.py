"""Policies and a variational autoencoder, by their distributions: actor and critic, PPO's clipped ratio, the ELBO."""

import math
from collections import deque, namedtuple

import torch
import torch.distributions as D
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.distributions import Categorical, Normal, kl_divergence

torch.set_default_dtype(torch.float64)
SavedAction = namedtuple("SavedAction", ["log_prob", "value"])


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine = nn.Linear(4, 16)
        self.action_head = nn.Linear(16, 3)
        self.value_head = nn.Linear(16, 1)
        self.saved = []

    def forward(self, x):
        x = F.relu(self.affine(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


class Gaussian(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
        self.log_std = nn.Parameter(torch.zeros(2))

    def forward(self, state):
        return D.Independent(Normal(self.mean(state), self.log_std.exp()), 1)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(6, 4), nn.Linear(2, 6)

    def forward(self, x, eps):
        mu, scale = self.encoder(x).chunk(2, dim=-1)
        posterior = Normal(mu, F.softplus(scale) + 1e-3)
        z = posterior.mean + posterior.stddev * eps
        likelihood = D.Independent(D.Bernoulli(logits=self.decoder(z)), 1).log_prob(x)
        divergence = kl_divergence(posterior, Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(-1)
        return (likelihood - divergence).mean()


def fill(model):
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.sin(torch.arange(p.numel(), dtype=p.dtype) * 1.7 + i).view_as(p) / math.sqrt(p[0].numel()))


def noise(step, *sizes):
    count = math.prod(sizes)
    return torch.sin(torch.arange(count) * 12.9898 + step * 78.233).mul(43758.5453).frac().view(*sizes)


model = ActorCritic()
fill(model)
optimizer = optim.Adam(model.parameters(), lr=3e-2)
for episode in range(4):
    rewards = []
    for t in range(6):
        probs, value = model(noise(episode * 10 + t, 4))
        m = Categorical(probs)
        assert 0 <= m.sample().item() < 3
        action = torch.tensor((episode + t) % 3)
        model.saved.append(SavedAction(m.log_prob(action), value))
        rewards.append(1.0 if action.item() == t % 3 else -0.5)
    R, returns = 0.0, deque()
    for r in rewards[::-1]:
        R = r + 0.99 * R
        returns.appendleft(R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-7)
    policy_losses, value_losses = [], []
    for (log_prob, value), R in zip(model.saved, returns):
        policy_losses.append(-log_prob * (R - value.item()))
        value_losses.append(F.smooth_l1_loss(value, R.view(1)))
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum() - 0.01 * m.entropy()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    del model.saved[:]
    print(f"episode {episode}: {loss.item():.6f}")

policy = Gaussian()
fill(policy)
optimizer = optim.Adam([{"params": policy.mean.parameters()}, {"params": [policy.log_std], "lr": 0.05}], lr=0.01)
states = noise(1, 16, 4)
actions = noise(2, 16, 2)
with torch.no_grad():
    old = policy(states).log_prob(actions)
advantage = -actions.pow(2).sum(-1)
advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-7)
for epoch in range(4):
    now = policy(states)
    ratio = torch.exp(now.log_prob(actions) - old)
    clipped = torch.clamp(ratio, 0.8, 1.2)
    loss = -(torch.min(ratio * advantage, clipped * advantage) + 0.01 * now.entropy()).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(policy.parameters(), 0.5)
    optimizer.step()
    print(f"ppo {epoch}: {loss.item():.6f}")
squashed = D.TransformedDistribution(policy(states).base_dist, [D.TanhTransform(cache_size=1)])
print(f"squashed {squashed.log_prob(actions * 0.5).sum().item():.6f}")

vae = VAE()
fill(vae)
optimizer = optim.Adagrad(vae.parameters(), lr=0.1)
data = (noise(3, 10, 6) > 0).double()
for epoch in range(3):
    elbo = vae(data, noise(4 + epoch, 10, 2))
    optimizer.zero_grad()
    (-elbo).backward()
    optimizer.step()
    print(f"elbo {epoch}: {elbo.item():.6f}")
