import { expect, test } from "vitest";
import { settingsOf } from "../option.js";
import { classificationOptions } from "../tasks/classification.js";
import { runOptions } from "./options.js";

test("what is not given is the reference's", () => {
  expect(runOptions({})).toMatchObject({
    ...{ batchSize: 512, dropout: undefined, labelSmoothing: 0, classWeights: "equal", freeze: "nothing" },
  });
});

test.each([
  ...[0, 1.5, -1].map((value) => ["threads", value] as const),
  ...[-0.1, 1].flatMap((value) => [["dropout", value] as const, ["labelSmoothing", value] as const]),
  ...["everything", 0, 1.5].map((value) => ["freeze", value] as const),
])("%s must not be %s", (name, value) => {
  expect(() => runOptions({ [name]: value })).toThrow(new RegExp(`^${name} is ${value}; it must be `));
});

test("takes what is within its range", () => {
  expect(runOptions({ freeze: 3, threads: 1 })).toEqual({ ...runOptions({}), freeze: 3, threads: 1 });
});

test("settings of a task list class weights by their labels", () => {
  const weighted = { ...runOptions({}), classWeights: { b: 2, a: 0.5 } };
  expect(settingsOf(classificationOptions, weighted)).toMatchObject({ classWeights: ["a=0.5", "b=2"] });
});
