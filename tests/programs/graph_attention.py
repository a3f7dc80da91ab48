"""A graph attention network over a list of edges: softmax over neighbours by scatter, parameters from Tensor types."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter


class GraphAttention(Module):
    def __init__(self, in_features, out_features, heads):
        super(GraphAttention, self).__init__()
        self.heads, self.out_features = heads, out_features
        self.weight = Parameter(torch.FloatTensor(in_features, heads * out_features))
        self.source = Parameter(torch.Tensor(1, heads, out_features))
        self.target = Parameter(torch.empty(size=(1, heads, out_features)))
        self.register_parameter("bias", None)
        self.leakyrelu = nn.LeakyReLU(0.2)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        for i, p in enumerate(self.parameters()):
            p.data.copy_(torch.linspace(-stdv, stdv, p.numel()).mul(9 + i).sin().view_as(p))

    def forward(self, x, edges):
        src, dst = edges
        n = x.size(0)
        h = torch.mm(x, self.weight).view(n, self.heads, self.out_features)
        e = self.leakyrelu((h * self.source).sum(-1)[src] + (h * self.target).sum(dim=-1)[dst])
        index = dst.view(-1, 1).expand_as(e)
        top = torch.full((n, self.heads), -9e15).scatter_reduce(0, index, e, reduce="amax")
        e = torch.exp(e - top.index_select(0, dst))
        total = x.new_zeros(n, self.heads).scatter_add_(0, index, e)
        e = e / (total[dst] + 1e-16)
        out = torch.zeros(n, self.heads, self.out_features)
        out.index_add_(0, dst, h[src] * e.unsqueeze(-1))
        return out.flatten(1)

    def __repr__(self):
        return self.__class__.__name__ + f" ({self.weight.size(0)} -> {self.out_features} x {self.heads})"


class GAT(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [GraphAttention(5, 4, 2), GraphAttention(8, 3, 1)]
        for i, layer in enumerate(self.layers):
            self.add_module("attention_{}".format(i), layer)

    def forward(self, x, edges):
        x = F.elu(self.layers[0](x, edges))
        x = F.dropout(x, 0.0, training=self.training)
        return F.log_softmax(self.layers[1](x, edges), dim=1)


def accuracy(output, labels):
    preds = output.max(1)[1].type_as(labels)
    return preds.eq(labels).double().sum() / len(labels)


nodes = torch.arange(18)
adjacency = ((nodes[:, None] - nodes[None]) % 6 == 0).float()
adjacency[nodes, (nodes + 1) % 18] = 1
adjacency = ((adjacency + adjacency.t() + torch.eye(18)) > 0).float()
edges = adjacency.nonzero(as_tuple=False).t().contiguous()
features = torch.cos(nodes[:, None] * torch.arange(1, 6) * 0.35)
labels = torch.LongTensor([int(n) % 3 for n in nodes])
train, val = torch.LongTensor(range(12)), torch.arange(12, 18)
model = GAT()
print(model)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05, weight_decay=5e-4)
first = None
for epoch in range(8):
    model.train()
    optimizer.zero_grad()
    output = model(features, edges)
    loss = F.nll_loss(output[train], labels[train])
    loss.backward()
    optimizer.step()
    first = first or loss.item()
    if epoch % 2 == 0:
        model.eval()
        print(
            f"epoch {epoch}: loss {loss.item():.4f}, accuracy {accuracy(model(features, edges)[val], labels[val]):.2f}"
        )
assert loss.item() < first
