"""Writes test/fixtures/weights/: weights files made by PyTorch and by the safetensors library, hostile and odd
ones made by hand, and expected.json with the type, shape and bytes of every tensor as PyTorch sees it.

    python tools/make-weights-fixtures.py            needs torch 2.13 and safetensors 0.8
    python tools/make-weights-fixtures.py FILE       prints FILE as the safetensors library reads it

The legacy files' storage keys are memory addresses, so those bytes differ from run to run.
"""

import io
import json
import pickle
import struct
import sys
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "weights"
MAGIC = 0x1950A86A20F9469CFC6C


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    expected = {}
    for name, state in states().items():
        expected[name] = describe(state)
        torch.save(state, OUT / f"{name}.zip.pt")
        torch.save(state, OUT / f"{name}.legacy.pt", _use_new_zipfile_serialization=False)
    for protocol in (3, 4, 5):
        save = dict(obj=states()["views"], pickle_protocol=protocol)
        torch.save(f=OUT / f"protocol{protocol}.zip.pt", **save)
        torch.save(f=OUT / f"protocol{protocol}.legacy.pt", _use_new_zipfile_serialization=False, **save)

    linear = nn.Linear(3, 2)
    checkpoint = {"epoch": 3, "state_dict": linear.state_dict(), "args": {"lr": 1e-4, "tags": ["a", None, True, -7]}}
    expected["checkpoint"] = describe(checkpoint["state_dict"])
    torch.save(checkpoint, OUT / "checkpoint.zip.pt")
    torch.save(checkpoint, OUT / "checkpoint.legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"encoder": linear.state_dict(), "decoder": linear.state_dict()}, OUT / "two-states.zip.pt")
    torch.save({"state": linear.state_dict(), "t": torch.zeros(1)}, OUT / "mixed.zip.pt")
    torch.save([torch.zeros(1)], OUT / "list.zip.pt")
    torch.save({"z": torch.zeros(2, dtype=torch.complex64)}, OUT / "complex.zip.pt")
    torch.save({"n": torch.ones(2, dtype=torch.complex64).conj().imag}, OUT / "negated.zip.pt")
    torch.save(linear, OUT / "module.zip.pt")
    rewrite(OUT / "linear.zip.pt", OUT / "big-endian.zip.pt", "byteorder", lambda _: b"big")
    rewrite(OUT / "linear.zip.pt", OUT / "short.zip.pt", "data/0", lambda data: data[:-4])

    write_storage_views(OUT / "storage-views.legacy.pt")
    expected["storage-views"] = describe(torch.load(OUT / "storage-views.legacy.pt"))
    write_hostile()
    with zipfile.ZipFile(OUT / "compressed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(1000))

    write_checkpoints(expected)
    write_python_2(OUT / "python2.legacy.pt")
    expected["python2"] = describe(torch.load(OUT / "python2.legacy.pt", map_location="cpu"))
    rewrite(OUT / "linear.zip.pt", OUT / "cuda.zip.pt", "data.pkl", on_cuda)

    types = {name: tensor for name, tensor in states()["types"].items()}
    types |= {"scalar": torch.tensor(1.5), "empty": torch.zeros(0, 3), "größe": torch.ones(2, 2)}
    expected["library.safetensors"] = describe(types)
    save_file(types, OUT / "library.safetensors", metadata={"format": "pt"})
    save_file({"c": torch.zeros(2, dtype=torch.uint16)}, OUT / "uint16.safetensors")
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def write_checkpoints(expected):
    """What people save beside the weights, all of which torch.load(weights_only=True) reads."""
    torch.manual_seed(1)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    loss = model(torch.ones(1, 3)).sum()
    loss.backward()
    optimizer.step()
    expected["training"] = describe(model.state_dict())
    training = {
        "epoch": 5,
        "best": float("-inf"),
        "big": 2**70,
        "state_dict": model.state_dict(),
        "optimizer_states": [optimizer.state_dict()],
        "loss": loss.detach(),
        "size": torch.Size([2, 3]),
        "dtype": torch.float8_e4m3fn,
        "device": torch.device("cuda", 1),
        "callbacks": {"checkpoint": {"score": torch.tensor(0.5), "paths": {"a.ckpt": torch.tensor(0.5)}}},
        "others": ({1, 2}, b"bytes", bytearray(b"bytes"), 1j, Counter("aab"), None, [[], {}, ()]),
        "quantisation": torch.per_tensor_affine,
    }
    attributes = OrderedDict(parameter=nn.Parameter(torch.ones(2)), tensor=torch.arange(3.0))
    for tensor in attributes.values():
        tensor.note = ["anything", 1]
    attributes._metadata = OrderedDict([("", {"version": 1})])
    expected["attributes"] = describe(attributes)
    unread = {
        "uint16": torch.tensor([1, 2], dtype=torch.uint16),
        "float8": torch.zeros(2, 2, dtype=torch.float8_e4m3fn),
        "complex": torch.zeros(3, dtype=torch.complex64),
        "quantised": torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.quint8),
        "sparse": torch.eye(2).to_sparse(),
        "csr": torch.eye(2).to_sparse_csr(),
        "negated": torch.ones(2, dtype=torch.complex64).conj().imag,
        "meta": torch.zeros(4, device="meta"),
        "wanted": torch.tensor([0.5, -2]),
    }
    expected["wanted"] = describe({"wanted": unread["wanted"]})
    several = {"model": model.state_dict(), "ema": {"decay": 0.9, "state_dict": nn.Linear(1, 2).state_dict()}}
    expected["several"] = describe(several["ema"]["state_dict"])
    files = {"training": training, "attributes": attributes, "unread": unread, "several": several}
    for name, obj in files.items():
        torch.save(obj, OUT / f"{name}.zip.pt")
        torch.load(OUT / f"{name}.zip.pt", weights_only=True)
        torch.save(obj, OUT / f"{name}.legacy.pt", _use_new_zipfile_serialization=False)
        if name != "unread":  # PyTorch does not read its own legacy files of bytes whose type the tensor tells
            torch.load(OUT / f"{name}.legacy.pt", weights_only=True)


def write_python_2(path):
    """A legacy file with the opcodes of Python 2's pickle: byte strings, and ordered dictionaries from lists of lists."""
    ordered, rebuild = b"ccollections\nOrderedDict\n", b"ctorch._utils\n_rebuild_tensor_v2\n"
    text = lambda value: b"U" + bytes([len(value)]) + value
    integer = lambda value: b"K" + bytes([value])
    hooks = ordered + b"]\x85R"
    storage = b"(" + text(b"storage") + b"ctorch\nFloatStorage\n" + text(b"7") + text(b"cuda:0") + integer(6) + b"NtQ"
    tensor = lambda offset: rebuild + b"(" + storage + integer(offset) + integer(3) + b"\x85" + integer(1) + b"\x85\x89" + hooks + b"tR"
    pair = lambda name, value: b"](" + text(name) + value + b"e"
    metadata = b"}" + text(b"_metadata") + ordered + b"](" + pair(b"", b"}" + text(b"version") + integer(1) + b"s") + b"e\x85Rs"
    pickled = b"\x80\x02" + ordered + b"](" + pair(b"weight", tensor(0)) + pair(b"bias", tensor(3)) + b"e\x85R" + metadata + b"b."
    path.write_bytes(legacy_stream(pickled, ["7"], struct.pack("<q6f", 6, *range(6))))


def on_cuda(pickled):
    return pickled.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0")


def states():
    base = torch.arange(12.0)
    tied = torch.arange(6, dtype=torch.int16)
    return {
        "types": {
            "float64": torch.tensor([0.1, -0.0, float("inf"), 5e-324], dtype=torch.float64),
            "float32": torch.tensor([[0.1, -0.0], [float("nan"), 3.4e38]]),
            "float16": torch.tensor([0.1, -65504, 6e-8], dtype=torch.float16),
            "bfloat16": torch.tensor([0.1, 3e38, float("-inf")], dtype=torch.bfloat16),
            "int64": torch.tensor([2**63 - 1, -(2**63), 2**53 + 1]),
            "int32": torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
            "int16": torch.tensor([32767, -32768, 1], dtype=torch.int16),
            "int8": torch.tensor([127, -128, 0], dtype=torch.int8),
            "uint8": torch.tensor([0, 255, 7], dtype=torch.uint8),
            "bool": torch.tensor([True, False, True]),
        },
        "views": {
            "whole": base.reshape(3, 4),
            "tail": base[8:],
            "transposed": base.reshape(3, 4).t(),
            "every-other": base[1::2],
            "block": base.reshape(3, 4)[1:, 1:3],
            "permuted": torch.arange(24, dtype=torch.int64).reshape(2, 3, 4).permute(2, 0, 1),
            "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
            "scalar": torch.tensor(2.5),
            "inner-scalar": base[5],
            "empty": torch.zeros(0, 3),
            "corner": base.reshape(3, 4)[:1, :1],
            "row": base.reshape(3, 4)[1:2],
            "tied": tied,
            "tied-too": tied,
            "bytes": torch.arange(3, dtype=torch.uint8),
        },
        "linear": nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).state_dict(),
        "parameter": {"weight": nn.Parameter(torch.randn(2, 2)), "frozen": nn.Parameter(torch.ones(1), False)},
        "many": OrderedDict((f"layer.{i}.weight", base[i % 12]) for i in range(100)),
        "nothing": OrderedDict(),
    }


