"""Derivatives in older and rarer ways: functorch, dual numbers, a solver's writes unseen, Adam of embeddings' rows."""

import torch
import torch.autograd.forward_ad as fwAD
import torch.nn as nn
import torch.nn.functional as F
from functorch import combine_state_for_ensemble, grad, make_functional, make_functional_with_buffers, vmap
from torch.optim import SparseAdam

torch.set_default_dtype(torch.float64)


def waves(*shape, phase=0.0):
    count = torch.Size(shape).numel()
    return torch.sin(torch.arange(count) * 1.7 + phase).view(shape)


def filled(model, phase=0.0):
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(waves(*p.shape, phase=phase + i))
    return model


def show(title, *tensors):
    print(title, *[f"{x.sum().item():.6f} {x.abs().sum().item():.6f}" for x in tensors])


x, y = waves(5, 3), waves(5, 2, phase=1.0)
net = filled(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)))

model, params = make_functional(net, disable_autograd_tracking=True)
loss = lambda p, x, y: F.mse_loss(model(p, x), y)  # noqa: E731
show("of the batch", *grad(loss)(params, x, y))
show("of each sample", *vmap(grad(loss), (None, 0, 0))(params, x, y))
norm, weights, averages = make_functional_with_buffers(filled(nn.BatchNorm1d(3)).eval())
show("with buffers", norm(weights, averages, x))
ensemble, weights, averages = combine_state_for_ensemble([filled(nn.Linear(3, 2), k) for k in range(3)])
show("ensemble", vmap(ensemble, (0, 0, None))(weights, averages, x))
print(len(params), params[0].requires_grad, weights[0].requires_grad)

with fwAD.dual_level():
    dual = fwAD.make_dual(x, waves(5, 3, phase=2.0))
    out = fwAD.unpack_dual(dual.exp() * x)
    show("dual", out.primal, out.tangent)
    print(out.tangent.requires_grad, fwAD.unpack_dual(y).tangent)
    out = fwAD.unpack_dual(net(dual))
    show("of a network", out.tangent)
    print(out.tangent.requires_grad)
point = waves(3).requires_grad_()
with fwAD.dual_level():
    dual = fwAD.make_dual(point, torch.ones(3))
    (slope,) = torch.autograd.grad(dual.pow(3).sum(), dual, create_graph=True)
    show("forward over reverse", fwAD.unpack_dual(slope).tangent)
weight = waves(3, 2)
for step in range(3):
    with torch.no_grad(), fwAD.dual_level():
        direction = waves(3, 2, phase=step)
        error = F.mse_loss(x @ fwAD.make_dual(weight, direction), y)
        weight -= 0.1 * fwAD.unpack_dual(error).tangent * direction
show("forward gradients", weight)


class Fill(torch.autograd.Function):
    """Puts a value into an array whose other parts are kept for backward."""

    @staticmethod
    def forward(ctx, array, value, index):
        ctx.index = index
        array.data[index] = value
        return array

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, grad_output[ctx.index], None


state = waves(2).requires_grad_()
stages = torch.empty(2, 4)
for i in range(4):
    now = state if i == 0 else state + 0.3 * (stages[..., :i] * waves(i)).sum(-1)
    stages = Fill.apply(stages, torch.tanh(now), (..., i))
stages.pow(2).sum().backward()
show("stages", stages, state.grad)
print((waves(3) > 0).type(torch.Tensor).dtype == torch.get_default_dtype())

table = nn.Embedding(6, 2, sparse=True)
filled(table)
optimizer = SparseAdam(table.parameters(), lr=0.1)
for words in ([1, 2, 2], [4, 1], [0, 4]):
    optimizer.zero_grad()
    (table(torch.tensor(words)) - 1).pow(2).sum().backward()
    optimizer.step()
show("embeddings", table.weight, table.weight[1], table.weight[3], optimizer.state[table.weight]["exp_avg_sq"])
