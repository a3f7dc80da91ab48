"""Multiply-adds beside PyTorch's counter of floating-point operations, which counts two for each."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tinygrad_edu import nn

MODULES = {
    "linear": (lambda nn: nn.Linear(5, 7), [(3, 4, 5)]),
    "mlp": (lambda nn: nn.Sequential(nn.Linear(5, 7, bias=False), nn.GELU(), nn.Linear(7, 2)), [(3, 5)]),
    "conv1d": (lambda nn: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), [(2, 4, 11)]),
    "conv2d": (lambda nn: nn.Conv2d(3, 8, (3, 5), dilation=2, padding="same"), [(2, 3, 9, 8)]),
    "conv3d": (lambda nn: nn.Conv3d(2, 3, 2), [(1, 2, 4, 4, 4)]),
    "depthwise": (lambda nn: nn.Conv2d(6, 6, 3, groups=6), [(1, 6, 8, 8)]),
    "transposed": (lambda nn: nn.ConvTranspose2d(4, 3, 3, stride=2, output_padding=1), [(2, 4, 5, 6)]),
    "transposed, groups": (lambda nn: nn.ConvTranspose1d(4, 6, 3, groups=2), [(2, 4, 5)]),
    "encoder layer": (lambda nn: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), [(3, 5, 8)]),
    "transformer": (lambda nn: nn.Transformer(8, 2, 1, 1, 16, batch_first=True), [(3, 5, 8), (3, 4, 8)]),
    "rnn cell": (lambda nn: nn.RNNCell(3, 4), [(2, 3)]),
    "lstm cell": (lambda nn: nn.LSTMCell(3, 4), [(2, 3)]),
    "gru cell": (lambda nn: nn.GRUCell(3, 4), [(2, 3)]),
}


@pytest.mark.parametrize("kind", MODULES)
def test_multiply_adds_are_half_of_pytorchs_operations(kind):
    make, sizes = MODULES[kind]
    theirs = make(torch.nn)  # in training mode, in which PyTorch takes no fused way that its counter does not see
    with FlopCounterMode(display=False) as counter:
        theirs(*[torch.ones(size) for size in sizes])
    found = nn.summary(make(nn), sizes)
    assert 2 * found.multiply_adds == counter.get_total_flops() > 0
    assert found.parameters == sum(p.numel() for p in theirs.parameters())