def describe(state):
    return {name: describe_tensor(tensor) for name, tensor in state.items()}


def describe_tensor(tensor):
    dense = tensor.detach().contiguous().reshape(-1)
    return {
        "type": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "hex": dense.view(torch.uint8).numpy().tobytes().hex() if dense.numel() else "",
    }


class StoragePickler(pickle.Pickler):
    """Pickles a (key, view) pair as PyTorch before 0.4 did a storage that is a part of another storage."""

    def persistent_id(self, obj):
        if isinstance(obj, Part):
            return ("storage", torch.FloatStorage, obj.root, "cpu", obj.count, obj.view)
        return None


class Part:
    def __init__(self, root, count, view):
        self.root, self.count, self.view = root, count, view


class Rebuilt:
    def __init__(self, part, offset, shape, strides):
        self.args = (part, offset, shape, strides)

    def __reduce__(self):
        return (torch._utils._rebuild_tensor, self.args)


def write_storage_views(path):
    state = OrderedDict(
        root=Rebuilt(Part("r", 6, None), 0, (2, 3), (3, 1)),
        part=Rebuilt(Part("r", 6, ("v", 2, 3)), 1, (2,), (1,)),
    )
    data = struct.pack("<q6f", 6, *range(6))
    path.write_bytes(legacy_stream(dump(state, StoragePickler), ["r"], data))


