"""Writes test/fixtures/hugging-face/: tiny models of every family as `transformers` keeps them, one BERT whose output layer
reads the mean over the tokens as `sentence-transformers` does, and what they compute.

    python tools/make-hugging-face-fixtures.py [NAME...]      needs torch 2.13, transformers 5, tokenizers, safetensors,
                                                              sentencepiece and protobuf; default: all of them

Each folder holds config.json, model.safetensors and tokenizer.json of a model for sequence classification with random
weights, gradients.safetensors with those of the mean loss, and expected.json: texts with the ids that the tokenizer gives them at some lengths, the logits, and the losses
over ten steps of AdamW with clipping and a schedule. tokenizer-cases.json holds ids of texts that are hard to take apart: by
WordPiece, by byte-level byte-pair encoding, and by Unigram as SentencePiece trained it, with a map of characters of its own.
"""

import io
import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import sentencepiece
import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, BertWordPieceTokenizer, ByteLevelBPETokenizer, Tokenizer, normalizers, processors
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
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaTokenizer,
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
HARDER = [  # of what byte-level and SentencePiece tokenizers do otherwise than BERT's
    "a <mask> b", "a  <mask>  b", "<s>x</s></s>y", "<MASK> <unk>", "two  spaces   three", " leading", "trailing  ", "it's we'll I'M 'tis",
    "12345 ½ Ⅳ ٣٤", "Ａｂｃ　ﬁｎｅ ① ㌀", "line\u2028sep\u2029 \u0085nel\ufeff x", "a\u0301 e\u0301\u0323 \u1100\u1161\u11a8",
    "🇩🇪🇫🇷 👍🏽 ❤️", "▁ meta▁space", "\t\n\r\n\v\f", "…?!¿", "日本語 한국어 ไทย", "ـــ مرحبا", "x\u00ady\u200dz", "Σίσυφος ΣΊΣΥΦΟΣ",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VARIANTS = {
    "bert-gelu": (BertConfig, BertForSequenceClassification, dict(hidden_act="gelu", layer_norm_eps=1e-12, num_hidden_layers=3, num_attention_heads=2)),
    "bert-tanh": (BertConfig, BertForSequenceClassification, dict(hidden_act="gelu_new", layer_norm_eps=1e-5, num_hidden_layers=1, num_attention_heads=4)),
    "distilbert": (DistilBertConfig, DistilBertForSequenceClassification, dict(n_layers=2, n_heads=2)),
    "electra": (ElectraConfig, ElectraForSequenceClassification, dict(embedding_size=8, num_hidden_layers=2, num_attention_heads=2)),
    "roberta": (RobertaConfig, RobertaForSequenceClassification, dict(type_vocab_size=1, num_hidden_layers=2, num_attention_heads=2)),
    "xlm-roberta": (XLMRobertaConfig, XLMRobertaForSequenceClassification, dict(type_vocab_size=1, num_hidden_layers=1, num_attention_heads=2)),
}
# What stands for what, as SentencePiece's rules have it: code points in hexadecimal.
CHARACTER_MAP = {
    "A0": "20", "3000": "20", "9": "20", "A": "20", "D": "20", "2003": "20", "2028": "20", "200B": "20", "7": "", "AD": "",
    "FF21": "41", "FF42": "62", "FB01": "66 69", "2460": "31", "BD": "31 2044 32", "2163": "49 56", "3300": "30A2 30D1 30FC 30C8",
    "65 301": "E9", "61 301": "E1", "1100 1161 11A8": "AC01", "2026": "2E 2E 2E", "FEFF": "", "1F1": "44 5A",
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
    others = {"roberta": byte_level_tokenizer(), "xlm-roberta": unigram_tokenizer()}
    wanted = sys.argv[1:] or [*VARIANTS, "bert-mean"]
    for name, options in VARIANTS.items():
        if name in wanted:
            write(OUT / name, OUT / name, others.get(name, tokenizer), options)
    if "bert-mean" in wanted:
        write_mean(tokenizer)
    cased = json.loads(tokenizer.to_str())
    cased["normalizer"] = {**cased["normalizer"], "lowercase": False, "strip_accents": None}
    cases = {
        "uncased": [[text, ids(tokenizer, text)] for text in HARD],
        "cased": [[text, ids(Tokenizer.from_str(json.dumps(cased)), text)] for text in HARD],
        **{name: [[text, ids(other, text)] for text in HARD + HARDER] for name, other in others.items()},
    }
    (OUT / "tokenizer-cases.json").write_text(json.dumps(cases) + "\n")


def write_mean(tokenizer):
    mean = OUT / "bert-mean"
    write(mean, mean / "0_Transformer", tokenizer, (BertConfig, MeanPooledBert, dict(num_hidden_layers=2, num_attention_heads=2)))
    (mean / "1_Pooling").mkdir(exist_ok=True)
    pooling = dict(word_embedding_dimension=16, pooling_mode_cls_token=False, pooling_mode_mean_tokens=True)
    (mean / "1_Pooling" / "config.json").write_text(json.dumps(pooling) + "\n")
    modules = ["0_Transformer", "1_Pooling", "2_Normalize"]
    kinds = [dict(idx=i, name=str(i), path=path, type=f"sentence_transformers.models.{path[2:]}") for i, path in enumerate(modules)]
    (mean / "modules.json").write_text(json.dumps(kinds) + "\n")


def small_tokenizer():
    """Of a vocabulary with every character, alone and within words, and every other word that occurs."""
    texts = [text for first, second, _ in PAIRS for text in (first, second)] + HARD
    plain = BertWordPieceTokenizer(vocab={token: i for i, token in enumerate(SPECIAL)})
    words = sorted({word for text in texts for word, _ in words_of(plain, text)})
    characters = sorted({character for word in words for character in word})
    longer = [word for word in words if 1 < len(word) < 12][::2]
    vocabulary = [*SPECIAL, *characters, *(f"##{character}" for character in characters), *longer, "##ing"]
    return BertWordPieceTokenizer(vocab={token: i for i, token in enumerate(vocabulary)})._tokenizer


def byte_level_tokenizer():
    """As RoBERTa has it: without a space before the first word, and with a mask that takes the space before it along."""
    trained = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)]
    texts = [text for first, second, _ in PAIRS for text in (first, second)]
    trained.train_from_iterator(texts, vocab_size=480, min_frequency=1, special_tokens=special, show_progress=False)
    tokenizer = trained._tokenizer
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return tokenizer


def unigram_tokenizer():
    texts = [text for first, second, _ in PAIRS for text in (first, second)] + ["日本語 한국어 café naïve 각 DZ fi IV"] * 3
    model = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write("".join(f"{key}\t{value}\n" for key, value in CHARACTER_MAP.items()))
        rules.flush()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_writer=model, vocab_size=250, hard_vocab_limit=False, minloglevel=2,
            normalization_rule_tsv=rules.name,
        )
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(piece.piece, piece.score) for piece in proto.pieces[3:]] + [("<mask>", 0.0)]
    return XLMRobertaTokenizer(pieces, _spm_precompiled_charsmap=proto.normalizer_spec.precompiled_charsmap)._tokenizer


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
        max_position_embeddings=66 if "roberta" in Config.model_type else 40,
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
    pad = lambda rows, padding=0: torch.tensor([row + [padding] * (longest - len(row)) for row in rows])
    inputs = dict(
        input_ids=pad([one.ids for one in encoded], model.config.pad_token_id or 0),
        token_type_ids=pad([one.type_ids for one in encoded]),
        attention_mask=pad([[1] * len(one.ids) for one in encoded]),
    )
    if model.config.model_type in ("distilbert", "roberta", "xlm-roberta"):
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
