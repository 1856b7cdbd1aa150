"""Writes test/fixtures/training/: what PyTorch makes of each training option, for this project to repeat.

    python tools/make-training-fixtures.py           needs torch 2.13, transformers 5.24 and safetensors 0.8

- adamw.json: a table after each of some steps of torch.optim.AdamW, its gradients clipped by clip_grad_norm_
- loss.json: CrossEntropyLoss with weights and smoothing: for random logits, its value and its gradient
- schedules.json: the learning rates of Transformers' schedules, which are LambdaLRs of PyTorch
- runs.json: test/fixtures/parity/one-head trained for ten steps, dropout 0, with each option by itself and with all
- regression.json: the same start with an output layer of width 1, trained on numbers with MSELoss
- multi-label.json: the same start with an output layer of width 3, trained on sets of labels with BCEWithLogitsLoss

Numbers are float32, with nine digits; losses in loss.json, and learning rates, are float64.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch_bert import Bert, Classifier, encode
from transformers import optimization

FIXTURES = Path(__file__).resolve().parent.parent / "test" / "fixtures"
OUT = FIXTURES / "training"
START = FIXTURES / "parity" / "one-head"
STEPS = 10


def main():
    OUT.mkdir(exist_ok=True)
    torch.manual_seed(0)
    write("adamw.json", adamw())
    write("loss.json", [loss(weights, smoothing) for weights in (None, [0.5, 2, 1, 1.5]) for smoothing in (0, 0.1, 1)])
    write("schedules.json", [rates(*case) for case in SCHEDULES])
    write("runs.json", [dict(name=name, **options, **run(**DEFAULTS | options)) for name, options in RUNS.items()])
    write("regression.json", regression())
    write("multi-label.json", multi_label())


def write(name, content):
    rows = content if isinstance(content, list) else [content]
    text = ",\n".join(json.dumps(row) for row in rows)
    (OUT / name).write_text((f"[\n{text}\n]" if rows is content else text) + "\n")


def numbers(x):
    return [float(f"{value:.9g}") for value in x.detach().flatten().tolist()]


def adamw():
    """Row 0 always has a gradient, 1 only at first, 2 only from the third step on, 3 never; the bias does not decay.
    Every other step's gradient is small enough to be left as it is."""
    options = dict(lr=1e-2, weight_decay=0.3)
    max_norm = 1.0
    table, bias = nn.Parameter(torch.randn(4, 3)), nn.Parameter(torch.randn(5))
    result = dict(options, maxNorm=max_norm, table=numbers(table), bias=numbers(bias), steps=[])
    optimizer = torch.optim.AdamW([dict(params=[table]), dict(params=[bias], weight_decay=0)], **options)
    for step in range(6):
        size = 0.1 if step % 2 else 1
        table.grad, bias.grad = torch.randn(4, 3) * size, torch.randn(5) * size
        table.grad[1] *= step < 1
        table.grad[2] *= step >= 2
        table.grad[3] = 0
        recorded = dict(tableGradient=numbers(table.grad), biasGradient=numbers(bias.grad))
        recorded["norm"] = numbers(clip_grad_norm_([table, bias], max_norm))[0]
        optimizer.step()
        result["steps"].append(dict(recorded, table=numbers(table), bias=numbers(bias)))
    return result


def loss(weights, smoothing):
    logits = torch.randn(7, 4).double().requires_grad_()
    labels = torch.tensor([0, 3, 1, 1, 2, 0, 3])
    weight = torch.tensor(weights).double() if weights else None
    value = nn.CrossEntropyLoss(weight, label_smoothing=smoothing)(logits, labels)
    value.backward()
    return dict(
        classWeights=weights or [1, 1, 1, 1],
        labelSmoothing=smoothing,
        labels=labels.tolist(),
        logits=numbers(logits),
        loss=numbers(value)[0],
        gradient=numbers(logits.grad),
    )


