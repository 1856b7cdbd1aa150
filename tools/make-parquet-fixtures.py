"""Writes test/fixtures/parquet/: small files of invented sentences, in the forms in which data sets are published.

    python tools/make-parquet-fixtures.py      needs pyarrow
"""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "parquet"
TEXTS = ["the otter dives", "the heron waits – ‘ü’ 🦦", "a baker sings", "no pilot sleeps", "the pilot naps", "all is calm"]
NAMES = ["calm", "loud", "tall"]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    one = dict(names=NAMES, _type="ClassLabel")
    several = [dict(feature=one, _type="Sequence"), [one]]
    write("classes", [0, 2, -1, 1, 0, 2], pa.int64(), one, compression="snappy", row_group_size=2)
    write("small-classes", [0, 2, -1, 1, 0, 2], pa.int8(), one, compression="none", use_dictionary=False)
    for name, feature in zip(["lists", "other-lists"], several):
        write(name, [[0, 2], [], None, [1], [0], [2]], pa.list_(pa.int64()), feature, compression="zstd")
    write("numbers", [0.5, 2, None, 4.25, 1, 3], pa.float32(), None, compression="gzip")
    write("truths", [True, False, None, True, True, False], pa.bool_(), None, compression="brotli")
    write("names", ["a", "b", None, "a", "b", "a"], pa.string(), None, compression="lz4", data_page_version="2.0")


def write(name, labels, kind, feature, **options):
    features = dict(text=dict(dtype="string", _type="Value"), label=feature)
    metadata = {"huggingface": json.dumps(dict(info=dict(features=features)))} if feature else None
    schema = pa.schema([("idx", pa.int32()), ("text", pa.string()), ("label", kind)], metadata=metadata)
    columns = dict(idx=list(range(len(TEXTS))), text=TEXTS, label=labels)
    pq.write_table(pa.table(columns, schema=schema), OUT / f"{name}.parquet", **options)


if __name__ == "__main__":
    main()