def rewrite(source, target, name, change):
    """Copies an archive with one record changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            new.writestr(entry, change(data) if entry.endswith(f"/{name}") else data)


def write_hostile():
    """Pickles that call os.system when loaded carelessly, named and as Python itself would write the name."""
    call = b"X" + struct.pack("<I", 17) + b"touch hostile.txt" + b"\x85R."
    hostile = b"\x80\x02cos\nsystem\n" + call
    (OUT / "hostile.legacy.pt").write_bytes(legacy_stream(hostile, [], b""))
    (OUT / "hostile-first.legacy.pt").write_bytes(hostile)
    stacked = b"\x80\x04\x8c\x05posix\x8c\x06system\x93" + call
    with zipfile.ZipFile(OUT / "hostile.zip.pt", "w") as archive:
        archive.writestr("archive/data.pkl", stacked)


def legacy_stream(pickled, keys, data):
    facts = {"protocol_version": 1001, "little_endian": True}
    return b"".join([dump(MAGIC), dump(1001), dump(facts), pickled, dump(keys), data])


def dump(obj, pickler=pickle.Pickler):
    buffer = io.BytesIO()
    pickler(buffer, protocol=2).dump(obj)
    return buffer.getvalue()


def read_back(path):
    with safe_open(path, framework="pt") as file:
        print(json.dumps(file.metadata()))
        for name in file.keys():
            print(json.dumps({name: describe_tensor(file.get_tensor(name))}, ensure_ascii=False))


if __name__ == "__main__":
    read_back(sys.argv[1]) if len(sys.argv) > 1 else main()
