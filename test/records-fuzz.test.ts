/**
 * Records that are JSON but not what they should be: states of checkpoints, run.json, predictions.jsonl, config.json,
 * vocab.json. Every reader refuses them with a TunebertError, or what it reads can be used, within a second of the
 * processor's time.
 * `FUZZ_RUNS=17000 npx vitest run test/records-fuzz.test.ts` tries more than 100,000.
 */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { labelsOf } from "../src/data/answers.js";
import { TunebertError } from "../src/error.js";
import { formatModelConfig, parseModelConfig } from "../src/hub/store/model-config.js";
import { CurveRecorder } from "../src/report/charts/curve-recorder.js";
import type { Curves } from "../src/report/charts/learning-curves.js";
import { formatPredictions, parsePredictions } from "../src/report/files/predictions-file.js";
import { formatRun, parseRun } from "../src/report/files/run-file.js";
import { compareRuns } from "../src/report/terminal/comparison.js";
import { formatComparison } from "../src/report/terminal/comparison-text.js";
import { learningCurves } from "../src/run/listeners/learning-curves.js";
import { readListeners } from "../src/run/listeners/listener.js";
import { metricsLog } from "../src/run/listeners/metrics-log.js";
import { anything, parseJson, record } from "../src/text/json-reader.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { isOver } from "../src/train/model-selection.js";
import { resume } from "../src/train/resume.js";
import { TrainingState } from "../src/train/training-state.js";
import type { StateDict, Tensor } from "../src/weights/tensor.js";
import { deepJson } from "./support/checkpoint-bytes.js";
import { sampleAnswers, sampleCurves, sampleRun } from "./support/sample-run.js";
import { TINY_CONFIG, tinyVocabulary } from "./support/tiny.js";

/** Inputs for each kind of record. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 300);
const SETTINGS = { seed: Number(process.env.FUZZ_SEED ?? 1), numRuns: RUNS };
/** Of the processor's time: however long the whole takes, one input may not. */
const MAX_MILLISECONDS = 1000;

const counts = { refused: 0, read: 0, slowest: 0 };

afterAll(() => {
  if (process.env.FUZZ_RUNS) console.log(counts);
});

const LENGTHS = { size: 5, stepSize: 2 };
const FINGERPRINT = {
  data: { "training pairs": "abc" },
  settings: { seed: 1, labels: ["a", "b"], clipNorm: null },
};

function parameters() {
  return new Map([["w", { shape: [2], data: Float32Array.of(1, 2) }]]);
}

const TENSORS: StateDict = new Map<string, Tensor>([
  ["w", float32([2])],
  ["adam.mean.w", float32([2])],
  ["adam.variance.w", float32([2])],
  ["order", { type: "int32", shape: [5], data: Int32Array.of(4, 2, 0, 1, 3) }],
]);

/** After an epoch and a step. */
const STATE = (() => {
  const state = new TrainingState(LENGTHS.size, 0);
  const random = state.random().state;
  const sums = { loss: 0.5, accuracy: 1 };
  for (const size of [2, 2, 1]) state.count({ size, sums, seconds: 0.1, random });
  const figures = { validation: { loss: 0.4, accuracy: 0.5 }, test: { accuracy: 0.6 } };
  state.endEpoch(figures, { kinds: [{ name: "loss", better: "lower" }], metric: "loss" });
  state.beginEpoch(true);
  state.count({ size: 2, sums: { loss: 0.8, accuracy: 2 }, seconds: 0.1, random });
  const memories = { curves: sampleCurves, metricsBytes: 100 };
  return { version: 3, ...state.snapshot().saved, threads: 2, fingerprint: FINGERPRINT, memories };
})();

