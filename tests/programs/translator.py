"""nn.Transformer learns to turn a sequence round: masks for the future and for padding, greedy decoding."""

import math

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD, BOS, EOS = 0, 1, 2
torch.set_default_dtype(torch.float64)


class PositionalEncoding(nn.Module):
    def __init__(self, size, longest=20):
        super().__init__()
        scale = torch.exp(-torch.arange(0, size, 2) * math.log(10000) / size)
        pos = torch.arange(0, longest).reshape(longest, 1)
        table = torch.zeros((longest, size))
        table[:, 0::2] = torch.sin(pos * scale)
        table[:, 1::2] = torch.cos(pos * scale)
        self.register_buffer("table", table.unsqueeze(-2))

    def forward(self, x):
        return x + self.table[: x.size(0), :]


class Translator(nn.Module):
    def __init__(self, vocabulary, size):
        super().__init__()
        self.transformer = nn.Transformer(
            d_model=size, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=32, dropout=0.0
        )
        self.src_embedding, self.tgt_embedding = nn.Embedding(vocabulary, size), nn.Embedding(vocabulary, size)
        self.positions = PositionalEncoding(size)
        self.generator = nn.Linear(size, vocabulary)

    def forward(self, src, tgt):
        future = nn.Transformer.generate_square_subsequent_mask(tgt.size(0))
        out = self.transformer(
            self.positions(self.src_embedding(src)),
            self.positions(self.tgt_embedding(tgt)),
            tgt_mask=future,
            src_key_padding_mask=(src == PAD).transpose(0, 1),
            tgt_key_padding_mask=torch.zeros_like(tgt.t(), dtype=torch.get_default_dtype()).masked_fill(
                tgt.t() == PAD, float("-inf")
            ),
            memory_key_padding_mask=(src == PAD).transpose(0, 1).to(torch.bool),
        )
        return self.generator(out)


def collate(batch):
    src = [torch.tensor([BOS, *x, EOS]) for x in batch]
    tgt = [torch.tensor([BOS, *x[::-1], EOS]) for x in batch]
    return pad_sequence(src, padding_value=PAD), pad_sequence(tgt, padding_value=PAD)


def fill(model):
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.sin(torch.arange(p.numel(), dtype=p.dtype) * 1.7 + i).view_as(p) / math.sqrt(p[0].numel()))


def greedy(model, src, longest):
    model.eval()
    with torch.no_grad():
        memory = model.transformer.encoder(model.positions(model.src_embedding(src)))
        ys = torch.ones(1, 1).fill_(BOS).type(torch.long)
        for _ in range(longest):
            mask = nn.Transformer.generate_square_subsequent_mask(ys.size(0))
            out = model.transformer.decoder(model.positions(model.tgt_embedding(ys)), memory, mask)
            _, word = torch.max(model.generator(out.transpose(0, 1)[:, -1]), dim=1)
            ys = torch.cat([ys, torch.ones(1, 1).type_as(src.data).fill_(word.item())], dim=0)
            if word.item() == EOS:
                break
    return ys.flatten().tolist()


sentences = [[3 + (i * j + i) % 5 for j in range(2 + i % 3)] for i in range(12)]
model = Translator(8, 16)
fill(model)
criterion = nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=0.05)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, betas=(0.9, 0.98), eps=1e-9)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 4, 2 / math.sqrt(step + 1)))
first = None
for epoch in range(4):
    model.train()
    losses = 0.0
    for src, tgt in DataLoader(sentences, batch_size=6, collate_fn=collate):
        logits = model(src, tgt[:-1])
        optimizer.zero_grad()
        loss = criterion(logits.reshape(-1, logits.shape[-1]), tgt[1:].reshape(-1))
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses += loss.item()
    first = first or losses
    print(f"epoch {epoch}: loss {losses:.4f}, rate {scheduler.get_last_lr()[0]:.5f}")
assert losses < first
print(greedy(model, torch.tensor([[1], [3], [4], [2]]), 6))
