"""The server that bench/load.ts compares with: FastAPI before Python's `transformers`, one thread, a request at a time.

    MODEL=FOLDER uvicorn --app-dir bench load-peer:app --port 8081 --no-access-log

needs fastapi, uvicorn, torch and transformers. FOLDER is what `tunebert export --format transformers` wrote.
"""

import os

import torch
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

torch.set_num_threads(1)
folder = os.environ["MODEL"]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
app = FastAPI()


class Question(BaseModel):
    text: str
    textPair: str


@app.post("/predict")
def predict(question: Question):
    inputs = tokenizer(question.text, question.textPair, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        probabilities = model(**inputs).logits.softmax(-1)[0].tolist()
    named = {model.config.id2label[i]: probability for i, probability in enumerate(probabilities)}
    return {"label": max(named, key=named.get), "probabilities": named}
