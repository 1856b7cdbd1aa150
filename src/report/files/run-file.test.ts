import { expect, test } from "vitest";
import { sampleRun } from "../../../test/support/sample-run.js";
import { TunebertError } from "../../error.js";
import { formatRun, parseRun } from "./run-file.js";

test("parseRun reads what formatRun writes", () => {
  expect(parseRun(formatRun(sampleRun), "run.json")).toEqual(JSON.parse(JSON.stringify(sampleRun)));
});

test.each([
  ["{", /x\/run\.json is not JSON/],
  ["null", "x/run.json: it is null; expected an object"],
  [JSON.stringify({ format: "tunebert", version: 1 }), /does not describe a training run/],
  [formatRun(sampleRun).replace('"version": 1', '"version": 2'), /format tunebert-run, version 1/],
  [formatRun(sampleRun).replace('"labels": [', '"labelled": ['), "model.labels is missing; expected a list"],
  [formatRun(sampleRun).replace('"labels": [', '"labels": [0, '), "model.labels[0] is 0; expected text"],
  [
    formatRun(sampleRun).replace('"loss": 0.5', '"loss": "low"'),
    'training.train.loss is "low"; expected a number',
  ],
  [formatRun(sampleRun).replace('"loss": 0.5', '"loss": 1e999'), "train.loss is Infinity"],
  [formatRun(sampleRun).replace('"threads": 2', '"threads": -2'), "threads is -2; expected a whole number"],
  [formatRun({ ...sampleRun, settings: 1 as never }), "settings is 1; expected an object"],
  [formatRun({ ...sampleRun, data: null as never }), "data is null; expected an object"],
  [
    formatRun(sampleRun).replace('"shuffle": true', `"shuffle": ${deep(99)}`),
    "nested more than 100 levels deep",
  ],
  [formatRun(sampleRun).replace('"shuffle": true', `"shuffle": ${deep(100_000)}`), "nested more than 100"],
])("parseRun refuses %#", (text, message) => {
  expect(() => parseRun(text, "x/run.json")).toThrow(message);
  expect(() => parseRun(text, "x/run.json")).toThrow(TunebertError);
});

function deep(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

test("parseRun reads the figures of training that had names of their own", () => {
  const { train: _, ...training } = sampleRun.training;
  const named = { ...sampleRun, training: { ...training, trainLoss: 0.5, trainAccuracy: 0.75 } };
  expect(parseRun(formatRun(named as never), "run.json").training).toEqual(sampleRun.training);
});
