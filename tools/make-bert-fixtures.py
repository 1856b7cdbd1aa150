"""Writes test/fixtures/weights/bert*: the tiny BERT saved by PyTorch, and bert-expected.json with its input, an
output layer and the logits that PyTorch computes.

    pip install torch==2.13 numpy
    python tools/make-bert-fixtures.py              writes the fixtures
    python tools/make-bert-fixtures.py --load FILE  loads FILE (weights_only=True) into BERTModel strictly and
                                                    prints the logits, for files that tunebert converted
    python tools/make-bert-fixtures.py --classifier FILE   the same with BERTClassifier, whose output layer FILE has
"""

import json
import math
import sys
from pathlib import Path

import torch
from torch import nn

import tiny_bert as tiny

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "weights"


def main():
    model = BERTModel()
    model.load_state_dict({name: torch.tensor(value) for name, value in tiny.values().items()}, strict=True)
    torch.save(model.state_dict(), OUT / "bert.zip.pt")
    torch.save(model.state_dict(), OUT / "bert.legacy.pt", _use_new_zipfile_serialization=False)
    expected = {
        "heads": tiny.N,
        "tokens": tiny.TOKENS,
        "segments": tiny.SEGMENTS,
        "lengths": tiny.LENGTHS,
        "output": {name: value.reshape(-1).tolist() for name, value in tiny.output_layer().items()},
        "logits": logits(with_output_layer(model)),
    }
    (OUT / "bert-expected.json").write_text(json.dumps(expected, indent=1) + "\n")


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(tiny.H, tiny.H) for _ in range(4))

    def forward(self, x, mask):
        q, k, v = (self.heads(layer(x)) for layer in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-1, -2) / math.sqrt(tiny.H / tiny.N) + mask
        return self.W_o((scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape))

    def heads(self, x):
        return x.reshape(x.shape[0], x.shape[1], tiny.N, -1).transpose(1, 2)


class AddNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln = nn.LayerNorm(tiny.H)

    def forward(self, x, y):
        return self.ln(x + y)


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense1, self.dense2 = nn.Linear(tiny.H, tiny.F), nn.Linear(tiny.F, tiny.H)

    def forward(self, x):
        return self.dense2(self.dense1(x).relu())


class EncoderBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.addnorm1, self.ffn, self.addnorm2 = Attention(), AddNorm(), FeedForward(), AddNorm()

    def forward(self, x, mask):
        y = self.addnorm1(x, self.attention(x, mask))
        return self.addnorm2(y, self.ffn(y))


class BERTEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.token_embedding = nn.Embedding(tiny.V, tiny.H)
        self.segment_embedding = nn.Embedding(2, tiny.H)
        self.blks = nn.Sequential(*(EncoderBlock() for _ in range(tiny.BLOCKS)))
        self.pos_embedding = nn.Parameter(torch.randn(1, tiny.MAX_LEN, tiny.H))

    def forward(self, tokens, segments, lengths):
        mask = torch.where(torch.arange(tokens.shape[1]) < lengths[:, None, None, None], 0.0, -1e6)
        x = self.token_embedding(tokens) + self.segment_embedding(segments) + self.pos_embedding[:, : tokens.shape[1]]
        for block in self.blks:
            x = block(x, mask)
        return x


class MaskLM(nn.Module):
    def __init__(self):
        super().__init__()
        head = [nn.Linear(tiny.H, tiny.H), nn.ReLU(), nn.LayerNorm(tiny.H), nn.Linear(tiny.H, tiny.V)]
        self.mlp = nn.Sequential(*head)


class NextSentencePred(nn.Module):
    def __init__(self):
        super().__init__()
        self.output = nn.Linear(tiny.H, 2)


class BERTModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = BERTEncoder()
        self.hidden = nn.Sequential(nn.Linear(tiny.H, tiny.H), nn.Tanh())
        self.mlm = MaskLM()
        self.nsp = NextSentencePred()


class BERTClassifier(nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.encoder = bert.encoder
        self.hidden = bert.hidden
        self.output = nn.Linear(tiny.H, tiny.LABELS)

    def forward(self, tokens, segments, lengths):
        return self.output(self.hidden(self.encoder(tokens, segments, lengths)[:, 0]))


def with_output_layer(model):
    classifier = BERTClassifier(model)
    output = {name: torch.tensor(value) for name, value in tiny.output_layer().items()}
    classifier.load_state_dict(classifier.state_dict() | output, strict=True)
    return classifier


@torch.no_grad()
def logits(classifier):
    inputs = (torch.tensor(values) for values in (tiny.TOKENS, tiny.SEGMENTS, tiny.LENGTHS))
    return classifier(*inputs).tolist()


def load(kind, path):
    state = torch.load(path, weights_only=True)
    model = BERTModel()
    classifier = BERTClassifier(model)
    (model if kind == "--load" else classifier).load_state_dict(state, strict=True)
    print(json.dumps(logits(with_output_layer(model) if kind == "--load" else classifier)))


if __name__ == "__main__":
    load(*sys.argv[1:]) if sys.argv[1:] else main()
