"""A graph network over a sparse adjacency, with an orthogonal layer and an optimizer written with foreach."""

import argparse
import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.parameter import Parameter
from torch.nn.utils.parametrizations import orthogonal
from torch.optim.optimizer import Optimizer, required

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=12)
parser.add_argument("--lr", type=float, default=0.05)
args = parser.parse_args()
args.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
numbers = np.random.RandomState(0)


def drawn(*shape):
    return torch.from_numpy(numbers.normal(size=shape)).float()


class Spread(torch.autograd.Function):
    """The product with a sparse matrix of given values."""

    @staticmethod
    def forward(ctx, indices, values, shape, x):
        ctx.indices = indices
        matrix = torch.sparse_coo_tensor(indices, values, shape)
        ctx.save_for_backward(matrix, x)
        return torch.matmul(matrix, x)

    @staticmethod
    def backward(ctx, grad_output):
        matrix, x = ctx.saved_tensors
        grad_values = (grad_output @ x.t())[ctx.indices[0], ctx.indices[1]]
        return None, grad_values, None, torch.matmul(matrix.t(), grad_output)


class GraphConvolution(nn.Module):
    def __init__(self, in_features, out_features):
        super(GraphConvolution, self).__init__()
        self.weight = Parameter(drawn(in_features, out_features) / math.sqrt(in_features))
        self.bias = Parameter(torch.FloatTensor(out_features).zero_())

    def forward(self, x, adjacency):
        return torch.spmm(adjacency, torch.mm(x, self.weight)) + self.bias


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = GraphConvolution(6, 8), GraphConvolution(8, 3)
        turn = nn.Linear(8, 8, bias=False)
        turn.weight.data.copy_(torch.linalg.qr(drawn(8, 8))[0])
        self.turn = orthogonal(turn)
        self.edge = Parameter(torch.zeros(len(rows)))

    def forward(self, x, adjacency):
        x = F.gelu(self.first(x, adjacency))
        x += 0.1  # gelu's result is written to before backward, and then that of a division
        x = self.turn(x)
        x = x / x.norm(dim=1, keepdim=True)
        x.mul_(2.0)
        return F.log_softmax(self.second(x + Spread.apply(edges, self.edge, adjacency.shape, x), adjacency), dim=1)


class Lion(Optimizer):
    def __init__(self, params, lr=required, betas=(0.9, 0.99)):
        super().__init__(params, dict(lr=lr, betas=betas))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            grads = [p.grad for p in params]
            means = [self.state[p].setdefault("mean", torch.zeros_like(p)) for p in params]
            first, second = group["betas"]
            updates = [mean.clone() for mean in means]
            torch._foreach_lerp_(updates, grads, 1 - first)
            torch._foreach_sign_(updates)
            torch._foreach_add_(params, updates, alpha=-group["lr"] / 10)
            torch._foreach_lerp_(means, grads, 1 - second)


graph = (numbers.uniform(size=(12, 12)) < 0.3) | np.eye(12, dtype=bool)
rows, columns = (graph | graph.T).nonzero()
edges = torch.from_numpy(np.vstack((rows, columns)).astype(np.int64))
degrees = np.bincount(rows)
adjacency = torch.sparse.FloatTensor(edges, torch.FloatTensor(1.0 / degrees[rows]), torch.Size([12, 12]))
x, labels = drawn(12, 6), torch.LongTensor(numbers.randint(0, 3, 12))
net = Net().to(args.device)
optimizer = Lion(net.parameters(), lr=args.lr)
print([name for name, _ in net.named_parameters()])
losses = []
for epoch in range(args.epochs):
    optimizer.zero_grad()
    loss = F.nll_loss(net(x, adjacency), labels)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    if epoch % 4 == 3:
        print("epoch {:3d} loss {:.4f} edges {:.4f}".format(epoch, loss, net.edge.grad.norm()))
weight = net.turn.weight
print(
    "right angles:",
    torch.allclose(weight @ weight.T, torch.eye(8), atol=1e-5),
    weight.dtype,
    weight.dtype.is_floating_point,
)
assert losses[-1] < losses[0]
file = io.BytesIO()
torch.save({"args": args, "net": net.state_dict(), "seen": {1, 2}}, file)
file.seek(0)
saved = torch.load(file, weights_only=False)
again = Net()
again.load_state_dict(saved["net"])
print(saved["args"].lr, saved["args"].device, saved["seen"], torch.equal(again(x, adjacency), net(x, adjacency)))