# name, steps of the warm-up, steps
SCHEDULES = [
    ("constant", 0, 5),
    ("constant", 3, 8),
    ("linear", 0, 7),
    ("linear", 4, 11),
    ("cosine", 0, 7),
    ("cosine", 4, 11),
    ("cosine", 1, 2),
]


def rates(name, warmup, steps):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = schedule(name, optimizer, warmup, steps)
    result = []
    for _ in range(steps):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return dict(schedule=name, warmup=warmup, rates=result)


def schedule(name, optimizer, warmup, steps):
    if name == "constant":
        return optimization.get_constant_schedule_with_warmup(optimizer, warmup)
    if name == "linear":
        return optimization.get_linear_schedule_with_warmup(optimizer, warmup, steps)
    return optimization.get_cosine_schedule_with_warmup(optimizer, warmup, steps)


DEFAULTS = dict(
    batchSize=7,
    accumulate=1,
    learningRate=3e-3,
    schedule="constant",
    warmup=0,
    weightDecay=0,
    clipNorm=None,
    classWeights=None,
    labelSmoothing=0,
    freeze="nothing",
)

CLASS_WEIGHTS = {"entailment": 0.5, "contradiction": 2, "neutral": 1.5}

RUNS = {
    "reference": {},
    "weight decay": dict(weightDecay=5),
    "clipping": dict(clipNorm=0.3),
    "linear schedule": dict(schedule="linear", warmup=3),
    "cosine schedule": dict(schedule="cosine", warmup=3),
    "class weights": dict(classWeights=CLASS_WEIGHTS),
    "label smoothing": dict(labelSmoothing=0.2),
    "accumulation": dict(batchSize=2, accumulate=2),
    "accumulation with class weights": dict(batchSize=2, accumulate=3, classWeights=CLASS_WEIGHTS),
    "frozen embeddings": dict(freeze="embeddings"),
    "frozen block": dict(freeze=1),
    "frozen encoder": dict(freeze="encoder"),
    "all": dict(
        batchSize=2,
        accumulate=2,
        schedule="cosine",
        warmup=3,
        weightDecay=5,
        clipNorm=1.2,
        classWeights=CLASS_WEIGHTS,
        labelSmoothing=0.2,
        freeze="embeddings",
    ),
}

# Of the parameters after the last step these are recorded, up to the given number of elements.
RECORDED = {
    "encoder.token_embedding.weight": 12,
    "encoder.segment_embedding.weight": 6,
    "encoder.blks.0.attention.W_q.weight": 6,
    "encoder.blks.0.addnorm1.ln.weight": 6,
    "encoder.blks.1.ffn.dense2.weight": 6,
    "encoder.blks.1.ffn.dense2.bias": 6,
    "output.weight": 6,
    "output.bias": 3,
}



