import { expect, test } from "vitest";
import { classificationReport } from "./classification-report.js";
import { condense, countConfusions } from "./confusion-matrix.js";

const labels = ["a", "b", "c", "d"];
const truth = Int32Array.of(0, 1, 1, 2, 3, 3, 3);
const predicted = Int32Array.of(0, 1, 3, 0, 3, 3, 2);

test("countConfusions has a row for every label", () => {
  expect(countConfusions(truth, predicted, labels, 4)).toEqual({
    labels,
    counts: [
      [1, 0, 0, 0],
      [0, 1, 0, 1],
      [1, 0, 0, 0],
      [0, 0, 1, 2],
    ],
    others: false,
  });
});

test("countConfusions puts all but the most frequent labels into the last row, and so does condense", () => {
  const condensed = {
    labels: ["b", "d", "others"],
    counts: [
      [1, 1, 0],
      [0, 2, 1],
      [0, 0, 2],
    ],
    others: true,
  };
  expect(countConfusions(truth, predicted, labels, 2)).toEqual(condensed);
  expect(condense(countConfusions(truth, predicted, labels, 4), 2)).toEqual(condensed);
  expect(condense(condensed, 2)).toBe(condensed);
});

test("condense never takes the row of others for a label", () => {
  const matrix = countConfusions(truth, predicted, labels, 2);
  expect(condense(matrix, 1)).toEqual({
    labels: ["d", "others"],
    counts: [
      [2, 1],
      [1, 3],
    ],
    others: true,
  });
});

test("classificationReport bounds the matrix, not the figures of each label", () => {
  const ids = Int32Array.from({ length: 6000 }, (_, i) => i % 3000);
  const names = Array.from({ length: 3000 }, (_, i) => `label ${i}`);
  const report = classificationReport(ids, ids, names);
  expect(report).toMatchObject({ accuracy: 1, macroF1: 1 });
  expect(report.perClass).toHaveLength(3000);
  expect(report.confusion).toHaveLength(101);
  expect(report.confusionLabels!.slice(98)).toEqual(["label 98", "label 99", "others"]);
  expect(report.confusion.at(-1)!.at(-1)).toBe(5800);
  expect(classificationReport(ids.slice(0, 100), ids.slice(0, 100), names.slice(0, 100))).not.toHaveProperty(
    "confusionLabels",
  );
});
