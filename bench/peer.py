"""The same classifier in PyTorch, for bench/peers.ts to compare with: BERT for natural language inference as
sections 15.8 and 16.7 of "Dive into Deep Learning" describe it, trained the way four kinds of user would.

padded    every example padded to the maximum length, as the book does
dynamic   every batch padded to its longest example
sorted    batches of examples of similar length: 50 batches are drawn, sorted by length and cut
compiled  the same through torch.compile(dynamic=True)

The one argument is a JSON object with sizes and settings. Then each line on stdin asks for steps and is answered
by a line on stdout, both JSON.
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Multi-head self-attention; scores at padding become -1e6 before the softmax."""

    def __init__(self, hidden, heads, dropout):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(hidden, hidden) for _ in range(4))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, padding):
        batch, length, hidden = x.shape

        def by_head(y):  # [B, T, H] -> [B, N, T, D]
            return y.view(batch, length, self.heads, hidden // self.heads).transpose(1, 2)

        q, k, v = by_head(self.query(x)), by_head(self.key(x)), by_head(self.value(x))
        scores = q @ k.transpose(2, 3) / math.sqrt(hidden // self.heads)
        weights = self.dropout(torch.softmax(scores.masked_fill(padding, -1e6), dim=-1))
        return self.out((weights @ v).transpose(1, 2).reshape(batch, length, hidden))


class Block(nn.Module):
    """Attention and a feed-forward network, each followed by dropout, residual and LayerNorm."""

    def __init__(self, hidden, ffn, heads, dropout):
        super().__init__()
        self.attention = Attention(hidden, heads, dropout)
        self.widen, self.narrow = nn.Linear(hidden, ffn), nn.Linear(ffn, hidden)
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, padding):
        x = self.norm1(x + self.dropout(self.attention(x, padding)))
        return self.norm2(x + self.dropout(self.narrow(F.relu(self.widen(x)))))


class Classifier(nn.Module):
    def __init__(self, vocabularySize, hidden, ffn, heads, blocks, maxPositions, labels, dropout):
        super().__init__()
        self.tokens, self.segments = nn.Embedding(vocabularySize, hidden), nn.Embedding(2, hidden)
        self.positions = nn.Parameter(torch.randn(1, maxPositions, hidden))
        self.blocks = nn.ModuleList(Block(hidden, ffn, heads, dropout) for _ in range(blocks))
        self.hidden, self.output = nn.Linear(hidden, hidden), nn.Linear(hidden, labels)

    def forward(self, tokens, segments, lengths):
        places = torch.arange(tokens.shape[1])
        padding = (places >= lengths[:, None])[:, None, None, :]  # [B, 1, 1, T]
        x = self.tokens(tokens) + self.segments(segments) + self.positions[:, : tokens.shape[1]]
        for block in self.blocks:
            x = block(x, padding)
        return self.output(torch.tanh(self.hidden(x[:, 0])))


class Examples:
    """What peer.ts wrote: n, offsets, lengths of segment 0, labels, token ids."""

    def __init__(self, path):
        with open(path, "rb") as file:
            numbers = torch.frombuffer(bytearray(file.read()), dtype=torch.int32).long()
        n = int(numbers[0])
        offsets, self.premises, self.labels, self.ids = numbers[1:].split([n + 1, n, n, len(numbers) - 3 * n - 2])
        self.starts, self.lengths = offsets[:-1], offsets.diff()

    def collate(self, chosen, length):
        """Tensors of a batch, padded to `length`, or to its longest example where that is None."""
        lengths = self.lengths[chosen]
        places = torch.arange(length or int(lengths.max()))
        real = places < lengths[:, None]
        at = (self.starts[chosen, None] + places).clamp(max=len(self.ids) - 1)
        tokens = torch.where(real, self.ids[at], 0)
        segments = (real & (places >= self.premises[chosen, None])).long()
        return tokens, segments, lengths, self.labels[chosen]


class Bench:
    def __init__(self, *, data, batchSize, maxLength, threads, **sizes):
        torch.manual_seed(0)
        torch.set_num_threads(threads)
        self.examples = Examples(data)
        self.batch_size, self.max_length = batchSize, maxLength
        self.plain = Classifier(**sizes)
        self.compiled = torch.compile(self.plain, dynamic=True)
        self.optimizer = torch.optim.Adam(self.plain.parameters(), lr=1e-4)

    def answer(self, work, mode, warmup, steps, seconds):
        net = self.compiled if mode == "compiled" else self.plain
        net.train(work == "train")
        if warmup > 0:
            self.run(net, work, mode, warmup, seconds)
        return self.run(net, work, mode, steps, seconds)

    def run(self, net, work, mode, steps, seconds):
        spent = taken = examples = 0
        for chosen in self.batches(steps, mode in ("sorted", "compiled")):
            started = time.perf_counter()
            self.step(net, work, mode, chosen)
            spent += time.perf_counter() - started
            taken += 1
            examples += len(chosen)
            if spent >= seconds and mode in ("padded", "dynamic"):
                break
        return {"examples": examples, "steps": taken, "seconds": spent}

    def batches(self, count, by_length):
        """Indices of `count` batches; sorted ones evenly spread from the shortest to the longest of a pool."""
        size = self.batch_size
        order = torch.randperm(len(self.examples.labels))
        if not by_length:
            whole = len(order) // size
            return [order[i % whole * size :][:size] for i in range(count)]
        pool = order[: 50 * size]
        pool = pool[self.examples.lengths[pool].argsort()]
        whole = len(pool) // size
        return [pool[int((i + 0.5) * whole / count) * size :][:size] for i in range(count)]

    def step(self, net, work, mode, chosen):
        length = self.max_length if mode == "padded" else None
        *inputs, labels = self.examples.collate(chosen, length)
        if work == "forward":
            with torch.no_grad():
                net(*inputs)
            return
        self.optimizer.zero_grad()
        F.cross_entropy(net(*inputs), labels).backward()
        self.optimizer.step()


def main():
    bench = Bench(**json.loads(sys.argv[1]))
    for line in sys.stdin:
        try:
            answer = bench.answer(**json.loads(line))
        except Exception as error:  # torch.compile fails in many ways, for want of a compiler first of all
            answer = {"error": (str(error).strip().splitlines() or [type(error).__name__])[0]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
