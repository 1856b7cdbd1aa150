"""Pretraining in PyTorch, for bench/pretraining.ts to compare with: the masked language model and next-sentence prediction
of sections 15.8 to 15.10 of "Dive into Deep Learning".

padded  every example padded to the maximum length, and its masked places to their greatest number, as the book does
sorted  batches of examples of similar length, padded to the longest; masked places without padding

The one argument is a JSON object; a line of JSON tells pairs per second.
"""

import json
import sys
import time

import torch
from peer import Block
from torch import nn
from torch.nn import functional as F


class Model(nn.Module):
    def __init__(self, vocabularySize, hidden, ffn, heads, blocks, maxPositions, dropout):
        super().__init__()
        self.tokens, self.segments = nn.Embedding(vocabularySize, hidden), nn.Embedding(2, hidden)
        self.positions = nn.Parameter(torch.randn(1, maxPositions, hidden))
        self.blocks = nn.ModuleList(Block(hidden, ffn, heads, dropout) for _ in range(blocks))
        self.hidden, self.next = nn.Linear(hidden, hidden), nn.Linear(hidden, 2)
        self.words = nn.Sequential(
            nn.Linear(hidden, hidden), nn.ReLU(), nn.LayerNorm(hidden), nn.Linear(hidden, vocabularySize)
        )

    def forward(self, tokens, segments, lengths, rows, places):
        padding = (torch.arange(tokens.shape[1]) >= lengths[:, None])[:, None, None, :]
        x = self.tokens(tokens) + self.segments(segments) + self.positions[:, : tokens.shape[1]]
        for block in self.blocks:
            x = block(x, padding)
        return self.words(x[rows, places]), self.next(torch.tanh(self.hidden(x[:, 0])))


def collate(examples, length, slots):
    """Tensors of a batch; with `slots` so many masked places of every example, of which those that are none weigh nothing."""
    longest = length or max(len(example["ids"]) for example in examples)
    size = len(examples)
    tokens = torch.zeros(size, longest, dtype=torch.long)
    segments = torch.zeros_like(tokens)
    rows, places, labels, weights = [], [], [], []
    for b, example in enumerate(examples):
        ids = example["ids"]
        tokens[b, : len(ids)] = torch.tensor(ids)
        segments[b, example["firstLength"] : len(ids)] = 1
        empty = max(0, slots - len(example["places"]))
        rows += [b] * (len(example["places"]) + empty)
        places += example["places"] + [0] * empty
        labels += example["tokens"] + [0] * empty
        weights += [1.0] * len(example["places"]) + [0.0] * empty
    lengths = torch.tensor([len(example["ids"]) for example in examples])
    is_next = torch.tensor([int(example["isNext"]) for example in examples])
    return tokens, segments, lengths, *map(torch.tensor, (rows, places, labels, weights)), is_next


def main():
    asked = json.loads(sys.argv[1])
    with open(asked["data"]) as file:
        examples = json.load(file)
    torch.manual_seed(0)
    torch.set_num_threads(asked["threads"])
    net = Model(**asked["model"])
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    size, padded = asked["batchSize"], asked["mode"] == "padded"
    if not padded:
        examples.sort(key=lambda example: len(example["ids"]))
    batches = [examples[start : start + size] for start in range(0, len(examples) - size + 1, size)]
    # Sorted batches differ in length: those that are timed are spread over all.
    batches = [batches[int(i * len(batches) / asked["steps"])] for i in range(asked["steps"])]
    made = [collate(batch, asked["maxLength"] if padded else None, asked["slots"] if padded else 0) for batch in batches]
    seconds = 0
    for step, (tokens, segments, lengths, rows, places, labels, weights, is_next) in enumerate(made[:1] + made):
        started = time.perf_counter()
        words, following = net(tokens, segments, lengths, rows, places)
        loss = (F.cross_entropy(words, labels, reduction="none") * weights).sum() / weights.sum()
        optimizer.zero_grad()
        (loss + F.cross_entropy(following, is_next)).backward()
        optimizer.step()
        if step > 0:
            seconds += time.perf_counter() - started
    print(json.dumps({"pairs": size * len(made) / seconds, "torch": torch.__version__}))


main()
