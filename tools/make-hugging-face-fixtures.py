"""Writes test/fixtures/hugging-face/: tiny models of every family as `transformers` keeps them, one BERT whose output layer
reads the mean over the tokens as `sentence-transformers` does, and what they compute.

    python tools/make-hugging-face-fixtures.py      needs torch 2.13, transformers 5, tokenizers and safetensors

Each folder holds config.json, model.safetensors and tokenizer.json of a model for sequence classification with random
weights, gradients.safetensors with those of the mean loss, and expected.json: texts with the ids that the tokenizer gives them at some lengths, the logits, and the losses
over ten steps of AdamW with clipping and a schedule. tokenizer-cases.json holds ids of texts that are hard to take apart.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors.torch import save_file
from tokenizers import BertWordPieceTokenizer, Tokenizer
from torch import nn
from torch.nn import functional as F
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertPreTrainedModel,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    ElectraConfig,
    ElectraForSequenceClassification,
)

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "hugging-face"
LABELS = ["entailment", "contradiction", "neutral"]
PAIRS = [
    ("A man plays the guitar on a stage .", "A man is playing music .", 0),
    ("Two dogs run through the deep snow .", "The dogs are sleeping inside .", 1),
    ("A woman in a red coat waits for the bus .", "She is going to work .", 2),
    ("Children play football in the park .", "Kids are playing outdoors .", 0),
    ("The old man reads a newspaper .", "Nobody is reading .", 1),
    ("A band performs at night .", "The band is famous .", 2),
    ("rain", "It rains .", 0),
]
HARD = [
    "", " ", "Hello, world!", "naïve café Ünïcödé", "ΑΣ ΌΣΟΣ Σ", "İstanbul ISTANBUL", "don't stop-believing #1 (50%)",
    "a[SEP]b [MASK] [CLS]x [sep]", "日本語のテキスト 漢字kanji", "𠀀𠮷 𪜀", "tab\there\nnew line\r\nend", "\u00a0nbsp\u2003em",
    "zero\u200bwidth\u00adsoft\ufeffbom", "e\u0301 \u0301x", "🙂 emoji 👩‍👩‍👧", "x" * 101, "y" * 100, "$+<=>^`|~", "…—“quoted”",
    "\u0000nul\ufffd \u0007bell\u0085nel\u001c fs", "ǅ ß ẞ ﬁ Ⅳ ½", "ไทย ภาษา हिन्दी مرحبا שלום", "play playing plays ##ing",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VARIANTS = {
    "bert-gelu": (BertConfig, BertForSequenceClassification, dict(hidden_act="gelu", layer_norm_eps=1e-12, num_hidden_layers=3, num_attention_heads=2)),
    "bert-tanh": (BertConfig, BertForSequenceClassification, dict(hidden_act="gelu_new", layer_norm_eps=1e-5, num_hidden_layers=1, num_attention_heads=4)),
    "distilbert": (DistilBertConfig, DistilBertForSequenceClassification, dict(n_layers=2, n_heads=2)),
    "electra": (ElectraConfig, ElectraForSequenceClassification, dict(embedding_size=8, num_hidden_layers=2, num_attention_heads=2)),
}


class MeanPooledBert(BertPreTrainedModel):
    """As `sentence-transformers` pools: the mean of the last block's outputs over the tokens that are no padding."""

    def __init__(self, config):
        super().__init__(config)
        self.bert = BertModel(config)  # the pooler, which nothing reads, is in the file
        self.classifier = nn.Linear(config.hidden_size, len(LABELS))
        self.post_init()

    def forward(self, attention_mask, **inputs):
        tokens = self.bert(attention_mask=attention_mask, **inputs).last_hidden_state
        mask = attention_mask.unsqueeze(-1).float()
        return SimpleNamespace(logits=self.classifier((tokens * mask).sum(1) / mask.sum(1)))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    tokenizer = small_tokenizer()
    for name, options in VARIANTS.items():
        write(OUT / name, OUT / name, tokenizer, options)
    mean = OUT / "bert-mean"
    write(mean, mean / "0_Transformer", tokenizer, (BertConfig, MeanPooledBert, dict(num_hidden_layers=2, num_attention_heads=2)))
    (mean / "1_Pooling").mkdir(exist_ok=True)
    pooling = dict(word_embedding_dimension=16, pooling_mode_cls_token=False, pooling_mode_mean_tokens=True)
    (mean / "1_Pooling" / "config.json").write_text(json.dumps(pooling) + "\n")
    modules = ["0_Transformer", "1_Pooling", "2_Normalize"]
    kinds = [dict(idx=i, name=str(i), path=path, type=f"sentence_transformers.models.{path[2:]}") for i, path in enumerate(modules)]
    (mean / "modules.json").write_text(json.dumps(kinds) + "\n")
    cased = json.loads(tokenizer.to_str())
    cased["normalizer"] = {**cased["normalizer"], "lowercase": False, "strip_accents": None}
    cases = {
        "uncased": [[text, ids(tokenizer, text)] for text in HARD],
        "cased": [[text, ids(Tokenizer.from_str(json.dumps(cased)), text)] for text in HARD],
    }
    (OUT / "tokenizer-cases.json").write_text(json.dumps(cases) + "\n")