def run(
    batchSize, accumulate, learningRate, schedule, warmup, weightDecay, clipNorm, classWeights, labelSmoothing, freeze
):
    expected = json.loads((START / "expected.json").read_text())
    labels = expected["labels"]
    model = load(expected["config"], len(labels))
    *inputs, targets = encode(expected["pairs"], expected["vocabulary"], labels, expected["maxLength"])
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not is_frozen(name, freeze)
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    spared = lambda name: name.endswith("bias") or ".ln." in name
    optimizer = torch.optim.AdamW(
        [
            dict(params=[parameter for name, parameter in trained if not spared(name)], weight_decay=weightDecay),
            dict(params=[parameter for name, parameter in trained if spared(name)], weight_decay=0),
        ],
        lr=learningRate,
    )
    scheduler = globals()["schedule"](schedule, optimizer, warmup, STEPS)
    weights = torch.tensor([float(classWeights[label]) for label in labels]) if classWeights else None
    criterion = nn.CrossEntropyLoss(weights, label_smoothing=labelSmoothing)

    batches = torch.arange(len(targets)).split(batchSize)
    steps = [batches[i : i + accumulate] for i in range(0, len(batches), accumulate)]
    losses, norms, rates = [], [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        group = steps[step % len(steps)]
        total = 0
        for batch in group:
            loss = criterion(model(*(column[batch] for column in inputs)), targets[batch]) / len(group)
            loss.backward()
            total += loss.item()
        losses.append(total)
        rates.append(optimizer.param_groups[0]["lr"])
        parameters = [parameter for _, parameter in trained]
        norms.append(clip_grad_norm_(parameters, clipNorm or torch.inf).item())
        optimizer.step()
        scheduler.step()
    with torch.no_grad():
        logits = model(*inputs)
    after = model.state_dict()
    return dict(
        losses=losses,
        norms=norms,
        rates=rates,
        validation=dict(
            loss=cross_entropy(logits, targets).item(),
            accuracy=(logits.argmax(1) == targets).double().mean().item(),
        ),
        parameters={name: numbers(after[name])[:count] for name, count in RECORDED.items()},
    )


def regression():
    size = len(json.loads((START / "expected.json").read_text())["pairs"])
    targets = torch.tensor([0.25 * (7 * i % 11) - 0.6 for i in range(size)])
    return dict(trained(1, targets.unsqueeze(1), nn.MSELoss()), numbers=numbers(targets))


def multi_label():
    """Examples with one label, with several, with none and with all."""
    size = len(json.loads((START / "expected.json").read_text())["pairs"])
    sets = [[label for label in range(3) if (5 * i % 8) >> label & 1] for i in range(size)]
    targets = torch.tensor([[float(label in labels) for label in range(3)] for labels in sets])
    return dict(trained(3, targets, nn.BCEWithLogitsLoss()), sets=sets)


def trained(width, targets, criterion):
    """Batches of three, so that the last of an epoch has one example; clipped, with decay."""
    expected = json.loads((START / "expected.json").read_text())
    *inputs, _ = encode(expected["pairs"], expected["vocabulary"], expected["labels"], expected["maxLength"])
    model = load(expected["config"], len(expected["labels"]))
    torch.manual_seed(1)
    model.output = nn.Linear(model.hidden[0].out_features, width)
    output = {name: numbers(value) for name, value in model.output.state_dict().items()}
    decayed = [p for name, p in model.named_parameters() if not name.endswith("bias") and ".ln." not in name]
    others = [p for name, p in model.named_parameters() if name.endswith("bias") or ".ln." in name]
    groups = [dict(params=decayed, weight_decay=0.5), dict(params=others, weight_decay=0)]
    optimizer = torch.optim.AdamW(groups, lr=3e-3)
    batches = torch.arange(len(targets)).split(3)
    losses, norms = [], []
    for step in range(STEPS):
        batch = batches[step % len(batches)]
        optimizer.zero_grad()
        loss = criterion(model(*(column[batch] for column in inputs)), targets[batch])
        loss.backward()
        losses.append(loss.item())
        norms.append(clip_grad_norm_(model.parameters(), 2.0).item())
        optimizer.step()
    with torch.no_grad():
        predicted = model(*inputs)
    after = model.state_dict()
    return dict(
        options=dict(batchSize=3, learningRate=3e-3, weightDecay=0.5, clipNorm=2.0),
        output=output,
        losses=losses,
        norms=norms,
        predicted=numbers(predicted),
        parameters={name: numbers(after[name])[:count] for name, count in RECORDED.items()},
    )


def load(config, labels):
    sizes = (config[name] for name in ("vocabularySize", "hidden", "ffn", "heads", "blocks", "maxPositions"))
    bert = Bert(*sizes)
    model = Classifier(bert, labels)
    state = torch.load(START / "weights.pt")
    bert.load_state_dict({name: tensor for name, tensor in state.items() if not name.startswith("output.")})
    model.output.load_state_dict({name: state[f"output.{name}"] for name in ("weight", "bias")})
    return model


def is_frozen(name, freeze):
    if freeze == "nothing" or not name.startswith("encoder."):
        return False
    if freeze == "encoder" or not name.startswith("encoder.blks."):
        return True
    return freeze != "embeddings" and int(name.split(".")[2]) < freeze


if __name__ == "__main__":
    main()
