"""Writes test/fixtures/weights/npz-*: archives made by NumPy, and npz-expected.json with the type, shape and bytes of
every array in row-major order.

    pip install numpy==2.4
    python tools/make-npz-fixtures.py           writes the fixtures
    python tools/make-npz-fixtures.py FILE...   prints each FILE as NumPy reads it, one JSON object a line
"""

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "weights"


def main():
    np.savez(OUT / "npz-types.npz", **types())
    np.savez_compressed(OUT / "npz-compressed.npz", zeros=np.zeros((10, 10), "float32"), **types())
    write_entries("npz-versions.npz", {f"v{n}": in_version(np.arange(6.0).reshape(2, 3), n) for n in (1, 2, 3)})
    write_entries("npz-objects.npz", {"o": saved(np.array([{}], dtype=object), allow_pickle=True)})
    write_entries("npz-structured.npz", {"s": saved(np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))})
    write_entries("npz-big-endian.npz", {name: saved(array) for name, array in big_endian().items()})
    write_entries("npz-complex.npz", {"c": saved(np.ones(2, dtype="complex64"))})
    write_entries("npz-unread.npz", {name: saved(array, allow_pickle=True) for name, array in unread().items()})
    files = ["npz-types.npz", "npz-compressed.npz", "npz-versions.npz", "npz-big-endian.npz"]
    expected = {name: describe_file(OUT / name) for name in files}
    (OUT / "npz-expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def types():
    numbers = np.arange(24, dtype="float32").reshape(2, 3, 4)
    return {
        "float64": np.array([0.1, -0.0, np.inf, 5e-324]),
        "float32": np.array([[0.1, -0.0], [np.nan, 3.4e38]], "float32"),
        "float16": np.array([0.1, -65504, 6e-8], "float16"),
        "int64": np.array([2**63 - 1, -(2**63)]),
        "int32": np.array([2**31 - 1, -(2**31)], "int32"),
        "int16": np.array([32767, -32768], "int16"),
        "int8": np.array([127, -128, 0], "int8"),
        "uint8": np.array([0, 255, 7], "uint8"),
        "bool": np.array([True, False, True]),
        "scalar": np.array(2.5, "float32"),
        "empty": np.zeros((0, 3), "float32"),
        "fortran": np.asfortranarray(numbers),
        "transposed": numbers[0].T,
        "folder/größe": np.ones((1, 2), "float32"),
    }


def big_endian():
    swapped = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in types().items()}
    return swapped | {"fortran": np.asfortranarray(swapped["fortran"])}


def unread():
    return {
        "uint16": np.ones(2, "uint16"),
        "uint32": np.ones(2, ">u4"),
        "uint64": np.ones((2, 1), "uint64"),
        "complex": np.ones(2, "complex64"),
        "objects": np.array([{}], dtype=object),
        "text": np.array(["ab", "c"]),
        "structured": np.zeros(2, dtype=[("a", "f4"), ("b", "i4", (2,))]),
        "wanted": np.array([0.5, -2], "float32"),
    }


def in_version(array, version):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=(version, 0))
    return buffer.getvalue()


def saved(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def write_entries(name, entries):
    with zipfile.ZipFile(OUT / name, "w") as archive:
        for entry, data in entries.items():
            archive.writestr(zipfile.ZipInfo(f"{entry}.npy"), data)


def describe_file(path):
    with np.load(path) as arrays:
        return {name: describe(arrays[name]) for name in arrays.files}


def describe(array):
    array = array.astype(array.dtype.newbyteorder("<"))
    return {"type": array.dtype.name, "shape": list(array.shape), "hex": array.tobytes().hex()}


if __name__ == "__main__":
    if sys.argv[1:]:
        for file in sys.argv[1:]:
            print(json.dumps(describe_file(file), ensure_ascii=False))
    else:
        main()
