/**
 * Damaged files of Hugging Face's folders: every reader refuses them with a TunebertError, or reads what its types promise,
 * within a second. `FUZZ_RUNS=3000 npx vitest run test/hugging-face-fuzz.test.ts` tries more than a hundred thousand.
 */

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { outputsOf } from "../src/bert/bert-classifier.js";
import { modelParameters } from "../src/bert/model-program.js";
import { parseHuggingFaceConfig } from "../src/hub/store/hugging-face-config.js";
import { openHuggingFaceFolder } from "../src/hub/store/hugging-face-folder.js";
import { parseTokenizer } from "../src/text/subwords/parse-tokenizer.js";
import { temporaryFolder } from "./support/command.js";
import { describeDamaged, fuzzRuns, type Read, textDamages } from "./support/damage.js";

const FIXTURES = fileURLToPath(new URL("fixtures/hugging-face", import.meta.url));
const root = temporaryFolder();

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
const ids = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));
const added = (id: number, content: string, lstrip = false) => ({
  ...{ id, content, lstrip, single_word: false, rstrip: false, normalized: false, special: true },
});

const WORD_PIECE = {
  added_tokens: [added(3, "[SEP]")],
  normalizer: {
    ...{ type: "BertNormalizer", clean_text: true, handle_chinese_chars: true },
    ...{ strip_accents: null, lowercase: true },
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] },
  model: { type: "WordPiece", unk_token: "[UNK]", vocab: ids([...SPECIAL, "otter", "wait", "##s"]) },
};

const BYTE_PAIRS = {
  added_tokens: [added(0, "<s>"), added(4, "<mask>", true)],
  normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Lowercase" }] },
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, use_regex: true },
  post_processor: { type: "RobertaProcessing", cls: ["<s>", 0], sep: ["</s>", 2] },
  model: {
    ...{ type: "BPE", dropout: null, unk_token: "<unk>", fuse_unk: false, byte_fallback: false },
    vocab: ids(["<s>", "<pad>", "</s>", "<unk>", "<mask>", "o", "t", "Ġ", "ot"]),
    merges: ["o t", ["Ġ", "o"]],
  },
};

const template = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
const UNIGRAM = {
  added_tokens: [added(2, "</s>")],
  normalizer: {
    type: "Sequence",
    normalizers: [
      // Two units and no texts: a map without a key.
      {
        type: "Precompiled",
        precompiled_charsmap: Buffer.from([8, 0, 0, 0, ...Array(9).fill(0)]).toString("base64"),
      },
      { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
      { type: "Strip", strip_left: false, strip_right: true },
    ],
  },
  pre_tokenizer: {
    type: "Sequence",
    pretokenizers: [
      { type: "WhitespaceSplit" },
      { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    ],
  },
  post_processor: {
    type: "TemplateProcessing",
    single: [template("<s>"), text("A"), template("</s>")],
    pair: [template("<s>"), text("A"), template("</s>"), template("</s>"), text("B"), template("</s>")],
    special_tokens: { "<s>": { id: "<s>", ids: [0] }, "</s>": { id: "</s>", ids: [2] } },
  },
  model: {
    ...{ type: "Unigram", unk_id: 3, byte_fallback: false },
    vocab: [
      ...[
        ["<s>", 0],
        ["<pad>", 0],
        ["</s>", 0],
        ["<unk>", 0],
      ],
      ...[
        ["▁", -1.5],
        ["o", -2],
        ["tter", -3.25],
        ["▁otter", -4],
      ],
    ],
  },
};

const BERT = {
  ...{ model_type: "bert", vocab_size: 17, hidden_size: 16, intermediate_size: 32, num_attention_heads: 2 },
  ...{ num_hidden_layers: 1, max_position_embeddings: 40, type_vocab_size: 2, layer_norm_eps: 1e-12 },
  ...{ hidden_act: "gelu", position_embedding_type: "absolute", id2label: { 0: "no", 1: "yes" } },
};
const DISTILBERT = {
  ...{ model_type: "distilbert", vocab_size: 17, dim: 16, hidden_dim: 32, n_heads: 2, n_layers: 1 },
  ...{ max_position_embeddings: 40, activation: "gelu", id2label: null },
};

const files: readonly (readonly [name: string, content: unknown, read: Read])[] = [
  ["tokenizer.json of WordPiece", WORD_PIECE, expectTokenizer],
  ["of byte pairs", BYTE_PAIRS, expectTokenizer],
  ["of Unigram", UNIGRAM, expectTokenizer],
  ["config.json of a BERT", BERT, expectBert],
  ["of a DistilBERT", DISTILBERT, expectBert],
  ["of a RoBERTa", { ...BERT, model_type: "roberta", type_vocab_size: 1, pad_token_id: 1 }, expectBert],
  ["of an ELECTRA", { ...BERT, model_type: "electra", embedding_size: 8 }, expectBert],
  [
    "modules.json",
    [
      { idx: 0, name: "0", path: "0_Transformer", type: "sentence_transformers.models.Transformer" },
      { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
    ],
    inFolder("bert-mean", "modules.json"),
  ],
  [
    "the config.json of a pooling",
    { word_embedding_dimension: 16, pooling_mode_cls_token: false, pooling_mode_mean_tokens: true },
    inFolder("bert-mean", "1_Pooling/config.json"),
  ],
  ["tokenizer_config.json", { do_lower_case: true, model_max_length: 512 }, withVocabulary()],
  [
    "model.safetensors.index.json",
    { metadata: { total_size: 10 }, weight_map: { a: "model.safetensors", "b.c": "model-2.safetensors" } },
    withoutWeights(),
  ],
];

describeDamaged(
  files.map(([name, content, read]) => [name, Buffer.from(JSON.stringify(content)), read]),
  { damages: textDamages, runs: fuzzRuns(40) },
);

/** As the files are read from disk, but for what is not UTF-8, which reading refuses. */
function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function expectTokenizer(bytes: Uint8Array): void {
  const tokenizer = parseTokenizer(decoded(bytes), "fuzz.json");
  const found = tokenizer.ids("An otter  waits <mask> [SEP] é漢");
  const { ids } = tokenizer.pack(found, found, 16, "longest-first");
  for (const id of [...found, ...ids]) expect(id).toBeLessThan(tokenizer.size);
}

function expectBert(bytes: Uint8Array): void {
  const { config, answers = ["no", "yes"] } = parseHuggingFaceConfig(decoded(bytes), "fuzz.json");
  expect(modelParameters(config, outputsOf(answers)).size).toBeGreaterThan(0);
}

/** Opens a copy of a fixture in which a file has such bytes; the weights are not read. */
function inFolder(fixture: string, file: string, change: (folder: string) => void = () => {}): Read {
  const folder = join(root, file.replaceAll("/", "-"));
  cpSync(join(FIXTURES, fixture), folder, { recursive: true });
  change(folder);
  return async (bytes) => {
    writeFileSync(join(folder, file), bytes);
    expect((await openHuggingFaceFolder(folder)).config.blocks).toBeGreaterThan(0);
  };
}

function withVocabulary(): Read {
  return inFolder("bert-gelu", "tokenizer_config.json", (folder) => {
    const { vocab } = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")).model;
    rmSync(join(folder, "tokenizer.json"));
    writeFileSync(join(folder, "vocab.txt"), Object.keys(vocab).join("\n"));
  });
}

function withoutWeights(): Read {
  return inFolder("bert-gelu", "model.safetensors.index.json", (folder) =>
    rmSync(join(folder, "model.safetensors")),
  );
}
