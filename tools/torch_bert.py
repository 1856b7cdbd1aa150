"""BERT and its classifier as d2l defines them (sections 15.8 and 16.7), in PyTorch, and pairs encoded for them: shared
by the scripts that record what PyTorch makes of them."""

import torch
from torch import nn


def encode(pairs, words, labels, max_length):
    """Section 16.7: the longer text is cut, then <cls> premise <sep> hypothesis <sep> and padding."""
    ids = {word: i for i, word in enumerate(words)}
    tokens, segments, lengths = [], [], []
    for pair in pairs:
        premise, hypothesis = pair["text"].split(), pair["textPair"].split()
        while len(premise) + len(hypothesis) > max_length - 3:
            (premise if len(premise) > len(hypothesis) else hypothesis).pop()
        row = ["<cls>", *premise, "<sep>", *hypothesis, "<sep>"]
        padding = max_length - len(row)
        tokens.append([ids.get(word, ids["<unk>"]) for word in row] + [ids["<pad>"]] * padding)
        segments.append([0] * (len(premise) + 2) + [1] * (len(hypothesis) + 1) + [0] * padding)
        lengths.append(len(row))
    ids_of_labels = [labels.index(pair["label"]) for pair in pairs]
    return [torch.tensor(column) for column in (tokens, segments, lengths, ids_of_labels)]


class Attention(nn.Module):
    """Multi-head attention over (batch, tokens, hidden), of which only the first `lengths` tokens are looked at."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        for name in ["W_q", "W_k", "W_v", "W_o"]:
            setattr(self, name, nn.Linear(hidden, hidden))

    def forward(self, x, lengths):
        by_head = lambda y: y.unflatten(2, (self.heads, -1)).transpose(1, 2)
        q, k, v = by_head(self.W_q(x)), by_head(self.W_k(x)), by_head(self.W_v(x))
        scores = q @ k.mT / q.shape[-1] ** 0.5
        padding = torch.arange(x.shape[1]) >= lengths[:, None]
        weights = scores.masked_fill(padding[:, None, None, :], -1e6).softmax(-1)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2))


class AddNorm(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.ln = nn.LayerNorm(hidden)

    def forward(self, x, y):
        return self.ln(x + y)


class FeedForward(nn.Module):
    def __init__(self, hidden, ffn):
        super().__init__()
        self.dense1 = nn.Linear(hidden, ffn)
        self.dense2 = nn.Linear(ffn, hidden)

    def forward(self, x):
        return self.dense2(self.dense1(x).relu())


class Block(nn.Module):
    def __init__(self, hidden, ffn, heads):
        super().__init__()
        self.attention = Attention(hidden, heads)
        self.addnorm1 = AddNorm(hidden)
        self.ffn = FeedForward(hidden, ffn)
        self.addnorm2 = AddNorm(hidden)

    def forward(self, x, lengths):
        y = self.addnorm1(x, self.attention(x, lengths))
        return self.addnorm2(y, self.ffn(y))


class Encoder(nn.Module):
    def __init__(self, vocabulary, hidden, ffn, heads, blocks, positions):
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, hidden)
        self.segment_embedding = nn.Embedding(2, hidden)
        self.pos_embedding = nn.Parameter(torch.randn(1, positions, hidden))
        self.blks = nn.ModuleList(Block(hidden, ffn, heads) for _ in range(blocks))

    def forward(self, tokens, segments, lengths):
        x = self.token_embedding(tokens) + self.segment_embedding(segments)
        x = x + self.pos_embedding[:, : tokens.shape[1]]
        for block in self.blks:
            x = block(x, lengths)
        return x


class MaskedWords(nn.Module):
    def __init__(self, vocabulary, hidden):
        super().__init__()
        layers = [nn.Linear(hidden, hidden), nn.ReLU(), nn.LayerNorm(hidden), nn.Linear(hidden, vocabulary)]
        self.mlp = nn.Sequential(*layers)


class NextSentence(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.output = nn.Linear(hidden, 2)


class Bert(nn.Module):
    """The pretrained model, with the two heads that a classifier leaves aside."""

    def __init__(self, vocabulary, hidden, ffn, heads, blocks, positions):
        super().__init__()
        self.encoder = Encoder(vocabulary, hidden, ffn, heads, blocks, positions)
        self.hidden = nn.Sequential(nn.Linear(hidden, hidden), nn.Tanh())
        self.mlm = MaskedWords(vocabulary, hidden)
        self.nsp = NextSentence(hidden)


class Classifier(nn.Module):
    def __init__(self, bert, labels):
        super().__init__()
        self.encoder = bert.encoder
        self.hidden = bert.hidden
        self.output = nn.Linear(bert.hidden[0].out_features, labels)

    def forward(self, tokens, segments, lengths):
        return self.output(self.hidden(self.encoder(tokens, segments, lengths)[:, 0]))
