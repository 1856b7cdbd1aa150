"""Fine-tunes a model with Python's `transformers` by the recipe that tunebert has for published models, to compare figures.

    python tools/fine-tune-with-transformers.py --model FOLDER --train FILE --test FILE --task NAME [--seed 0] [--limit N]

needs torch and transformers. NAME is one of TASKS: how its files are laid out, and which figures are measured. Prints a line
of JSON. What decides the figures is tunebert's: batches of 32 in random order, padded to their longest; AdamW with a decay of
0.01 for weights alone, clipping at 1, a tenth of the steps to warm up, then linear to nothing; the loss's mean over a batch.
"""

import argparse
import csv
import json
import time

import numpy
import torch
from torch.nn import functional as F
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup


def snli(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    names = ["entailment", "contradiction", "neutral"]
    return [((row[5], row[6]), names.index(row[0])) for row in rows if row[0] in names]


def sst2(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    return [((text,), int(label)) for text, label in rows]


def mrpc(path):
    with open(path, encoding="utf-8-sig") as file:
        rows = [line.rstrip("\r\n").split("\t") for line in file][1:]
    return [((first, second), int(label)) for label, _, _, first, second in rows]


def goemotions(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [((text,), [float(str(i) in labels.split(",")) for i in range(28)]) for text, labels, _ in rows]


def stsb(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [((row["sentence1"], row["sentence2"]), float(row["score"])) for row in csv.DictReader(file)]


TASKS = {"snli": (snli, 3), "sst2": (sst2, 2), "mrpc": (mrpc, 2), "goemotions": (goemotions, 28), "stsb": (stsb, 1)}
PROBLEMS = {"goemotions": "multi_label_classification", "stsb": "regression"}


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "train", "test"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--task", choices=list(TASKS), required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--test-limit", type=int)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    read, outputs = TASKS[options.task]
    train = read(options.train)[: options.limit]
    test = read(options.test)[: options.test_limit]
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    config = AutoConfig.from_pretrained(options.model, num_labels=outputs)
    model = AutoModelForSequenceClassification.from_pretrained(options.model, config=config)
    started = time.time()
    fit(model, tokenizer, train, options)
    seconds = time.time() - started
    print(json.dumps(dict(task=options.task, seed=options.seed, seconds=round(seconds, 1), **measure(model, tokenizer, test, options))))


def fit(model, tokenizer, train, options):
    decays = lambda name: name.endswith("weight") and "LayerNorm" not in name and "layer_norm" not in name
    groups = [
        dict(params=[p for n, p in model.named_parameters() if decays(n)], weight_decay=0.01),
        dict(params=[p for n, p in model.named_parameters() if not decays(n)], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW(groups, lr=options.learning_rate)
    steps = options.epochs * -(-len(train) // 32)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    model.train()
    for _ in range(options.epochs):
        order = torch.randperm(len(train)).tolist()
        for start in range(0, len(order), 32):
            batch = [train[i] for i in order[start : start + 32]]
            loss = loss_of(model(**encode(tokenizer, batch, options)).logits, [label for _, label in batch], options.task)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()


def encode(tokenizer, batch, options):
    texts = [list(column) for column in zip(*(texts for texts, _ in batch))]
    return tokenizer(*texts, truncation=True, max_length=options.max_length, padding=True, return_tensors="pt")


def loss_of(logits, labels, task):
    if task == "stsb":
        return F.mse_loss(logits.squeeze(1), torch.tensor(labels))
    if task == "goemotions":
        return F.binary_cross_entropy_with_logits(logits, torch.tensor(labels))
    return F.cross_entropy(logits, torch.tensor(labels))


def measure(model, tokenizer, test, options):
    model.eval()
    order = sorted(range(len(test)), key=lambda i: len(" ".join(test[i][0])))
    logits = [None] * len(test)
    with torch.no_grad():
        for start in range(0, len(order), 64):
            places = order[start : start + 64]
            rows = model(**encode(tokenizer, [test[i] for i in places], options)).logits
            for place, row in zip(places, rows):
                logits[place] = row.numpy()
    found = numpy.stack(logits)
    labels = numpy.array([label for _, label in test])
    loss = loss_of(torch.tensor(found), [label for _, label in test], options.task).item()
    return dict(loss=loss, **figures(found, labels, options.task))


def figures(found, labels, task):
    if task == "stsb":
        guesses = found[:, 0]
        return dict(pearson=float(numpy.corrcoef(guesses, labels)[0, 1]), mse=float(((guesses - labels) ** 2).mean()))
    if task == "goemotions":
        return dict(microF1=f1((found > 0).reshape(-1), labels.reshape(-1) > 0.5))
    return dict(accuracy=float((found.argmax(1) == labels).mean()))


def f1(guesses, labels):
    both = (guesses & labels).sum()
    return float(2 * both / (guesses.sum() + labels.sum()))


if __name__ == "__main__":
    main()
