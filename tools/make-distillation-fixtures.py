"""Writes test/fixtures/training/distillation.json: a small classifier of test/fixtures/parity that PyTorch trains on a teacher's
logits and on labels, some of which are missing.

    python tools/make-distillation-fixtures.py       needs torch 2.13

The loss of an example is (1 - w) times its cross-entropy and w T² times PyTorch's kl_div from the teacher's probabilities at
temperature T; of one without a label T² times the latter. Dropout is 0; the numbers' last digits depend on the processor.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F
from torch_bert import Bert, Classifier, encode

FIXTURES = Path(__file__).resolve().parent.parent / "test" / "fixtures"
NAME = "one-head"
STEPS = 4
UNLABELLED = [1, 4]


def main():
    expected = json.loads((FIXTURES / "parity" / NAME / "expected.json").read_text())
    cases = [train(expected, temperature, weight) for temperature, weight in [(1, 0.5), (2, 0.9), (4, 1), (2, 0)]]
    (FIXTURES / "training" / "distillation.json").write_text(json.dumps(cases) + "\n")


def train(expected, temperature, weight):
    sizes = expected["config"]
    bert = Bert(*(sizes[name] for name in ("vocabularySize", "hidden", "ffn", "heads", "blocks", "maxPositions")))
    model = Classifier(bert, len(expected["labels"]))
    state = torch.load(FIXTURES / "parity" / NAME / "weights.pt")
    model.load_state_dict({name: tensor for name, tensor in state.items() if not name.startswith(("mlm", "nsp"))})
    *inputs, labels = encode(expected["pairs"], expected["vocabulary"], expected["labels"], expected["maxLength"])
    teacher = torch.randn(len(labels), len(expected["labels"]), generator=torch.Generator().manual_seed(7)) * 2
    labels[UNLABELLED] = -100  # what cross_entropy passes over
    counts = torch.where(labels < 0, 1.0, weight)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(STEPS):
        logits = model(*inputs)
        cross_entropy = F.cross_entropy(logits, labels, reduction="none") * (1 - weight)
        known = F.log_softmax(teacher / temperature, 1)
        divergence = F.kl_div(F.log_softmax(logits / temperature, 1), known, reduction="none", log_target=True).sum(1)
        loss = (cross_entropy + counts * temperature**2 * divergence).mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    last = {name: parameter.flatten()[:4].tolist() for name, parameter in model.named_parameters()}
    return dict(
        temperature=temperature, teacherWeight=weight, teacher=teacher.tolist(), unlabelled=UNLABELLED, losses=losses, parameters=last
    )


main()
