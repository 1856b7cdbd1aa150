"""The logits of an exported folder on pairs, as JSON: tools/check-export.mjs compares them.

    python tools/check-export.py transformers|onnxruntime FOLDER PAIRS.json
"""

import json
import sys
import warnings

import numpy
import onnx
import onnxruntime
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

warnings.simplefilter("error")
reader, folder, file = sys.argv[1:]
with open(file, encoding="utf-8") as source:
    pairs = json.load(source)
tokenizer = AutoTokenizer.from_pretrained(folder)


def batches(size=50):
    for start in range(0, len(pairs), size):
        first, second = zip(*pairs[start : start + size])
        yield list(first), list(second)


def with_transformers():
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    pipeline("text-classification", model=folder)({"text": pairs[0][0], "text_pair": pairs[0][1]}, truncation=True)
    for first, second in batches():
        with torch.no_grad():
            yield model(**tokenizer(first, second, truncation=True, padding=True, return_tensors="pt")).logits.numpy()


def with_onnxruntime():
    for name in ("model.onnx", "model_quantized.onnx"):
        onnx.checker.check_model(f"{folder}/onnx/{name}", full_check=True)
    session = onnxruntime.InferenceSession(f"{folder}/onnx/model.onnx")
    names = {one.name for one in session.get_inputs()}
    for first, second in batches():
        inputs = tokenizer(first, second, truncation=True, padding=True, return_tensors="np", return_token_type_ids=True)
        yield session.run(["logits"], {name: numpy.int64(inputs[name]) for name in names})[0]


rows = numpy.concatenate(list(with_transformers() if reader == "transformers" else with_onnxruntime()))
print(json.dumps(rows.tolist()))
