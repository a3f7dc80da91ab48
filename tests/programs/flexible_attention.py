"""Attention whose scores and masks are functions of positions: causal, windows, documents, ALiBi, capped scores."""

import torch
from torch.nn.attention.flex_attention import and_masks, create_block_mask, create_mask, flex_attention, or_masks

torch.set_default_dtype(torch.float64)
B, H, L, E = 2, 4, 6, 3


def waves(*shape, phase=0.0):
    count = torch.Size(shape).numel()
    return torch.sin(torch.arange(count) * 1.7 + phase).view(shape)


def show(title, *tensors):
    print(title, *[f"{x.sum().item():.6f} {x.abs().sum().item():.6f}" for x in tensors])


def causal(b, h, q_idx, kv_idx):
    return q_idx >= kv_idx


def window(b, h, q_idx, kv_idx):
    return q_idx - kv_idx <= 2


document = torch.tensor([0, 0, 1, 1, 1, 2])
slopes = torch.exp2(-torch.arange(1, H + 1) * 8.0 / H)
query, key, value = (waves(B, H, L, E, phase=k) for k in range(3))
show("plain", flex_attention(query, key, value))
show("scale", flex_attention(query, key, value, scale=0.3))
show("alibi", flex_attention(query, key, value, lambda s, b, h, i, j: s + slopes[h] * (j - i)))
show("capped", flex_attention(query, key, value, lambda s, b, h, i, j: 2 * torch.tanh(s / 2)))
show("by batch", flex_attention(query, key, value, lambda s, b, h, i, j: torch.where(i >= j + b, s, -1.0)))
masks = {
    "causal": causal,
    "window": and_masks(causal, window),
    "documents": lambda b, h, i, j: document[i] == document[j],
    "either": or_masks(lambda b, h, i, j: i == j, lambda b, h, i, j: j < 2),
    "nothing seen": lambda b, h, i, j: i > j + 2,
}
for name, mask in masks.items():
    block = create_block_mask(mask, None, None, L, L, device="cpu")
    print(create_mask(mask, 1, 1, L, L, device="cpu").int().sum().item())
    show(name, flex_attention(query, key, value, block_mask=block))
    show(f"{name}, alibi", flex_attention(query, key, value, lambda s, b, h, i, j: s + slopes[h] * (j - i), block))
heads = create_block_mask(lambda b, h, i, j: (i >= j) | (h == 0), B, H, L, L, device="cpu")
show("by head", flex_attention(query, key, value, block_mask=heads))
shared = flex_attention(query, key[:, :2], value[:, :2], enable_gqa=True, block_mask=heads)
show("shared keys", shared)
