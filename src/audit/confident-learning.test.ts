import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findLabelIssues } from "./confident-learning.js";

interface Case {
  readonly labels: number[];
  readonly probabilities: number[][];
  readonly ranked: number[];
  readonly joint: number[][];
}

interface SeveralLabels {
  readonly labels: number[][];
  readonly probabilities: number[][];
  readonly ranked: number[][];
}

const path = new URL("../../test/fixtures/audit/cleanlab.json", import.meta.url);
const cases: { readonly single: Case[]; readonly several: SeveralLabels[] } = JSON.parse(
  readFileSync(path, "utf8"),
);

describe("issues are cleanlab's", () => {
  test.each(cases.single)("of one label each, case %#", ({ labels, probabilities, ranked, joint }) => {
    const found = findLabelIssues(labels, probabilities.flat(), probabilities[0]!.length);
    expect(found.ranked).toEqual(ranked);
    expect(found.joint).toEqual(joint);
  });

  test.each(cases.several)("of any labels, one by one, case %#", ({ labels, probabilities, ranked }) => {
    ranked.forEach((expected, label) => {
      const own = labels.map((set) => Number(set.includes(label)));
      const both = probabilities.flatMap((row) => [1 - row[label]!, row[label]!]);
      expect(findLabelIssues(own, both, 2).ranked, `label ${label}`).toEqual(expected);
    });
  });
});

test("nothing is suspected where every example is what its model says, nor where there is none", () => {
  expect(findLabelIssues([0, 1, 0], [0.9, 0.1, 0.2, 0.8, 0.7, 0.3], 2).ranked).toEqual([]);
  expect(findLabelIssues([], [], 2).ranked).toEqual([]);
});
