"""Writes test/fixtures/gradients/: what PyTorch computes for single operators and for its Adam optimizer.

    python tools/make-gradient-fixtures.py           needs torch 2.13

operators.json: for each case the inputs, the outputs, a weight for every element of the outputs, and the gradient
of the sum of the weighted outputs for every floating-point input. Inputs are float32 numbers; PyTorch computes in
float64, so that what differs is the error of the code under test. A case's name says what it does to inputs a, b
(and c); test/support/gradient-cases.ts builds the same computation under the same name.

adam.json: parameters after each of some steps of torch.optim.Adam in float32, with rows that get no gradient.
"""

import itertools
import json
import struct
from pathlib import Path

import torch
from torch.nn import functional as F

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "gradients"


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    lines = [f"{json.dumps(name)}: {json.dumps(record(*case))}" for name, case in cases().items()]
    (OUT / "operators.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    (OUT / "adam.json").write_text(json.dumps(adam()) + "\n")


def record(function, *inputs):
    names = "abc"[: len(inputs)]
    leaves = [x.double().requires_grad_() if x.is_floating_point() else x.long() for x in inputs]
    outputs = function(*leaves)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    weights = [uniform(*y.shape) for y in outputs]
    sum((y * w).sum() for y, w in zip(outputs, weights)).backward()
    return {
        "inputs": {name: stored(x) for name, x in zip(names, inputs)},
        "outputs": [stored(y) for y in outputs],
        "weights": [stored(w) for w in weights],
        "gradients": {name: stored(x.grad) for name, x in zip(names, leaves) if x.grad is not None},
    }


def stored(x):
    if not x.is_floating_point():
        return {"shape": list(x.shape), "type": "int32", "data": x.flatten().tolist()}
    return {"shape": list(x.shape), "data": [shortest(v) for v in x.flatten().tolist()]}


def shortest(number):
    """float32(number) with the fewest digits that tell it from its neighbours."""
    single = float32(number)
    candidates = (float(f"{single:.{digits}g}") for digits in range(1, 10))
    return next(candidate for candidate in candidates if float32(candidate) == single)


def float32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def uniform(*shape):
    """Numbers between -1.5 and 1.5 with three decimals, none near zero, where Relu has its corner."""
    x = torch.rand(shape) * 1.4 + 0.1
    return torch.round(x * torch.where(torch.rand(shape) < 0.5, -1, 1), decimals=3)


def cases():
    return {
        **elementwise(),
        **normalisations(),
        **products(),
        **layouts(),
        **several_uses(),
    }


def elementwise():
    found = {}
    shapes = [
        ([2, 3], [2, 3]),
        ([3, 4], [4]),
        ([4], [3, 4]),
        ([3, 4], [3, 1]),
        ([3, 1], [1, 4]),
        ([2, 2, 3, 3], [2, 1, 1, 3]),
        ([3, 4], []),
    ]
    for name, function in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul)]:
        for a, b in shapes:
            found[f"{name} {a} {b}".replace(" ", "").replace("[", " [")] = (function, uniform(*a), uniform(*b))
    for name, function in [("neg", torch.neg), ("exp", torch.exp), ("tanh", torch.tanh), ("relu", torch.relu)]:
        found[name] = (function, uniform(3, 4))
    return found


def normalisations():
    masked = uniform(2, 5)
    masked[0, 2:] = -1e6
    softmax = lambda x: x.softmax(-1)
    log_softmax = lambda x: x.log_softmax(-1)
    layer_norm = lambda x, scale, bias: F.layer_norm(x, [6], scale, bias, 1e-5)
    return {
        "softmax": (softmax, uniform(3, 5)),
        "softmax rank 4": (softmax, uniform(2, 2, 2, 3)),
        "softmax masked": (softmax, masked),
        "softmax dropped": (lambda x, mask: softmax(x) * mask, uniform(3, 5), 1.5 * (uniform(3, 5) > 0).float()),
        "logSoftmax": (log_softmax, uniform(3, 5)),
        "logSoftmax rank 3": (log_softmax, uniform(2, 2, 3)),
        "layerNormalization": (layer_norm, uniform(4, 6), uniform(6), uniform(6)),
        "layerNormalization large mean": (
            layer_norm,
            uniform(3, 6) + torch.tensor([[50.0], [-50.0], [0.0]]),
            uniform(6),
            uniform(6),
        ),
        "layerNormalization equal numbers": (layer_norm, torch.full((2, 6), 0.75), uniform(6), uniform(6)),
    }


