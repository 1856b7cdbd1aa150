"""Writes test/fixtures/weights/mxnet-*: `.params` files made by MXNet, and mxnet-expected.json with the type, shape
and bytes of every array as MXNet reads it, and the logits that gluon computes with the tiny BERT.

    pip install mxnet==1.9.1 numpy==1.23.5
    python tools/make-mxnet-fixtures.py              writes the fixtures
    python tools/make-mxnet-fixtures.py FILE...      prints each FILE as MXNet reads it, one JSON object a line
    python tools/make-mxnet-fixtures.py --bert FILE  loads FILE into gluon's BERT strictly and prints its logits

MXNet writes version 1 of its arrays no more; that file is put together here, and MXNet reads it.
"""

import json
import math
import struct
import sys
from pathlib import Path

import mxnet as mx
import numpy
from mxnet import gluon, np, npx
from mxnet.gluon import nn
from mxnet.ndarray import sparse

import tiny_bert as tiny

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "weights"


def main():
    write_old()
    npx.set_np()
    npx.save(str(OUT / "mxnet-v3.params"), types())
    bert = filled(BERTModel(), tiny.values())
    bert.save_parameters(str(OUT / "mxnet-bert.params"))
    npx.reset_np()

    files = ["mxnet-v1.params", "mxnet-v2.params", "mxnet-list.params", "mxnet-v3.params"]
    expected = {name: describe_file(OUT / name) for name in files}
    npx.set_np()
    expected["logits"] = logits(OUT / "mxnet-bert.params")
    (OUT / "mxnet-expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def write_old():
    """What programs write that do not turn NumPy semantics on."""
    a = mx.nd.array([[1, 2, 3], [4, 5, 6.5]])
    b = mx.nd.array([7, -8], dtype="int64")
    mx.nd.save(str(OUT / "mxnet-v2.params"), {"arg:a": a, "aux:b": b, "c.d": a.astype("float16")})
    mx.nd.save(str(OUT / "mxnet-list.params"), [a, b])
    mx.nd.save(str(OUT / "mxnet-row-sparse.params"), {"s": sparse.row_sparse_array(([[1.0, 2]], [1]), shape=(3, 2))})
    mx.nd.save(str(OUT / "mxnet-csr.params"), {"s": sparse.csr_matrix(([1.0], [0], [0, 1, 1]), shape=(2, 2))})
    (OUT / "mxnet-v1.params").write_bytes(version_1({"a": a.asnumpy(), "größe": b.asnumpy()}))


def version_1(arrays):
    codes = {"float32": 0, "int64": 6}
    out = [struct.pack("<QQQ", 0x112, 0, len(arrays))]
    for array in arrays.values():
        dims = struct.pack(f"<I{array.ndim}q", array.ndim, *array.shape)
        out += [struct.pack("<I", 0xF993FAC8), dims, struct.pack("<iii", 1, 0, codes[array.dtype.name]), array.tobytes()]
    out.append(struct.pack("<Q", len(arrays)))
    for name in arrays:
        out += [struct.pack("<Q", len(name.encode())), name.encode()]
    return b"".join(out)


def types():
    return {
        "float32": np.array([[0.1, -0.0], [float("nan"), 3.4e38]], dtype="float32"),
        "float64": np.array([0.1, -0.0, float("inf"), 5e-324], dtype="float64"),
        "float16": np.array([0.1, -65504, 6e-8], dtype="float16"),
        "uint8": np.array([0, 255, 7], dtype="uint8"),
        "int32": np.array([2**31 - 1, -(2**31)], dtype="int32"),
        "int8": np.array([127, -128, 0], dtype="int8"),
        "int64": np.array([2**62, -3], dtype="int64"),
        "bool": np.array([True, False, True], dtype="bool"),
        "scalar": np.array(2.5, dtype="float32"),
        "empty": np.zeros((0, 3), dtype="float32"),
        "größe": np.ones((2, 1, 2), dtype="float32"),
    }


class Attention(nn.Block):
    def __init__(self):
        super().__init__()
        self.W_q, self.W_k, self.W_v, self.W_o = (dense(tiny.H, tiny.H) for _ in range(4))

    def forward(self, x, mask):
        q, k, v = (self.heads(layer(x)) for layer in (self.W_q, self.W_k, self.W_v))
        scores = np.matmul(q, k.transpose(0, 1, 3, 2)) / math.sqrt(tiny.H / tiny.N) + mask
        mixed = np.matmul(npx.softmax(scores, axis=-1), v).transpose(0, 2, 1, 3)
        return self.W_o(mixed.reshape(x.shape))

    def heads(self, x):
        return x.reshape(x.shape[0], x.shape[1], tiny.N, -1).transpose(0, 2, 1, 3)


class AddNorm(nn.Block):
    def __init__(self):
        super().__init__()
        self.ln = nn.LayerNorm(in_channels=tiny.H)

    def forward(self, x, y):
        return self.ln(x + y)


class FeedForward(nn.Block):
    def __init__(self):
        super().__init__()
        self.dense1 = dense(tiny.H, tiny.F, activation="relu")
        self.dense2 = dense(tiny.F, tiny.H)

    def forward(self, x):
        return self.dense2(self.dense1(x))


class EncoderBlock(nn.Block):
    def __init__(self):
        super().__init__()
        self.attention, self.addnorm1, self.ffn, self.addnorm2 = Attention(), AddNorm(), FeedForward(), AddNorm()

    def forward(self, x, mask):
        y = self.addnorm1(x, self.attention(x, mask))
        return self.addnorm2(y, self.ffn(y))


class BERTEncoder(nn.Block):
    def __init__(self):
        super().__init__()
        self.token_embedding = nn.Embedding(tiny.V, tiny.H)
        self.segment_embedding = nn.Embedding(2, tiny.H)
        self.blks = nn.Sequential()
        for _ in range(tiny.BLOCKS):
            self.blks.add(EncoderBlock())
        self.pos_embedding = self.params.get("pos_embedding", shape=(1, tiny.MAX_LEN, tiny.H))

    def forward(self, tokens, segments, mask):
        x = self.token_embedding(tokens) + self.segment_embedding(segments)
        x = x + self.pos_embedding.data()[:, : tokens.shape[1]]
        for block in self.blks:
            x = block(x, mask)
        return x


class MaskLM(nn.Block):
    def __init__(self):
        super().__init__()
        self.mlp = nn.Sequential()
        self.mlp.add(dense(tiny.H, tiny.H, activation="relu"))
        self.mlp.add(nn.LayerNorm(in_channels=tiny.H))
        self.mlp.add(dense(tiny.H, tiny.V))


class NextSentencePred(nn.Block):
    def __init__(self):
        super().__init__()
        self.output = dense(tiny.H, 2)


class BERTModel(nn.Block):
    def __init__(self):
        super().__init__()
        self.encoder = BERTEncoder()
        self.hidden = dense(tiny.H, tiny.H, activation="tanh")
        self.mlm = MaskLM()
        self.nsp = NextSentencePred()


def dense(inputs, outputs, **options):
    return nn.Dense(outputs, in_units=inputs, flatten=False, **options)


def filled(net, values):
    """The net with these values, given under the names of d2l's PyTorch classes."""
    net.initialize()
    parameters = net._collect_params_with_prefix()
    assert len(parameters) == len(values), (len(parameters), len(values))
    for name, value in values.items():
        parameters[gluon_name(name)].set_data(np.array(value))
    return net


def gluon_name(name):
    """By comparing the two definitions: the projects' own rule for this is tested against what is written here."""
    for old, new in (
        (".ln.weight", ".ln.gamma"),
        (".ln.bias", ".ln.beta"),
        ("hidden.0.", "hidden."),
        ("mlm.mlp.2.weight", "mlm.mlp.1.gamma"),
        ("mlm.mlp.2.bias", "mlm.mlp.1.beta"),
        ("mlm.mlp.3.", "mlm.mlp.2."),
    ):
        if old in name:
            return name.replace(old, new)
    return name


def logits(path):
    net = BERTModel()
    net.load_parameters(str(path), allow_missing=False, ignore_extra=False)
    lengths = np.array(tiny.LENGTHS).reshape(-1, 1, 1, 1)
    mask = np.where(np.arange(tiny.MAX_LEN).reshape(1, 1, 1, -1) < lengths, 0, -1e6).astype("float32")
    encoded = net.encoder(np.array(tiny.TOKENS), np.array(tiny.SEGMENTS), mask)
    head = {name: np.array(value) for name, value in tiny.output_layer().items()}
    result = np.dot(net.hidden(encoded[:, 0]), head["output.weight"].T) + head["output.bias"]
    return result.asnumpy().astype(float).tolist()


def describe_file(path):
    """Each file has the semantics that it was saved with."""
    try:
        npx.reset_np()
        arrays = mx.nd.load(str(path))
    except mx.MXNetError:
        npx.set_np()
        arrays = npx.load(str(path))
    if isinstance(arrays, list):
        arrays = {str(i): array for i, array in enumerate(arrays)}
    return {name.removeprefix("arg:").removeprefix("aux:"): describe(a.asnumpy()) for name, a in arrays.items()}


def describe(array):
    return {"type": array.dtype.name, "shape": list(array.shape), "hex": array.tobytes().hex()}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bert"]:
        npx.set_np()
        print(json.dumps(logits(sys.argv[2])))
    elif sys.argv[1:]:
        for file in sys.argv[1:]:
            print(json.dumps(describe_file(Path(file)), ensure_ascii=False))
    else:
        main()
