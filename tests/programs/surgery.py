"""What is done to networks: functions and hooks of one's own, averages, adapters, pruning, checkpoints, state_dicts."""

import copy
import io
import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune
from torch.optim.swa_utils import AveragedModel, update_bn
from torch.utils.checkpoint import checkpoint

torch.set_default_dtype(torch.float64)


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.sign()

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input.abs() > 1] = 0
        return grad_input


class Adapter(nn.Module):
    def __init__(self, base, rank=2):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad = False
        self.A = nn.Parameter(torch.linspace(-1, 1, rank * base.in_features).view(rank, -1))
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.base(x) + x @ self.A.T @ self.B.T

    def merge(self):
        self.base.weight.data += self.B.data @ self.A.data
        return self.base


def fill(model):
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.sin(torch.arange(p.numel(), dtype=p.dtype) * 1.7 + i).view_as(p) / math.sqrt(p[0].numel()))


net = nn.Sequential(OrderedDict(fc1=nn.Linear(4, 8), bn=nn.BatchNorm1d(8), act=nn.Tanh(), fc2=nn.Linear(8, 3)))
fill(net)
x = torch.cos(torch.arange(40.0)).view(10, 4)
y = torch.arange(10) % 3

seen = {}
handles = [m.register_forward_hook(lambda m, i, o, n=n: seen.update({n: o.detach()})) for n, m in net.named_children()]
gradients = []
handles.append(net.act.register_full_backward_hook(lambda m, gi, go: gradients.append((gi[0].sum(), go[0].sum()))))
loss = F.cross_entropy(net(x), y) + Sign.apply(net.fc1(x)).pow(2).mean() + Sign.apply(net.fc1(x)).mean()
loss.backward()
for handle in handles:
    handle.remove()
print({name: round(out.abs().mean().item(), 6) for name, out in seen.items()})
print([round(g.item(), 6) for pair in gradients for g in pair], round(net.fc1.weight.grad.norm().item(), 6))

average, optimizer = AveragedModel(net), torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
for step in range(6):
    loss = F.cross_entropy(net(x), y) / 2
    loss.backward()
    if (step + 1) % 2 == 0:
        nn.utils.clip_grad_value_(net.parameters(), 0.5)
        optimizer.step()
        optimizer.zero_grad()
        average.update_parameters(net)
update_bn([x], average)
print(round(loss.item(), 6), round(average.eval()(x).sum().item(), 6), int(average.n_averaged))

tuned = copy.deepcopy(net).eval()
tuned.fc1, tuned.fc2 = Adapter(tuned.fc1), Adapter(tuned.fc2)
optimizer = torch.optim.AdamW([p for p in tuned.parameters() if p.requires_grad], lr=0.05)
print([name for name, p in tuned.named_parameters() if p.requires_grad])
for _ in range(4):
    optimizer.zero_grad()
    loss = F.cross_entropy(checkpoint(tuned, x, use_reentrant=False), y)
    loss.backward()
    optimizer.step()
before = tuned(x)
tuned.fc1, tuned.fc2 = tuned.fc1.merge(), tuned.fc2.merge()
assert torch.allclose(tuned(x), before)
print(round(loss.item(), 6), list(tuned.state_dict()) == list(net.state_dict()))

prune.l1_unstructured(tuned.fc1, name="weight", amount=0.3)
prune.ln_structured(tuned.fc2, name="weight", amount=1, n=2, dim=0)
print(sorted(tuned.state_dict())[:3], int((tuned.fc1.weight == 0).sum()), round(tuned(x).sum().item(), 6))
prune.remove(tuned.fc1, "weight")

renamed = OrderedDict(("module." + name, value) for name, value in net.state_dict().items())
stripped = {name.replace("module.", ""): value for name, value in renamed.items()}
stripped.pop("fc2.bias")
other = copy.deepcopy(net)
print(other.load_state_dict(stripped, strict=False))
try:
    other.load_state_dict({"fc1.weight": torch.ones(2, 2)})
except RuntimeError as error:
    print("size mismatch" in str(error), "Missing key" in str(error))
buffer = io.BytesIO()
torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, buffer)
buffer.seek(0)
found = torch.load(buffer)
net.load_state_dict(found["net"])
print(found["epoch"], len(found["optimizer"]["state"]), sum(p.numel() for p in net.parameters()))
