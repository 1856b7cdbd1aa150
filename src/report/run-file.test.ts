import { expect, test } from "vitest";
import { sampleRun } from "../../test/support/sample-run.js";
import { TunebertError } from "../error.js";
import { formatRun, parseRun } from "./run-file.js";

test("parseRun reads what formatRun writes", () => {
  expect(parseRun(formatRun(sampleRun), "run.json")).toEqual(JSON.parse(JSON.stringify(sampleRun)));
});

test.each([
  ["{", /x\/run\.json is not JSON/],
  ["null", /does not describe a training run/],
  [JSON.stringify({ format: "tunebert", version: 1 }), /does not describe a training run/],
  [formatRun(sampleRun).replace('"version": 1', '"version": 2'), /format tunebert-run, version 1/],
  [formatRun(sampleRun).replace('"labels": [', '"labelled": ['), /model\.labels is not of type array/],
  [
    formatRun(sampleRun).replace('"trainLoss": 0.5', '"trainLoss": "low"'),
    /training\.trainLoss is not of type number/,
  ],
  [formatRun({ ...sampleRun, settings: 1 as never }), /settings is not of type object/],
])("parseRun refuses %#", (text, message) => {
  expect(() => parseRun(text, "x/run.json")).toThrow(message);
  expect(() => parseRun(text, "x/run.json")).toThrow(TunebertError);
});
