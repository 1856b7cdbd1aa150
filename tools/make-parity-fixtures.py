"""Writes test/fixtures/parity/: small classifiers trained by PyTorch, for this project to repeat number by number.

    python tools/make-parity-fixtures.py             needs torch 2.13 and safetensors 0.8

One folder for each of several sizes of d2l's BERT classifier (sections 15.8 and 16.7), dropout 0:
- weights.pt: the state dict before training, by torch.save, in its zip or its legacy format
- gradients.safetensors: the gradient of the mean loss for every parameter, in float32
- expected.json: sizes, vocabulary and pairs; the logits; the loss before training and after each step of Adam

As in the book, all pairs are padded to the maximum length. A legacy file's storage keys are memory addresses, so its
bytes differ from run to run, and the last digits of all numbers depend on the processor.
"""

import json
import random
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch_bert import Bert, Classifier, encode

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "parity"
LABELS = ["entailment", "contradiction", "neutral"]
MAX_LENGTH = 20
STEPS = 10
LEARNING_RATE = 1e-3

SIZES = {
    "bert-small": dict(hidden=32, ffn=64, heads=4, blocks=2, legacy=True),
    "three-heads-one-block": dict(hidden=30, ffn=20, heads=3, blocks=1, legacy=False),
    "five-heads": dict(hidden=35, ffn=50, heads=5, blocks=3, legacy=False),
    "four-blocks": dict(hidden=16, ffn=24, heads=4, blocks=4, legacy=True),
    "one-head": dict(hidden=12, ffn=48, heads=1, blocks=2, legacy=False),
}


def main():
    for seed, (name, sizes) in enumerate(SIZES.items()):
        torch.manual_seed(seed)
        random.seed(seed)
        write(OUT / name, **sizes)


def write(folder, hidden, ffn, heads, blocks, legacy):
    folder.mkdir(parents=True, exist_ok=True)
    words = sorted(["<unk>", "<pad>", "<mask>", "<cls>", "<sep>"] + [f"word{i}" for i in range(random.randint(60, 90))])
    pairs = [draw_pair(words, *lengths) for lengths in [(9, 7), (3, 4), (1, 1), (14, 12), (6, 2), (2, 9), (5, 5)]]
    config = dict(
        vocabularySize=len(words), hidden=hidden, ffn=ffn, heads=heads, blocks=blocks, maxPositions=MAX_LENGTH + 4
    )
    bert = Bert(len(words), hidden, ffn, heads, blocks, MAX_LENGTH + 4)
    model = Classifier(bert, len(LABELS))
    disturb_layer_norms(model)
    state = {**bert.state_dict(), **{f"output.{key}": value for key, value in model.output.state_dict().items()}}
    torch.save(state, folder / "weights.pt", _use_new_zipfile_serialization=not legacy)

    batch = encode(pairs, words, LABELS, MAX_LENGTH)
    logits, gradients, losses = train(model, *batch)
    save_file(gradients, folder / "gradients.safetensors")
    expected = dict(
        config=config,
        maxLength=MAX_LENGTH,
        learningRate=LEARNING_RATE,
        labels=LABELS,
        pairs=pairs,
        logits=logits.tolist(),
        losses=losses,
        vocabulary=words,
    )
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in expected.items()]
    (folder / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def train(model, *batch):
    *inputs, labels = batch
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    losses = []
    for step in range(STEPS + 1):
        optimizer.zero_grad()
        logits = model(*inputs)
        loss = nn.functional.cross_entropy(logits, labels)
        losses.append(loss.item())
        loss.backward()
        if step == 0:
            first_logits = logits.detach()
            gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
        optimizer.step()
    return first_logits, gradients, losses


def draw_pair(words, premise, hypothesis):
    draw = lambda count: " ".join(random.choice(words[5:] + ["unheard-of"]) for _ in range(count))
    return dict(text=draw(premise), textPair=draw(hypothesis), label=random.choice(LABELS))


def disturb_layer_norms(model):
    """Away from 1 and 0, with which a scale or a shift that is left out would go unnoticed."""
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)


if __name__ == "__main__":
    main()