def products():
    found = {}
    swap = lambda x, flag: x.transpose(-1, -2) if flag else x
    for trans_a, trans_b in itertools.product([0, 1], repeat=2):
        a, b = swap(uniform(2, 3), trans_a), swap(uniform(3, 4), trans_b)
        gemm = lambda a, b, c=0, ta=trans_a, tb=trans_b: swap(a, ta) @ swap(b, tb) + c
        found[f"gemm {trans_a}{trans_b}"] = (gemm, a, b)
        found[f"gemm {trans_a}{trans_b} c"] = (gemm, a, b, uniform(4))

    for batch in ([2], [2, 2]):
        for flags in itertools.product([0, 1], repeat=4):
            trans_a, trans_b, batch_a, batch_b = flags
            read = lambda x, trans, batch: swap(x.movedim(0, -2) if batch else x, trans)
            write = lambda x, trans, batch: swap(x, trans).movedim(-2, 0) if batch else swap(x, trans)
            product = lambda a, b, f=flags: 0.7 * read(a, f[0], f[2]) @ read(b, f[1], f[3])
            a = write(uniform(*batch, 2, 3), trans_a, batch_a)
            b = write(uniform(*batch, 3, 4), trans_b, batch_b)
            name = "".join(str(flag) for flag in flags)
            found[f"matMul rank {len(batch) + 2} {name}"] = (product, a, b)
    found["matMul plain"] = (torch.matmul, uniform(2, 3, 2), uniform(2, 2, 3))
    return found


def layouts():
    ids = lambda *rows: torch.tensor(rows, dtype=torch.int32)
    take = lambda table, rows: table[rows]
    return {
        "gather repeated": (take, uniform(4, 3), ids(2, 0, 2, 2, 1)),
        "gather matrix": (take, uniform(4, 3), ids([3, 0], [3, 1], [0, 3])),
        "gather rank 3": (take, uniform(3, 2, 2), ids(1, 1)),
        "gather constant": (lambda table: table[[0, 2, 0]], uniform(3, 2)),
        "reduceSum 0": (lambda x: x.sum(0), uniform(3, 4)),
        "reduceSum 1": (lambda x: x.sum(1), uniform(3, 4)),
        "reduceSum 1 keep": (lambda x: x.sum(1, keepdim=True), uniform(3, 4)),
        "reduceSum -1 keep": (lambda x: x.sum(-1, keepdim=True), uniform(2, 2, 3)),
        "reduceSum 0,2": (lambda x: x.sum((0, 2)), uniform(2, 3, 2)),
        "reduceSum 0,2 keep": (lambda x: x.sum((0, 2), keepdim=True), uniform(2, 3, 2)),
        "reduceSum all": (torch.sum, uniform(3, 4)),
        "reshape": (lambda x: x.reshape(2, 3, 2), uniform(6, 2)),
        "reshape symbolic": (lambda x: x.reshape(6, 4), uniform(3, 2, 4)),
        "transpose 1,0": (lambda x: x.permute(1, 0), uniform(2, 3)),
        "transpose 1,2,0": (lambda x: x.permute(1, 2, 0), uniform(2, 3, 4)),
        "transpose 2,0,1,3": (lambda x: x.permute(2, 0, 1, 3), uniform(2, 2, 3, 2)),
        "head": (lambda x: x[:2], uniform(4, 3)),
        "head rank 1": (lambda x: x[:3], uniform(5)),
        "head rank 3": (lambda x: x[:1], uniform(3, 2, 2)),
        "concat 0": (lambda *parts: torch.cat(parts, 0), uniform(1, 3), uniform(2, 3), uniform(1, 3)),
        "concat 1": (lambda *parts: torch.cat(parts, 1), uniform(2, 1), uniform(2, 3)),
        "split": (lambda x: x.split([1, 3, 2], 1), uniform(2, 6)),
        "split 0": (lambda x: x.split([2, 1], 0), uniform(3, 2)),
        "split unused part": (lambda x: x.split([1, 3, 2], 1)[::2], uniform(2, 6)),
    }


def several_uses():
    return {
        "square": (lambda x: x * x, uniform(2, 3)),
        "double": (lambda x: x + x, uniform(2, 3)),
        "difference of itself": (lambda x: x - x, uniform(2, 3)),
        "concat with itself": (lambda x: torch.cat([x, x], 0), uniform(2, 3)),
        "gemm with itself": (lambda x: x @ x.T, uniform(3, 2)),
        "matMul with itself": (lambda x: x @ x.transpose(1, 2), uniform(2, 2, 3)),
        "two branches": (lambda x: x.tanh() * x.exp() + x, uniform(2, 3)),
        "output and input of a node": (lambda x: (x.exp(), x.exp().tanh()), uniform(2, 3)),
        "erf": (torch.erf, uniform(3, 4)),
        "gelu": (F.gelu, uniform(3, 4)),
        "gelu by tanh": (lambda x: F.gelu(x, approximate="tanh"), uniform(3, 4)),
    }


def adam():
    """A table of six rows: 0 always has a gradient, 1 only at first, 2 only from the third step on, 3 every other
    step, 4 tiny ones, 5 never."""
    rows, width, steps = 6, 3, 8
    options = {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8}
    table = torch.nn.Parameter(uniform(rows, width))
    optimizer = torch.optim.Adam([table], **options)
    result = {"initial": stored(table.detach()), "learningRate": options["lr"], "steps": []}
    for step in range(steps):
        gradient = uniform(rows, width)
        gradient[1] *= step < 1
        gradient[2] *= step >= 2
        gradient[3] *= step % 2
        gradient[4] *= 1e-7
        gradient[5] = 0
        table.grad = gradient
        optimizer.step()
        result["steps"].append({"gradient": stored(gradient), "parameter": stored(table.detach())})
    return result


if __name__ == "__main__":
    main()
