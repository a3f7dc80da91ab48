"""Sines continued by two LSTM cells, trained with L-BFGS; then with an optimizer and a schedule of one's own."""

import math

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import Optimizer


class Sequence(nn.Module):
    def __init__(self):
        super(Sequence, self).__init__()
        self.lstm1 = nn.LSTMCell(1, 6)
        self.lstm2 = nn.LSTMCell(6, 6)
        self.linear = nn.Linear(6, 1)

    def forward(self, input, future=0):
        outputs = []
        h_t, c_t, h_t2, c_t2 = (torch.zeros(input.size(0), 6, dtype=torch.double) for _ in range(4))
        for input_t in input.split(1, dim=1):
            h_t, c_t = self.lstm1(input_t, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        for _ in range(future):
            h_t, c_t = self.lstm1(output, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        return torch.cat(outputs, dim=1)


class Momentum(Optimizer):
    def __init__(self, params, lr=1e-3, beta=0.9, weight_decay=0):
        if lr <= 0.0:
            raise ValueError("Invalid learning rate: {}".format(lr))
        super(Momentum, self).__init__(params, dict(lr=lr, beta=beta, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                d_p = p.grad.data
                state = self.state[p]
                if len(state) == 0:
                    state["step"] = 0
                    state["velocity"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                state["step"] += 1
                v = state["velocity"]
                v.mul_(group["beta"]).add_(d_p, alpha=1 - group["beta"])
                p.data.addcdiv_(v, torch.ones_like(v) * (1 - group["beta"] ** state["step"]), value=-group["lr"])
        return loss


class Warmup(LRScheduler):
    def __init__(self, optimizer, steps, last_epoch=-1):
        self.steps = steps
        super(Warmup, self).__init__(optimizer, last_epoch)

    def get_lr(self):
        return [base * min(1.0, (self.last_epoch + 1) / self.steps) for base in self.base_lrs]


def fill(model):
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.sin(torch.arange(p.numel(), dtype=p.dtype) * 1.7 + i).view_as(p) / math.sqrt(p[0].numel()))


x = np.empty((6, 15), "int64")
x[:] = np.array(range(15)) + np.array([-30, 4, 17, 55, -9, 22]).reshape(6, 1)
data = np.sin(x / 1.0 / 4).astype("float64")
input, target = torch.from_numpy(data[3:, :-1]), torch.from_numpy(data[3:, 1:])
test_input, test_target = torch.from_numpy(data[:3, :-1]), torch.from_numpy(data[:3, 1:])
seq = Sequence()
seq.double()
fill(seq)
criterion = nn.MSELoss()
optimizer = optim.LBFGS(seq.parameters(), lr=0.8, max_iter=6, line_search_fn="strong_wolfe")
for i in range(3):

    def closure():
        optimizer.zero_grad()
        loss = criterion(seq(input), target)
        loss.backward()
        return loss

    print(f"step {i}: loss {optimizer.step(closure).item():.6f}")
    with torch.no_grad():
        pred = seq(test_input, future=3)
        print(f"test: {criterion(pred[:, :-3], test_target).item():.5f}")
    assert pred.detach().numpy().shape == (3, 17)
optimizer = Momentum(seq.parameters(), lr=0.05)
scheduler = Warmup(optimizer, 3)
for i in range(4):
    loss = optimizer.step(closure)
    scheduler.step()
    print(f"momentum {i}: {loss.item():.5f} {scheduler.get_last_lr()[0]:.4f}")
state = optimizer.state_dict()
optimizer.load_state_dict(state)
print(sorted(state["state"][0]), state["state"][0]["step"])
