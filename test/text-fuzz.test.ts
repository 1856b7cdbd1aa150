/**
 * Damaged text files, plain and packed: every reader refuses them with a TunebertError, or reads what its types
 * promise, within a second. `FUZZ_RUNS=20000 npx vitest run test/text-fuzz.test.ts` tries more than a million.
 */

import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { checkConfig } from "../src/bert/config.js";
import { modelParameters } from "../src/bert/model-program.js";
import { labelsOf } from "../src/data/answers.js";
import { readExampleLines } from "../src/data/read-example-lines.js";
import { readExamples, readSnli } from "../src/data/read-examples.js";
import { SNLI_HEADER } from "../src/data/snli.js";
import { formatModelConfig, parseModelConfig } from "../src/hub/store/model-config.js";
import { checkTruncation } from "../src/text/truncate-pair.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { describeDamaged, fuzzRuns, textDamages } from "./support/damage.js";
import { TINY_CONFIG, tinyPairs, tinyVocabulary, toCsv } from "./support/tiny.js";

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
];

async function* inOne<T>(blocks: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const block of blocks) yield* block;
}

describeDamaged(
  READERS.map(([name, content, read, encode = utf8]) => [name, new Uint8Array(encode(content)), read]),
  { damages: textDamages, runs: fuzzRuns(60) },
);

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
