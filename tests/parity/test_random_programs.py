"""Random programs of operations, views, writes in place and hooks: every value and gradient is PyTorch's."""

import random
import re

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

SHAPES = [(3,), (2, 3), (3, 2), (1, 3), (2, 1), (2, 3, 2), (), (4,), (1,)]
LARGEST = 100  # elements

OPERATIONS = {
    "sin": lambda m, x, y, a: x.sin(),
    "tanh": lambda m, x, y, a: x.tanh(),
    "relu": lambda m, x, y, a: x.relu(),
    "clone": lambda m, x, y, a: x.clone(),
    "contiguous": lambda m, x, y, a: x.contiguous(),
    "add": lambda m, x, y, a: x + y,
    "mul": lambda m, x, y, a: x * y,
    "div": lambda m, x, y, a: x / (y * y + 1),
    "maximum": lambda m, x, y, a: m.maximum(x, y),
    "where": lambda m, x, y, a: m.where(x > 0.1, x, y),
    "sum": lambda m, x, y, a: x.sum(a % 2, keepdim=a > 1),
    "mean": lambda m, x, y, a: x.mean(),
    "var": lambda m, x, y, a: x.var(a % 2, unbiased=False),
    "prod": lambda m, x, y, a: x.prod(),
    "max": lambda m, x, y, a: x.max(a % 2)[0],
    "sort": lambda m, x, y, a: x.sort(a % 2)[0],
    "cumsum": lambda m, x, y, a: x.cumsum(a % 2),
    "softmax": lambda m, x, y, a: x.softmax(a % 2),
    "logsumexp": lambda m, x, y, a: x.logsumexp(a % 2),
    "cat": lambda m, x, y, a: m.cat([x, y], a % 2),
    "stack": lambda m, x, y, a: m.stack([x, y], a % 2),
    "matmul": lambda m, x, y, a: x @ y,
    "index_select": lambda m, x, y, a: x.index_select(a % 2, m.tensor([0, 0])),
    "gather": lambda m, x, y, a: x.gather(0, m.zeros(x.shape, dtype=m.int64)),
    "elements": lambda m, x, y, a: x[[0, -1, 0]],
    "roll": lambda m, x, y, a: x.roll(1, a % 2) if x.numel() else x,  # PyTorch looks at no dimension of nothing
    "pad": lambda m, x, y, a: m.nn.functional.pad(x, (1, a % 2)),
    "repeat": lambda m, x, y, a: x.repeat(2, *[1] * (x.ndim - 1)),
}
VIEWS = {
    "entry": lambda m, x, y, a: x[a - 2],
    "rows": lambda m, x, y, a: x[a - 1 :],
    "column": lambda m, x, y, a: x[..., a - 1],
    "transpose": lambda m, x, y, a: x.transpose(0, -1),
    "reshape": lambda m, x, y, a: x.reshape(-1),
    "view": lambda m, x, y, a: x.view(x.shape[::-1]),
    "expand": lambda m, x, y, a: x.expand(2, *x.shape),
    "unsqueeze": lambda m, x, y, a: x.unsqueeze(-1 if a % 2 else 0),
    "squeeze": lambda m, x, y, a: x.squeeze(),
    "narrow": lambda m, x, y, a: x.narrow(a % 2, 0, 1 + a // 2),
    "diagonal": lambda m, x, y, a: x.diagonal(),
    "unbind": lambda m, x, y, a: x.unbind(a % 2)[a // 2],
    "chunk": lambda m, x, y, a: x.chunk(2, a % 2)[a // 2],
    "detach": lambda m, x, y, a: x.detach(),
}
WRITES = {
    "add_": lambda m, x, y, a: x.add_(y, alpha=a - 1),
    "mul_": lambda m, x, y, a: x.mul_(y),
    "square": lambda m, x, y, a: x.mul_(x),
    "copy_": lambda m, x, y, a: x.copy_(y),
    "zero_": lambda m, x, y, a: x.zero_(),
    "fill_": lambda m, x, y, a: x.fill_(a / 2),
    "exp_": lambda m, x, y, a: x.exp_(),
    "relu_": lambda m, x, y, a: x.relu_(),
    "clamp_": lambda m, x, y, a: x.clamp_(-1, 1),
    "masked_fill_": lambda m, x, y, a: x.masked_fill_(x > 0.2, a / 2),
    "entry": lambda m, x, y, a: x.__setitem__(a - 2, y),
    "rows": lambda m, x, y, a: x.__setitem__(slice(1, None), a / 2),
    "several": lambda m, x, y, a: x.__setitem__([0, -1], a / 2),
}
HOOKS = {
    "doubled": lambda m, x, y, a: x.register_hook(lambda g: g * 2),
    "kept": lambda m, x, y, a: x.retain_grad(),
}
STEPS = [(group, name) for group in (OPERATIONS, VIEWS, WRITES) for name in group]

# Where PyTorch refuses, or says no more than that nobody knows what happens, and we compute what was written.
REFUSED = re.compile(
    "is a view and|view was created in|a view of a leaf|single memory location|invalid gradient at|"
    "modified by an inplace|unallocated"
)


def start(m, seed):
    draw = np.random.default_rng(seed)
    leaves = [
        m.tensor(draw.normal(size=SHAPES[draw.integers(len(SHAPES))]).round(3), requires_grad=i < 3) for i in range(4)
    ]
    return [*leaves, *[x * 1 for x in leaves]]


def overlaps(x, y):
    """Whether a write to x may change what is read of y while it is read, which PyTorch does not always notice."""
    return x is not y and np.shares_memory(x.detach().numpy(), y.detach().numpy())


def program(seed, length=14):
    """Steps that PyTorch makes: (kind, name, which Tensor, which other, a number); None where it refuses a write."""
    draw = random.Random(seed)
    found, steps = start(torch, seed), []
    while len(steps) < length:
        group, name = draw.choice([*STEPS, *[(HOOKS, name) for name in HOOKS] * 2])
        i, j, a = draw.randrange(len(found)), draw.randrange(len(found)), draw.randrange(4)
        x, y = found[i], found[j]
        if group is WRITES and (overlaps(x, y) or 0 in x.stride()):
            continue
        if group is HOOKS and x._is_view():  # PyTorch loses hooks of views that are written to
            continue
        try:
            result = group[name](torch, x, y, a)
        except (RuntimeError, IndexError, TypeError) as error:
            if group is WRITES and REFUSED.search(str(error)):
                return None
            continue
        steps.append((group, name, i, j, a))
        if group in (OPERATIONS, VIEWS) and result.numel() <= LARGEST:
            found.append(result)
    return steps


def outcome(m, steps, seed):
    """The Tensors of a program, after backward, with what they say of themselves."""
    found = start(m, seed)
    for group, name, i, j, a in steps:
        result = group[name](m, found[i], found[j], a)
        if group in (OPERATIONS, VIEWS) and result.numel() <= LARGEST:
            found.append(result)
    sum((i + 1) * x.tanh().sum() for i, x in enumerate(found[4::3])).backward()
    return [(x, x.requires_grad, x.is_leaf, x.grad) for x in found]


@pytest.mark.filterwarnings("ignore:.*not a leaf:UserWarning")
@pytest.mark.filterwarnings("ignore:backward leaves no .grad:UserWarning")
@pytest.mark.filterwarnings("ignore:var():UserWarning")
@pytest.mark.parametrize("block", range(50))
def test_values_and_gradients(block):
    for seed in range(20 * block, 20 * block + 20):
        check(seed)


def check(seed):
    steps = program(seed)
    if steps is None:
        return
    told = "\n".join(f"{name} of {i} and {j}, {a}" for _, name, i, j, a in steps)
    try:
        expected = outcome(torch, steps, seed)
    except RuntimeError as error:
        if not REFUSED.search(str(error)):
            raise
        return
    for i, (ours, theirs) in enumerate(zip(outcome(tg, steps, seed), expected, strict=True)):
        (x, *said, g), (y, *known, h) = ours, theirs
        np.testing.assert_allclose(
            x.detach().numpy(), y.detach().numpy(), 1e-9, 1e-12, err_msg=f"{i} of {seed}:\n{told}"
        )
        assert [*said, g is None] == [*known, h is None], f"{i} of {seed}:\n{told}"
        if h is not None:
            np.testing.assert_allclose(g.numpy(), h.numpy(), 1e-8, 1e-12, err_msg=f"gradient {i} of {seed}:\n{told}")