/** Each reads a record and does with it what the product does. */
const READERS: readonly (readonly [string, valid: unknown, read: (text: string) => void])[] = [
  ["a checkpoint's state", STATE, (text) => goOn(TENSORS, parseJson(text, "f", record(anything)))],
  [
    "run.json",
    JSON.parse(formatRun(sampleRun)),
    (text) => {
      const run = parseRun(text, "run.json");
      const others = { name: "first", model: sampleRun.model, run: sampleRun, answers: sampleAnswers };
      expectText(compareRuns([others, { ...others, name: "second", model: run.model, run }]));
    },
  ],
  [
    "predictions.jsonl",
    JSON.parse(new TextDecoder().decode(formatPredictions(sampleAnswers)).split("\n")[0]!),
    (text) => {
      const answers = parsePredictions(`${text}\n${text}\n`, "predictions.jsonl");
      const run = { name: "run", model: sampleRun.model, run: undefined, answers };
      expectText(compareRuns([run, run]));
    },
  ],
  [
    "config.json",
    JSON.parse(
      formatModelConfig({
        config: { ...TINY_CONFIG, vocabularySize: 17 },
        answers: ["entailment", "contradiction", "neutral"],
        maxLength: 16,
        truncation: "ratio",
        texts: 2,
      }),
    ),
    (text) => {
      const { config, answers, maxLength } = parseModelConfig(text, "config.json");
      expect(Object.values(config).every(Number.isSafeInteger)).toBe(true);
      expect(labelsOf(answers).every((label) => typeof label === "string")).toBe(true);
      expect(maxLength).toBeGreaterThan(0);
    },
  ],
  [
    "vocab.json",
    tinyVocabulary().toJSON(),
    (text) => {
      const vocabulary = Vocabulary.parse(text, "vocab.json");
      expect(vocabulary.id(vocabulary.token(0))).toBe(0);
    },
  ],
];

describe.each(READERS)("%s", { timeout: 60_000 + 20 * RUNS }, (_, valid, read) => {
  test("is read as it was written", () => {
    read(JSON.stringify(valid));
  });

  test("with other values and members is refused, or can be used", () => {
    const property = fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      expectRefusedOrSound(() => read(asJson(changes.reduce(applied, valid))));
    });
    fc.assert(property, SETTINGS);
  });
});

test("a checkpoint with other tensors is refused, or can be used", { timeout: 60_000 + 20 * RUNS }, () => {
  const name = fc.constantFrom(...TENSORS.keys(), "adam.mean.", "__proto__", "constructor", "sha256");
  const tensor = fc.constantFrom(undefined, ...TENSORS.values(), ...ODD_TENSORS);
  const property = fc.property(
    fc.array(fc.tuple(name, tensor), { minLength: 1, maxLength: 3 }),
    (changes) => {
      const tensors: StateDict = new Map(TENSORS);
      for (const [name, tensor] of changes) tensor ? tensors.set(name, tensor) : tensors.delete(name);
      expectRefusedOrSound(() => goOn(tensors, STATE));
    },
  );
  fc.assert(property, SETTINGS);
});

function float32(shape: number[], value = 1): Tensor {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return { type: "float32", shape, data: new Float32Array(size).fill(value) };
}

const ODD_TENSORS: readonly Tensor[] = [
  ...[float32([1]), float32([]), float32([0]), float32([1, 2]), float32([2], Number.NaN)],
  { type: "float64", shape: [2], data: Float64Array.of(1, 2) },
  { type: "int32", shape: [2], data: Int32Array.of(1, 2) },
  { type: "int32", shape: [5], data: Int32Array.of(0, 1, 2, 3, 5) },
  { type: "int32", shape: [5], data: Int32Array.of(0, 1, 2, 3, -1) },
  { type: "int32", shape: [5], data: Int32Array.of(0, 0, 0, 0, 0) },
  { type: "int64", shape: [5], data: BigInt64Array.of(0n, 1n, 2n, 3n, 4n) },
];

/** What {@link asJson} puts in place of these cannot be a value, or could not be written. */
const HUGE = "(a number beyond all)";
const DEEP = "(nested)";
const DEEPER = "(nested deeply)";
const LONG = "(a long text)";

const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, "", "0", "5", "constructor", "__proto__", "\ud800", "\u001b[2J", LONG],
  ...[0, -0, -1, 0.5, 1, 2, 3, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e300, 5e-324, HUGE, DEEP, DEEPER],
  ...[[], [null], [0, 0, 0, 0], {}, { length: 1e9 }, { toString: 1, valueOf: null }, { toJSON: "x" }],
  JSON.parse('{"__proto__":{"step":1}}'),
];

const ODD_KEYS = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  "then",
  "0",
  "",
  "k".repeat(1000),
];

