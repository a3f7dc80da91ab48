# %% ex1
def momentum_step(w, g, v, rate, mu, decay):
    """The parameter and the velocity after one step."""
    v = mu * v + (g + decay * w)
    return w - rate * v, v


# %% ex2
class MyAdamW:
    """AdamW for one Tensor w; `step(g)` changes w in place."""

    def __init__(self, w, rate=1e-3, betas=(0.9, 0.999), eps=1e-8, decay=1e-2):
        self.w, self.rate, self.betas, self.eps, self.decay = w, rate, betas, eps, decay
        self.m, self.s, self.t = 0 * w, 0 * w, 0

    def step(self, g):
        beta1, beta2 = self.betas
        self.t += 1
        self.m = beta1 * self.m + (1 - beta1) * g
        self.s = beta2 * self.s + (1 - beta2) * g**2
        m, s = self.m / (1 - beta1**self.t), self.s / (1 - beta2**self.t)
        self.w -= self.rate * self.decay * self.w + self.rate * m / (s.sqrt() + self.eps)


# %% ex3
import math


def warm_cosine_rate(step, total, warm, peak):
    """The learning rate of this step."""
    if step < warm:
        return peak * (step + 1) / warm
    t = min((step - warm) / (total - warm), 1.0)
    return 0.5 * peak * (1 + math.cos(math.pi * t))


# %% ex4
def valley_rates(curvatures):
    """The largest rate, the best rate, and the factor per step at the best rate, as a tuple."""
    steep, flat = max(curvatures), min(curvatures)
    best = 2 / (steep + flat)
    return 2 / steep, best, 1 - best * flat
