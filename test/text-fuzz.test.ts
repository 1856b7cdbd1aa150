/**
 * Damaged text files, plain and packed: every reader refuses them with a TunebertError, or reads what its types
 * promise, within a second. `FUZZ_RUNS=20000 npx vitest run test/text-fuzz.test.ts` tries more than a million.
 */

import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { outputsOf } from "../src/bert/bert-classifier.js";
import { checkConfig } from "../src/bert/config.js";
import { modelParameters } from "../src/bert/model-program.js";
import { labelsOf } from "../src/data/answers.js";
import { readExampleLines } from "../src/data/read-example-lines.js";
import { readExamples, readSnli } from "../src/data/read-examples.js";
import { SNLI_HEADER } from "../src/data/snli.js";
import { TunebertError } from "../src/error.js";
import { parseHuggingFaceConfig } from "../src/hub/store/hugging-face-config.js";
import { formatModelConfig, parseModelConfig } from "../src/hub/store/model-config.js";
import { checkTruncation } from "../src/text/truncate-pair.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordPieceTokenizer } from "../src/text/word-piece-tokenizer.js";
import { TINY_CONFIG, tinyPairs, tinyVocabulary, toCsv } from "./support/tiny.js";

/** Inputs for each kind of damage and each file. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 60);
const SETTINGS = { seed: Number(process.env.FUZZ_SEED ?? 1), numRuns: RUNS };
/** Of the processor: however long the whole takes, one input may not, on a busy machine either. */
const MAX_MILLISECONDS = 1000;

const counts = { refused: 0, read: 0, slowest: 0 };

afterAll(() => {
  if (process.env.FUZZ_RUNS) console.log(counts);
});

const PAIRS = tinyPairs().slice(0, 5);

const snliRows = PAIRS.map(({ text, textPair, label }, i) => {
  const leaves = (text: string) => `( ${text.replaceAll(" ", " ( ")} ) )`;
  const others = Array.from({ length: 11 }, (_, column) => `cell ${column}`);
  return [i === 3 ? "-" : label, leaves(text), leaves(textPair), ...others].join("\t");
});

const SNLI = [SNLI_HEADER, ...snliRows, ""].join("\n");
const TSV = toCsv(PAIRS).replaceAll(",", "\t");
const CSV = `${toCsv(PAIRS)}"a ""quoted"" otter, or two\r\nlines","",neutral\r\n`;
const JSONL = PAIRS.map((pair) => `${JSON.stringify(pair)}\n`).join("");
const QUOTED_TSV = CSV.replaceAll(",", "\t");
const SEMICOLONS = CSV.replaceAll(",", ";");
const SNLI_JSONL = PAIRS.map(({ text, textPair, label }, i) => {
  const parses = { sentence1_parse: "(A)", sentence2_parse: "(B)", annotator_labels: [label] };
  const binary = { sentence1_binary_parse: `( ${text} )`, sentence2_binary_parse: `( ${textPair} )` };
  const ids = { captionID: "c", pairID: `p${i}`, sentence1: text, sentence2: textPair };
  return `${JSON.stringify({ gold_label: i === 3 ? "-" : label, ...ids, ...binary, ...parses })}\n`;
}).join("");
const VOCABULARY = JSON.stringify(tinyVocabulary());
const CONFIG = formatModelConfig({
  config: { ...TINY_CONFIG, vocabularySize: 17 },
  answers: ["entailment", "contradiction", "neutral"],
  maxLength: 16,
  truncation: "ratio",
  texts: 2,
});

const [TOKENIZER = ""] = Object.values(
  WordPieceTokenizer.of(
    new Map(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "otter", "wait", "##s"].map((token, id) => [token, id])),
  ).files(),
);

const HUGGING_FACE_CONFIG = JSON.stringify({
  ...{ model_type: "bert", vocab_size: 17, hidden_size: 16, intermediate_size: 32, num_attention_heads: 2 },
  ...{ num_hidden_layers: 1, max_position_embeddings: 40, type_vocab_size: 2, layer_norm_eps: 1e-12 },
  ...{ hidden_act: "gelu", position_embedding_type: "absolute", id2label: { 0: "no", 1: "yes" } },
});

const DISTILBERT_CONFIG = JSON.stringify({
  ...{ model_type: "distilbert", vocab_size: 17, dim: 16, hidden_dim: 32, n_heads: 2, n_layers: 1 },
  ...{ max_position_embeddings: 40, activation: "gelu", id2label: null },
});

