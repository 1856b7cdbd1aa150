import { expect, test } from "vitest";
import {
  formatModelConfig,
  formatPretrainingConfig,
  isOfPretraining,
  parseModelConfig,
  parsePretrainingConfig,
} from "./model-config.js";

const model = {
  config: { vocabularySize: 9, hidden: 8, ffn: 16, heads: 2, blocks: 1, maxPositions: 16 },
  answers: ["10", "2", "__proto__", "constructor", " yes", "yes"],
  maxLength: 16,
  truncation: "longest-first" as const,
  texts: 2 as const,
};

test("parseModelConfig reads what formatModelConfig writes, whatever labels are called", () => {
  expect(parseModelConfig(formatModelConfig(model), "config.json")).toEqual(model);
});

test.each([
  [["yes", "no", "yes"], 'm/config.json: there are two labels "yes"'],
  [["yes", ""], "m/config.json: label 2 of 2 is blank"],
  [["yes", " "], "m/config.json: label 2 of 2 is blank"],
  [["yes"], "m/config.json: a classifier needs at least two labels, but there are 1"],
  [["yes", 1 as unknown as string], "m/config.json: labels[1] is 1; expected text"],
])("parseModelConfig refuses the labels %j", (labels, message) => {
  expect(() => parseModelConfig(formatModelConfig({ ...model, answers: labels }), "m/config.json")).toThrow(
    message,
  );
});

test("parseModelConfig takes one without texts for that of a model of pairs, and refuses other numbers", () => {
  const text = formatModelConfig({ ...model, texts: 1 });
  expect(parseModelConfig(text, "m").texts).toBe(1);
  expect(parseModelConfig(text.replace(/,\s+"texts": 1/, ""), "m").texts).toBe(2);
  expect(() => parseModelConfig(text.replace('"texts": 1', '"texts": 3'), "m/config.json")).toThrow(
    "m/config.json: texts is 3; expected 1 or 2",
  );
});

test("a model of numbers says so, and has no labels", () => {
  const text = formatModelConfig({ ...model, answers: "number" });
  expect(parseModelConfig(text, "m")).toEqual({ ...model, answers: "number" });
  expect(text).not.toContain("labels");
  expect(() => parseModelConfig(text.replace("regression", "poetry"), "m/config.json")).toThrow(
    'm/config.json: task is "poetry"; expected "regression"',
  );
});

test("a pretrained model says so, and is no model that answers", () => {
  const pretrained = {
    config: model.config,
    heads: { tiedDecoder: true, nextSentence: false },
    maxLength: 16,
  };
  const text = formatPretrainingConfig(pretrained);
  expect(parsePretrainingConfig(text, "m")).toEqual(pretrained);
  expect([isOfPretraining(text, "m"), isOfPretraining(formatModelConfig(model), "m")]).toEqual([true, false]);
  expect(() => parseModelConfig(text, "m/config.json")).toThrow("m/config.json describes a pretrained model");
  expect(() => parsePretrainingConfig(text.replace("true", "1"), "m/config.json")).toThrow(
    "m/config.json: tiedDecoder is 1; expected true or false",
  );
  expect(() => parsePretrainingConfig(text.replace('"heads": 2', '"heads": 3'), "m/config.json")).toThrow(
    "m/config.json: 3 heads do not divide the hidden size 8",
  );
});
