import pc from "picocolors";
import { describe, expect, test } from "vitest";
import {
  epochsDone,
  formatProgressLine,
  formatProgressLog,
  fractionDone,
  type Progress,
} from "./format-progress.js";

const progress = {
  epoch: 2,
  epochs: 5,
  step: 420,
  steps: 1000,
  loss: 0.70118,
  accuracy: 0.7124,
  examplesPerSecond: 1234.4,
  secondsLeft: 80,
} satisfies Progress;

describe("formatProgressLine", () => {
  test("gives the bar the room that the fields leave at 80 columns", () => {
    const line = formatProgressLine(progress, 80);
    expect(line).toBe("epoch 2/5  ━━━━━─────────   42%  loss 0.7012  acc 0.712  1234 ex/s  1m 20s left");
    expect(line.length).toBe(79);
  });

  test("stops the bar from growing in a wide terminal", () => {
    const bar = /[━─]+/.exec(formatProgressLine(progress, 300))?.[0];
    expect(bar).toHaveLength(30);
    expect(bar?.lastIndexOf("━")).toBe(11);
  });

  test.each([200, 80, 70, 60, 50, 40, 30, 20, 10, 5, 1])("fits %d columns", (columns) => {
    expect(formatProgressLine(progress, columns).length).toBeLessThan(columns);
  });

  test("in a narrow terminal drops the rate first, and the loss after the bar", () => {
    expect(formatProgressLine(progress, 70)).not.toContain("ex/s");
    expect(formatProgressLine(progress, 70)).toMatch(/━.*acc/);
    expect(formatProgressLine(progress, 45)).toBe("epoch 2/5   42%  loss 0.7012  1m 20s left");
    expect(formatProgressLine(progress, 12)).toBe("epoch 2/5");
  });

  test("keeps its length when coloured", () => {
    const coloured = formatProgressLine(progress, 80, pc.createColors(true));
    expect(coloured).toContain("\u001b[");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(formatProgressLine(progress, 80));
  });

  test("shows nothing for an accuracy that is left out", () => {
    expect(formatProgressLine({ ...progress, accuracy: undefined }, 80)).not.toContain("acc");
  });

  test("does not reach 100% before the end", () => {
    expect(formatProgressLine({ ...progress, step: 999 }, 80)).toContain("  99%");
    expect(formatProgressLine({ ...progress, step: 1000 }, 80)).toContain(" 100%");
  });
});

test("formatProgressLog spells the fields out", () => {
  expect(formatProgressLog(progress)).toBe(
    "epoch 2/5  step 420/1000   42%  loss 0.7012  accuracy 0.712  1234 examples/s  1m 20s left",
  );
  expect(formatProgressLog({ ...progress, accuracy: undefined, examplesPerSecond: 3.06 })).toBe(
    "epoch 2/5  step 420/1000   42%  loss 0.7012  3.1 examples/s  1m 20s left",
  );
});

describe("while the model is measured", () => {
  const measured: Progress = { epoch: 2, epochs: 5, set: "test", done: 3200, all: 9842 };

  test("says so, and how far that has come", () => {
    expect(formatProgressLine(measured, 80)).toBe(
      "epoch 2/5  ━━━━━━─────────────   32%  measuring on the test set, 3,200 of 9,842",
    );
    expect(formatProgressLine(measured, 60)).toBe(
      "epoch 2/5   32%  measuring on the test set, 3,200 of 9,842",
    );
    expect(formatProgressLine(measured, 12)).toBe("epoch 2/5");
    expect(formatProgressLog(measured)).toBe("epoch 2/5  measuring on the test set, 3,200 of 9,842");
  });

  test("has the steps of the epoch behind it", () => {
    expect(epochsDone(measured)).toBe(2);
    expect(epochsDone(progress)).toBe(1.42);
  });
});

test("fractionDone survives an epoch without steps", () => {
  expect(fractionDone({ ...progress, step: 0, steps: 0 })).toBe(0);
  expect(fractionDone(progress)).toBe(0.42);
});