/** Each reader reads a file to its end and looks at what came out. */
const READERS: readonly (readonly [
  string,
  valid: string,
  read: (bytes: Uint8Array) => void | Promise<void>,
  encode?: (text: string) => Uint8Array,
])[] = [
  ["SNLI, by its own reader", SNLI, (bytes) => expectExamples(readSnli(bytes, { fileName: "fuzz.txt" }))],
  [
    "SNLI, known by its header",
    SNLI,
    (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.txt" })),
  ],
  ["TSV", TSV, (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.tsv" }))],
  ["CSV", CSV, (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.csv" }))],
  ["JSONL", JSONL, (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.jsonl" }))],
  ["SNLI's JSONL", SNLI_JSONL, (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.jsonl" }))],
  [
    "CSV with semicolons",
    SEMICOLONS,
    (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.csv" })),
  ],
  [
    "quoted TSV",
    QUOTED_TSV,
    (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.tsv", quotes: true })),
  ],
  ["TSV, bad rows skipped", TSV, (bytes) => expectSkipping(bytes, "fuzz.tsv")],
  ["CSV, bad rows skipped", CSV, (bytes) => expectSkipping(bytes, "fuzz.csv")],
  ["JSONL, bad rows skipped", JSONL, (bytes) => expectSkipping(bytes, "fuzz.jsonl")],
  [
    "lines of pairs",
    TSV.replaceAll(/\t\w+$/gm, ""),
    (bytes) => expectExamples(inOne(readExampleLines(bytes, { fileName: "fuzz", texts: 2 }))),
  ],
  ["UTF-16", `\ufeff${TSV}`, (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.tsv" })), utf16],
  ["gzip", CSV, (bytes) => expectExamples(readExamples(bytes, { fileName: "fuzz.csv.gz" })), gzipSync],
  ["vocab.json", VOCABULARY, (bytes) => expectVocabulary(text(bytes))],
  ["config.json", CONFIG, (bytes) => expectConfig(text(bytes))],
  ["tokenizer.json", TOKENIZER, (bytes) => expectTokenizer(text(bytes))],
  ["a config.json of Hugging Face's", HUGGING_FACE_CONFIG, (bytes) => expectBert(text(bytes))],
  ["that of a DistilBERT", DISTILBERT_CONFIG, (bytes) => expectBert(text(bytes))],
];

async function* inOne<T>(blocks: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const block of blocks) yield* block;
}

/** What programs that read text tend to stumble over. */
const PIECES = [
  ..."\0\t\n\r\"',:{}[]()\\- ",
  ...[
    "\r\n",
    "\r\r\n",
    ...[";", "|", "\u0085"],
    '""',
    "\ufeff",
    "\u2028",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "9007199254740993",
    "9007199254740991",
    "{}",
    "[]",
  ],
  ...['"__proto__"', '"toString"', '"\\ud800"', "\\u0000", "-LRB-", "( ", " )", "😀"],
  ...["[".repeat(20_000), `${"[".repeat(20_000)}${"]".repeat(20_000)}`, '{"a":'.repeat(20_000)],
].map((piece) => Buffer.from(piece));

/** No UTF-8 at all. */
const BROKEN = [
  [0xff],
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0x1f, 0x8b, 0x08],
  [0xc3],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
].map((bytes) => Uint8Array.from(bytes));

/** Kinds of damage: each makes of a valid file any number of others. */
const DAMAGES: Readonly<Record<string, (valid: Uint8Array) => fc.Arbitrary<Uint8Array>>> = {
  "some bytes changed": (valid) =>
    fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = valid.slice();
        for (const [position, value] of changes) bytes[position] = value;
        return bytes;
      }),
  "a piece put in or in another's place": (valid) =>
    fc
      .tuple(fc.nat(valid.length), fc.nat(8), fc.constantFrom(...PIECES, ...BROKEN))
      .map(([start, length, piece]) =>
        Buffer.concat([valid.subarray(0, start), piece, valid.subarray(start + length)]),
      ),
  "a value replaced": (valid) =>
    fc.tuple(fc.nat(), fc.constantFrom(...PIECES)).map(([which, piece]) => replaceValue(valid, which, piece)),
  "a part cut out or doubled": (valid) =>
    fc.tuple(fc.nat(valid.length), fc.nat(200), fc.boolean()).map(([start, length, doubled]) => {
      const end = Math.min(start + length, valid.length);
      return Buffer.concat([valid.subarray(0, doubled ? end : start), valid.subarray(doubled ? start : end)]);
    }),
};

describe.each(READERS.map(([name, content, read, encode = utf8]) => [name, encode(content), read] as const))(
  "%s",
  { timeout: 60_000 + 10 * RUNS },
  (_, encoded, read) => {
    const valid = new Uint8Array(encoded);

    test("is read whole, and at every length is read or refused", async () => {
      await read(valid);
      for (let length = 0; length < valid.length; length++) {
        await expectRefusedOrSound(valid.subarray(0, length), read);
      }
    });

    test.each(Object.entries(DAMAGES))("with %s", async (_, damage) => {
      const property = fc.asyncProperty(damage(valid).map(shownShort), (bytes) =>
        expectRefusedOrSound(bytes, read),
      );
      await fc.assert(property, SETTINGS);
    });
  },
);

/** Puts a piece where a cell, a JSON string or a JSON number was. */
function replaceValue(valid: Uint8Array, which: number, piece: Uint8Array): Uint8Array {
  const values = [
    ...Buffer.from(valid)
      .toString("latin1")
      .matchAll(/"[^"]*"|[^\t\n\r,:{}[\]"]+/g),
  ];
  const { index, 0: value } = values[which % values.length]!;
  return Buffer.concat([valid.subarray(0, index), piece, valid.subarray(index + value.length)]);
}

/** Makes fast-check print the text, and of a long one both ends. */
function shownShort(bytes: Uint8Array): Uint8Array {
  const text = JSON.stringify(Buffer.from(bytes).toString("latin1"));
  const shown = text.length <= 2000 ? text : `${text.slice(0, 1000)} … ${text.slice(-1000)}`;
  return Object.assign(bytes, { [fc.toStringMethod]: () => shown });
}

/** What is thrown but a TunebertError fails the property. */
async function expectRefusedOrSound(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const start = process.cpuUsage();
  try {
    await read(bytes);
    counts.read++;
  } catch (error) {
    if (!(error instanceof TunebertError)) throw error;
    counts.refused++;
  }
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000;
  counts.slowest = Math.max(counts.slowest, milliseconds);
  if (milliseconds > MAX_MILLISECONDS) throw new Error(`one input took ${milliseconds} ms`);
}

/** Texts, or pairs of texts, and not both. */
async function expectExamples(examples: ReturnType<typeof readExamples>): Promise<void> {
  const kinds = new Set<string>();
  for await (const { text, textPair, label } of examples) {
    kinds.add(typeof textPair);
    if (typeof text === "string" && ["string", "undefined"].includes(typeof textPair) && kinds.size === 1) {
      if (label === undefined || (typeof label === "string" && label !== "")) continue;
      if (typeof label !== "string" && label.every((one) => typeof one === "string")) continue;
    }
    throw new Error(`no example, or of another kind: ${text}, ${textPair}, ${label}`);
  }
}

/** What can be read is read with and without skipping; what is skipped is said. */
async function expectSkipping(bytes: Uint8Array, fileName: string): Promise<void> {
  let notices = 0;
  const onNotice = () => notices++;
  await expectExamples(readExamples(bytes, { fileName, skipBadRows: true, onNotice }));
  if (notices === 0) await expectExamples(readExamples(bytes, { fileName }));
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text);
}

function utf16(text: string): Uint8Array {
  return Buffer.from(text, "utf16le");
}

function expectVocabulary(json: string): void {
  const vocabulary = Vocabulary.parse(json, "fuzz.json");
  for (let id = 0; id < vocabulary.size; id++) {
    if (vocabulary.id(vocabulary.token(id)) !== id) throw new Error(`token ${id} is not found again`);
  }
}

function expectTokenizer(json: string): void {
  const tokenizer = WordPieceTokenizer.parse(json, "fuzz.json");
  for (const id of tokenizer.ids("An otter waits [SEP] é漢")) expect(id).toBeLessThan(tokenizer.size);
}

function expectBert(json: string): void {
  const { config, answers = ["no", "yes"] } = parseHuggingFaceConfig(json, "fuzz.json");
  expect(modelParameters(config, outputsOf(answers)).size).toBeGreaterThan(0);
}

function expectConfig(json: string): void {
  const { config, answers, maxLength, truncation } = parseModelConfig(json, "fuzz.json");
  expect(modelParameters(checkConfig(config), 2).size).toBeGreaterThan(0);
  checkTruncation(truncation);
  expect(labelsOf(answers).every((label) => typeof label === "string")).toBe(true);
  expect(typeof maxLength).toBe("number");
}

/** As the files are read from disk, but for what is not UTF-8, which reading refuses. */
function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
