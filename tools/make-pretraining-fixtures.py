"""Writes test/fixtures/pretraining/: small BERTs with their pretraining heads, trained by PyTorch on masked examples.

    python tools/make-pretraining-fixtures.py        needs torch 2.13 and safetensors 0.8, and for "published" transformers 5.24

- book: d2l's BERTModel (sections 15.8 and 15.10), whose decoder is a matrix of its own
- tied: the same, decoded by the token embedding
- published: transformers' BertForMaskedLM, without next-sentence prediction

Each has weights.safetensors under its library's names, gradients.safetensors of the first step, and expected.json with the
examples, the figures before each of a few steps of Adam, and of each parameter after them values all over it. The loss is the mean
cross-entropy of the masked tokens plus that of the pairs; dropout is 0. The numbers' last digits depend on the processor.
"""

import json
import random
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from torch_bert import Bert

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "pretraining"
SIZES = dict(vocabularySize=40, hidden=24, ffn=40, heads=4, blocks=2, maxPositions=20)
CLS, SEP, MASK = 1, 2, 3
STEPS = 4
LEARNING_RATE = 1e-3
SAMPLES = 23  # of a parameter, about; odd, so that a matrix is not sampled along one column


class BookModel(nn.Module):
    def __init__(self, tied):
        super().__init__()
        self.bert = Bert(*(SIZES[name] for name in ("vocabularySize", "hidden", "ffn", "heads", "blocks", "maxPositions")))
        if tied:
            self.bert.mlm.mlp[3].weight = self.bert.encoder.token_embedding.weight

    def forward(self, tokens, segments, lengths, rows, places):
        x = self.bert.encoder(tokens, segments, lengths)
        return self.bert.mlm.mlp(x[rows, places]), self.bert.nsp.output(self.bert.hidden(x[:, 0]))

    def named(self):
        return dict(self.bert.named_parameters())


class Published(nn.Module):
    def __init__(self):
        super().__init__()
        from transformers import BertConfig, BertForMaskedLM

        config = BertConfig(
            vocab_size=SIZES["vocabularySize"], hidden_size=SIZES["hidden"], intermediate_size=SIZES["ffn"],
            num_attention_heads=SIZES["heads"], num_hidden_layers=SIZES["blocks"],
            max_position_embeddings=SIZES["maxPositions"], hidden_dropout_prob=0, attention_probs_dropout_prob=0,
        )
        self.model = BertForMaskedLM(config)

    def forward(self, tokens, segments, lengths, rows, places):
        mask = torch.arange(tokens.shape[1]) < lengths[:, None]
        logits = self.model(input_ids=tokens, token_type_ids=segments, attention_mask=mask.long()).logits
        return logits[rows, places], None

    def named(self):
        return {name: p for name, p in self.model.named_parameters()}


def main():
    for seed, name in enumerate(["book", "tied", "published"]):
        torch.manual_seed(seed)
        random.seed(seed)
        model = Published() if name == "published" else BookModel(name == "tied")
        write(OUT / name, model, pairs=name != "published")


def write(folder, model, pairs):
    folder.mkdir(parents=True, exist_ok=True)
    for module in model.modules():  # away from 1 and 0, with which what is left out would go unnoticed
        if isinstance(module, nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    examples = [draw(pairs and b != 2) for b in range(6)]
    inputs, labels, is_next = collate(examples)
    save_file({name: p.detach().clone() for name, p in model.named().items()}, folder / "weights.safetensors")
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    figures = []
    for step in range(STEPS):
        words, following = model(*inputs)
        token_loss = F.cross_entropy(words, labels)
        told = [b for b, example in enumerate(examples) if example["isNext"] is not None]
        next_loss = F.cross_entropy(following[told], is_next[told]) if pairs else torch.tensor(0.0)
        figures.append(dict(tokenLoss=token_loss.item(), tokenAccuracy=accuracy(words, labels)))
        if pairs:
            next_accuracy = accuracy(following[told], is_next[told])
            figures[-1].update(nextSentenceLoss=next_loss.item(), nextSentenceAccuracy=next_accuracy)
        optimizer.zero_grad()
        (token_loss + next_loss).backward()
        if step == 0:
            gradients = {name: p.grad.clone() for name, p in model.named().items() if p.grad is not None}
            save_file(gradients, folder / "gradients.safetensors")
        optimizer.step()
    after = {name: sample(p.detach().flatten()) for name, p in model.named().items()}
    expected = dict(config=SIZES, learningRate=LEARNING_RATE, examples=examples, figures=figures, parameters=after)
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in expected.items()]
    (folder / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def accuracy(logits, labels):
    return (logits.argmax(-1) == labels).float().mean().item()


def sample(values):
    """Every so many-th, as it says, from the first on."""
    every = max(1, len(values) // SAMPLES)
    return dict(every=every, values=[float(f"{value:.9g}") for value in values[::every].tolist()])


def draw(is_pair):
    """Packed ids of which some are hidden."""
    words = lambda: [random.randrange(5, SIZES["vocabularySize"]) for _ in range(random.randint(2, 8))]
    first = [CLS, *words(), SEP]
    ids = first + ([*words(), SEP] if is_pair else [])
    candidates = [i for i, one in enumerate(ids) if one not in (CLS, SEP)]
    places = sorted(random.sample(candidates, max(1, round(0.3 * len(ids)))))
    tokens = [ids[place] for place in places]
    for place in places:
        ids[place] = MASK
    is_next = random.random() < 0.5 if is_pair else None
    return dict(ids=ids, firstLength=len(first), places=places, tokens=tokens, isNext=is_next)


def collate(examples):
    longest = max(len(example["ids"]) for example in examples)
    tokens = torch.zeros(len(examples), longest, dtype=torch.long)
    segments = torch.zeros_like(tokens)
    rows, places, labels = [], [], []
    for b, example in enumerate(examples):
        tokens[b, : len(example["ids"])] = torch.tensor(example["ids"])
        segments[b, example["firstLength"] : len(example["ids"])] = 1
        rows += [b] * len(example["places"])
        places += example["places"]
        labels += example["tokens"]
    lengths = torch.tensor([len(example["ids"]) for example in examples])
    is_next = torch.tensor([int(bool(example["isNext"])) for example in examples])
    return (tokens, segments, lengths, torch.tensor(rows), torch.tensor(places)), torch.tensor(labels), is_next


if __name__ == "__main__":
    main()
