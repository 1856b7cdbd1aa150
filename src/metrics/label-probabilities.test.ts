import { expect, test } from "vitest";
import { mostProbable, parseProbabilities, probabilitiesJson, probabilityOf } from "./label-probabilities.js";

const probabilities = [
  { label: "-1", probability: 0.2 },
  { label: "10", probability: 0.1 },
  { label: "2", probability: 0.25 },
  { label: "__proto__", probability: 0.15 },
  { label: 'say "hi"\n', probability: 1e-9 },
  { label: "constructor", probability: 0.3 },
];

test("probabilitiesJson keeps the order of the labels, whatever they are called", () => {
  expect(probabilitiesJson(probabilities)).toBe(
    '{"-1":0.2,"10":0.1,"2":0.25,"__proto__":0.15,"say \\"hi\\"\\n":1e-9,"constructor":0.3}',
  );
  const read = parseProbabilities(JSON.parse(probabilitiesJson(probabilities)))!;
  expect(read).toHaveLength(6);
  for (const { label, probability } of probabilities) expect(probabilityOf(read, label)).toBe(probability);
});

test("probabilityOf knows no labels but those there are", () => {
  expect(probabilityOf(probabilities, "toString")).toBe(0);
});

test.each([null, 1, "x", [], { a: "1" }, { a: null }, undefined])(
  "parseProbabilities refuses %j",
  (value) => {
    expect(parseProbabilities(value)).toBeUndefined();
  },
);

test("mostProbable are the first in descending order", () => {
  expect(mostProbable(probabilities, 2).map(({ label }) => label)).toEqual(["constructor", "2"]);
});