type Change = readonly [
  kind: "replace" | "remove" | "add" | "double",
  which: number,
  key: string,
  value: unknown,
];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom("replace", "replace", "replace", "remove", "add", "double"),
  fc.nat(),
  fc.constantFrom(...ODD_KEYS),
  fc.constantFrom(...ODD_VALUES),
);

/** The value with one change somewhere in it. */
function applied(json: unknown, [kind, which, key, value]: Change): unknown {
  const places = placesIn(json);
  const place = places[which % (places.length + 1)];
  if (!place) return kind === "replace" ? value : json;
  return changed(json, place, (parent, name) => {
    if (Array.isArray(parent)) {
      const at = Number(name);
      if (kind === "remove") return parent.toSpliced(at, 1);
      return kind === "replace"
        ? parent.with(at, value)
        : parent.toSpliced(at, 0, kind === "add" ? value : parent[at]);
    }
    const entries = Object.entries(parent as object);
    const others = entries.filter(([other]) => other !== name);
    if (kind === "remove") return Object.fromEntries(others);
    return Object.fromEntries(kind === "replace" ? [...others, [name, value]] : [...entries, [key, value]]);
  });
}

/** The keys that lead to every value but the whole. */
function placesIn(json: unknown, to: readonly string[] = []): string[][] {
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => [[...to, key], ...placesIn(value, [...to, key])]);
}

function changed(
  json: unknown,
  [key, ...rest]: readonly string[],
  change: (parent: unknown, key: string) => unknown,
): unknown {
  if (rest.length === 0) return change(json, key!);
  const inner = changed((json as Record<string, unknown>)[key!], rest, change);
  if (Array.isArray(json)) return json.with(Number(key), inner);
  return Object.fromEntries(Object.entries(json as object).map(([k, v]) => [k, k === key ? inner : v]));
}

function asJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(LONG, "x".repeat(100_000))
    .replaceAll(JSON.stringify(HUGE), "1e999")
    .replaceAll(JSON.stringify(DEEPER), deepJson(20_000))
    .replaceAll(JSON.stringify(DEEP), deepJson(50));
}

/** Resumes, with all that the command makes of the state. */
function goOn(tensors: StateDict, state: Readonly<Record<string, unknown>>): void {
  const file = "step-4.safetensors";
  const checkpoint = { tensors, state, file, bytes: 1 };
  const resumed = resume(checkpoint, { parameters: parameters(), fingerprint: FINGERPRINT, ...LENGTHS });
  const recorder = new CurveRecorder();
  const log = metricsLog("nowhere");
  readListeners(
    [learningCurves("nowhere", recorder, "accuracy"), { ...log, state: { ...log.state!, restore() {} } }],
    checkpoint,
  )();
  const { batch, examplesPerSecond, train, best } = { ...resumed.state, ...measures(resumed.state) };
  expect([batch, examplesPerSecond, ...Object.values(train)].every(Number.isFinite)).toBe(true);
  expect(isOver(resumed.state, { epochs: 1 })).toBe(true);
  expect(best).toMatchObject({ epoch: 1, step: 3 });
  const points = Object.values(recorder.curves).flatMap((curves: Curves) => Object.values(curves).flat());
  expect(points.every(({ epoch, value }) => Number.isFinite(epoch + value))).toBe(true);
}

function measures(state: TrainingState) {
  const { stepInEpoch, examplesPerSecond, train } = state;
  return { batch: state.batch(stepInEpoch, LENGTHS.stepSize).length, examplesPerSecond, train };
}

function expectText(comparison: Parameters<typeof formatComparison>[0]): void {
  expect(formatComparison(comparison)).not.toContain("[native code]");
  expect(JSON.stringify(comparison)).toContain('"pairs":');
}

/** What is thrown but a TunebertError fails the property. */
function expectRefusedOrSound(action: () => void): void {
  const start = process.cpuUsage();
  try {
    action();
    counts.read++;
  } catch (error) {
    if (!(error instanceof TunebertError)) throw error;
    if (error.message.length > 20_000) throw new Error(`a message of ${error.message.length} characters`);
    counts.refused++;
  }
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000;
  counts.slowest = Math.max(counts.slowest, milliseconds);
  if (milliseconds > MAX_MILLISECONDS) throw new Error(`one input took ${milliseconds} ms`);
}
