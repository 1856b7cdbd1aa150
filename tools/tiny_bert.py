"""One tiny BERT as d2l defines it, with the same values wherever this is run: shared by the scripts that have
PyTorch and MXNet write it. Names are those of d2l's PyTorch classes; NumPy promises that RandomState's numbers
stay the same from version to version."""

import numpy as np

V, H, F, N, BLOCKS, MAX_LEN, LABELS = 9, 8, 12, 2, 2, 6, 3

# Two pairs of which the second is shorter and padded.
TOKENS = [[3, 5, 4, 6, 7, 4], [3, 8, 4, 5, 4, 1]]
SEGMENTS = [[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0]]
LENGTHS = [6, 5]


def shapes():
    result = {
        "encoder.pos_embedding": (1, MAX_LEN, H),
        "encoder.token_embedding.weight": (V, H),
        "encoder.segment_embedding.weight": (2, H),
    }

    def linear(name, inputs, outputs):
        result[f"{name}.weight"] = (outputs, inputs)
        result[f"{name}.bias"] = (outputs,)

    def norm(name):
        result[f"{name}.weight"] = result[f"{name}.bias"] = (H,)

    for i in range(BLOCKS):
        block = f"encoder.blks.{i}"
        for projection in ("W_q", "W_k", "W_v", "W_o"):
            linear(f"{block}.attention.{projection}", H, H)
        norm(f"{block}.addnorm1.ln")
        linear(f"{block}.ffn.dense1", H, F)
        linear(f"{block}.ffn.dense2", F, H)
        norm(f"{block}.addnorm2.ln")
    linear("hidden.0", H, H)
    linear("mlm.mlp.0", H, H)
    norm("mlm.mlp.2")
    linear("mlm.mlp.3", H, V)
    linear("nsp.output", H, 2)
    return result


def values():
    random = np.random.RandomState(7)
    return {name: random.uniform(-1, 1, shape).astype("float32") for name, shape in shapes().items()}


def output_layer():
    random = np.random.RandomState(8)
    return {
        "output.weight": random.uniform(-1, 1, (LABELS, H)).astype("float32"),
        "output.bias": random.uniform(-1, 1, (LABELS,)).astype("float32"),
    }