def small_tokenizer():
    """Of a vocabulary with every character, alone and within words, and every other word that occurs."""
    texts = [text for first, second, _ in PAIRS for text in (first, second)] + HARD
    plain = BertWordPieceTokenizer(vocab={token: i for i, token in enumerate(SPECIAL)})
    words = sorted({word for text in texts for word, _ in words_of(plain, text)})
    characters = sorted({character for word in words for character in word})
    longer = [word for word in words if 1 < len(word) < 12][::2]
    vocabulary = [*SPECIAL, *characters, *(f"##{character}" for character in characters), *longer, "##ing"]
    return BertWordPieceTokenizer(vocab={token: i for i, token in enumerate(vocabulary)})._tokenizer


def words_of(tokenizer, text):
    normalised = tokenizer._tokenizer.normalizer.normalize_str(text)
    return tokenizer._tokenizer.pre_tokenizer.pre_tokenize_str(normalised)


def ids(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def write(folder, transformer, tokenizer, variant):
    Config, Model, options = variant
    distilled = Config is DistilBertConfig
    sizes = dict(dim=16, hidden_dim=32) if distilled else dict(hidden_size=16, intermediate_size=32)
    dropout = ["dropout", "attention_dropout", "seq_classif_dropout"] if distilled else [
        "hidden_dropout_prob", "attention_probs_dropout_prob"
    ]
    transformer.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    config = Config(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=40,
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
        initializer_range=0.2,
        **sizes,
        **{name: 0.0 for name in dropout},
        **options,
    )
    model = Model(config)
    for parameter in model.parameters():  # biases and norms, which would be 0 and 1
        with torch.no_grad():
            parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(transformer)
    # A truncation and a padding that are kept in the file are of no account.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    (transformer / "tokenizer.json").write_text(tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    result, gradients = expected(model, tokenizer)
    (folder / "expected.json").write_text(json.dumps(result) + "\n")
    save_file(gradients, folder / "gradients.safetensors")


def expected(model, tokenizer):
    truncated = []
    for length in (16, 11, 8, 5):
        tokenizer.enable_truncation(length)
        truncated.append([length, [tokenizer.encode(first, second).ids for first, second, _ in PAIRS]])
    tokenizer.no_truncation()
    encoded = [tokenizer.encode(first, second) for first, second, _ in PAIRS]
    longest = max(len(one.ids) for one in encoded)
    pad = lambda rows: torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    inputs = dict(
        input_ids=pad([one.ids for one in encoded]),
        token_type_ids=pad([one.type_ids for one in encoded]),
        attention_mask=pad([[1] * len(one.ids) for one in encoded]),
    )
    if model.config.model_type == "distilbert":
        del inputs["token_type_ids"]
    labels = torch.tensor([label for _, _, label in PAIRS])
    model.eval()
    with torch.no_grad():
        logits = model(**inputs).logits
    F.cross_entropy(model(**inputs).logits, labels).backward()
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}
    model.zero_grad()
    result = dict(
        pairs=[[first, second, LABELS[label]] for first, second, label in PAIRS],
        truncated=truncated,
        logits=logits.tolist(),
        losses=losses(model, inputs, labels),
    )
    return result, gradients


def losses(model, inputs, labels, steps=10):
    """AdamW as the issue has it: no decay of biases and norms, clipping at 1, linear decay after a tenth of warm-up."""
    decays = lambda name: name.endswith("weight") and "LayerNorm" not in name and "layer_norm" not in name
    groups = [
        dict(params=[p for n, p in model.named_parameters() if decays(n)], weight_decay=0.01),
        dict(params=[p for n, p in model.named_parameters() if not decays(n)], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW(groups, lr=1e-3)
    result = []
    warmup = steps // 10
    for step in range(1, steps + 1):
        loss = F.cross_entropy(model(**inputs).logits, labels)
        result.append(loss.item())
        taken = step - 1
        factor = taken / warmup if taken < warmup else 1 - (taken - warmup) / (steps - warmup)
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * factor
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return result


if __name__ == "__main__":
    main()
