"""Writes test/fixtures/parquet: small files of labelled sentences by pyarrow and Hugging Face's datasets.

    pip install pyarrow==26.0.1 datasets==5.2.0
    python tools/make-parquet-fixtures.py
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, List, Value

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "parquet"

TEXTS = [
    "The otter slept on the warm jetty.",
    "Nobody had fed the ducks.",
    "Ein Fischer flickt sein Netz \U0001f41f.",
    "The lamp flickers,\nthen goes out.",
    "",
    "A baker kneads the dough.",
    "Two goats stand on a wall.",
    "The kettle sings \"softly\".",
    "Rain again, as on every Monday.",
    "The tram was late by an hour.",
]
LABELS = ["calm", "sad", "calm", "sad", None, "calm", "calm", "calm", "sad", "sad"]


def main():
    OUT.mkdir(exist_ok=True)
    plain = pa.table({"text": TEXTS, "label": LABELS})
    for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
        write(f"{codec}.parquet", plain, compression=codec)
    write("no-dictionary.parquet", plain, use_dictionary=False)
    write("row-groups.parquet", plain, row_group_size=3)
    write("pages.parquet", pa.table({"text": TEXTS * 30, "label": LABELS * 30}), data_page_size=64, write_batch_size=7)
    write("version-2.parquet", plain, data_page_version="2.0", row_group_size=4)
    delta = {"text": "DELTA_LENGTH_BYTE_ARRAY", "label": "DELTA_LENGTH_BYTE_ARRAY"}
    write("delta-length.parquet", plain, use_dictionary=False, column_encoding=delta)
    prefixes = {"text": "DELTA_BYTE_ARRAY", "label": "PLAIN"}
    write("delta-prefixes.parquet", plain, use_dictionary=False, column_encoding=prefixes)
    for name, values, kind in labels():
        write(f"{name}.parquet", pa.table({"text": TEXTS, "label": pa.array(values, kind)}))
    write("required.parquet", plain_without_nulls())
    write("pairs.parquet", pa.table({"id": list(range(10)), "premise": TEXTS, "hypothesis": TEXTS[::-1], "label": LABELS}))
    write("struct.parquet", pa.table({"text": [{"a": text} for text in TEXTS], "label": LABELS}))
    write("bytes.parquet", pa.table({"text": [b"good", b"\xff bad", b"fine"], "label": ["a", "b", "a"]}))
    write("lists.parquet", pa.table({"text": TEXTS[:5], "labels": [["a"], ["a", "b"], [], None, ["c", "a", "b"]]}))
    large = pa.table({"text": ["a" * 40_000_000], "label": ["b"]})
    write("large-text.parquet", large, compression="zstd", use_dictionary=False, write_statistics=False)
    write("many-rows.parquet", pa.table({"text": ["a"] * 5_000_000, "label": pa.nulls(5_000_000)}), compression="zstd")
    huggingface()


def labels():
    yield from ((f"int{bits}", [0, 1, 2, 0, None, 1, 1, 2, -1, 0], pa.type_for_alias(f"int{bits}")) for bits in (8, 16, 32, 64))
    yield "uint64", [0, 1, 2**64 - 1, 0, None, 1, 1, 1, 1, 0], pa.uint64()
    yield "large-int64", [0, 1, -(2**63), 2**63 - 1, None, 1, 1, 1, 1, 0], pa.int64()
    yield "bool", [True, False, True, False, None, True, True, True, False, False], pa.bool_()
    yield "float32", [0.5, 1, -2.25, 0, None, float("nan"), 3, 4, 5, 6], pa.float32()
    yield "float64", [0.1, 1, -2.25, 0, None, float("nan"), 3, 4, 5, 6], pa.float64()
    yield "null", [None] * 10, pa.null()
    yield "date", [18000] * 10, pa.date32()


def plain_without_nulls():
    schema = pa.schema([pa.field("text", pa.string(), nullable=False), pa.field("label", pa.int64(), nullable=False)])
    return pa.table({"text": TEXTS, "label": list(range(10))}, schema=schema)


def huggingface():
    names = ["calm", "sad", "cross"]
    features = Features({"text": Value("string"), "label": ClassLabel(names=names)})
    data = {"text": TEXTS, "label": [0, 1, 2, 0, None, 1, 1, 2, -1, 0]}
    write("class-label.parquet", Dataset.from_dict(data, features=features).data.table)
    several = Features({"text": Value("string"), "labels": List(ClassLabel(names=names))})
    data = {"text": TEXTS[:4], "labels": [[0], [1, 2], [], [2, 0, 1]]}
    write("class-label-lists.parquet", Dataset.from_dict(data, features=several).data.table)


def write(name, table, **options):
    pq.write_table(table, OUT / name, **options)


if __name__ == "__main__":
    main()
