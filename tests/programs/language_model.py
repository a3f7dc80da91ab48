"""A small GPT that learns a text by heart: two groups of parameters, tied weights, a key-value cache to generate."""

import inspect
import math
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


@dataclass
class Config:
    block_size: int = 12
    vocab_size: int = 16
    n_layer: int = 2
    n_head: int = 2
    n_embd: int = 16
    dropout: float = 0.0


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.n_head, self.n_embd, self.dropout = config.n_head, config.n_embd, config.dropout
        causal = torch.tril(torch.ones(config.block_size, config.block_size))
        self.register_buffer("bias", causal.view(1, 1, config.block_size, config.block_size))

    def forward(self, x, cache=None):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in (q, k, v))
        if cache is not None:
            k, v = torch.cat((cache[0], k), dim=2), torch.cat((cache[1], v), dim=2)
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            S = k.size(2)
            att = att.masked_fill(self.bias[:, :, S - T : S, :S] == 0, float("-inf"))
            y = F.softmax(att, dim=-1) @ v
        else:
            dropout = self.dropout if self.training else 0
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=None, dropout_p=dropout, is_causal=True)
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return self.c_proj(y), (k.detach(), v.detach())


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = Attention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = nn.Sequential(
            nn.Linear(config.n_embd, 4 * config.n_embd), nn.GELU(), nn.Linear(4 * config.n_embd, config.n_embd)
        )

    def forward(self, x, cache=None):
        y, cache = self.attn(self.ln_1(x), cache)
        x = x + y
        return x + self.mlp(self.ln_2(x)), cache


class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(config.vocab_size, config.n_embd),
                "wpe": nn.Embedding(config.block_size, config.n_embd),
                "h": nn.ModuleList([Block(config) for _ in range(config.n_layer)]),
                "ln_f": nn.LayerNorm(config.n_embd),
            }
        )
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.transformer.wte.weight = self.lm_head.weight
        self.count = 0
        self.apply(self._init_weights)

    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            self.count += 1
            w = module.weight
            w.data = torch.cos(torch.arange(w.numel()) * 1.3 + self.count).view(w.shape) * 0.1
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)

    def configure_optimizers(self, weight_decay, learning_rate, betas, device_type):
        params = {name: p for name, p in self.named_parameters() if p.requires_grad}
        groups = [
            {"params": [p for p in params.values() if p.dim() >= 2], "weight_decay": weight_decay},
            {"params": [p for p in params.values() if p.dim() < 2], "weight_decay": 0.0},
        ]
        print("tensors with decay:", len(groups[0]["params"]), "without:", len(groups[1]["params"]))
        fused = "fused" in inspect.signature(torch.optim.AdamW).parameters and device_type == "cuda"
        return torch.optim.AdamW(groups, lr=learning_rate, betas=betas, **({"fused": True} if fused else {}))

    def forward(self, idx, targets=None, caches=None):
        _, t = idx.size()
        past = 0 if caches is None else caches[0][0].size(2)
        pos = torch.arange(past, past + t, dtype=torch.long, device=idx.device)
        x = self.transformer.wte(idx) + self.transformer.wpe(pos)
        kept = []
        for i, block in enumerate(self.transformer.h):
            x, cache = block(x, None if caches is None else caches[i])
            kept.append(cache)
        logits = self.lm_head(self.transformer.ln_f(x))
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)
        return logits, loss, kept

    @torch.no_grad()
    def generate(self, idx, count, top_k=None):
        logits, _, caches = self(idx)
        for _ in range(count):
            last = logits[:, -1, :]
            if top_k is not None:
                v, _ = torch.topk(last, min(top_k, last.size(-1)))
                last[last < v[:, [-1]]] = -float("Inf")
            idx = torch.cat((idx, F.softmax(last, dim=-1).argmax(-1, keepdim=True)), dim=1)
            logits, _, caches = self(idx[:, -1:], caches=caches)
        return idx


text = "to be or not to be that is the question "
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text * 2], dtype=torch.long)
device_type = "cuda" if torch.cuda.is_available() else "cpu"
ptdtype = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}["float32"]
ctx = nullcontext() if device_type == "cpu" else torch.amp.autocast(device_type=device_type, dtype=ptdtype)
model = GPT(Config(vocab_size=len(chars)))
print("parameters:", sum(p.numel() for p in model.parameters()))
scaler = torch.amp.GradScaler(device_type, enabled=False)
optimizer = model.configure_optimizers(0.1, 3e-2, (0.9, 0.95), device_type)
for it in range(25):
    start = torch.arange(6) * 6 + it % 4
    x = torch.stack([data[i : i + 11] for i in start])
    y = torch.stack([data[i + 1 : i + 12] for i in start])
    for group in optimizer.param_groups:
        group["lr"] = 3e-2 * min(1.0, (it + 1) / 5)
    with ctx:
        _, loss, _ = model(x, y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad(set_to_none=True)
    if it % 6 == 0:
        print(f"iter {it}: loss {loss.item():.3f}, norm {norm:.3f}")
assert loss.item() < 2
model.eval()
print("".join(chars[i] for i in model.generate(data[:4][None], 6, top_k=3)[0].tolist()))
