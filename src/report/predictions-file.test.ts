import { expect, test } from "vitest";
import { sampleAnswers } from "../../test/support/sample-run.js";
import { formatPredictions, parsePredictions } from "./predictions-file.js";

const text = new TextDecoder().decode(formatPredictions(sampleAnswers));

test("parsePredictions reads what formatPredictions writes", () => {
  expect(parsePredictions(text, "p")).toEqual(
    sampleAnswers.map((answer) => ({
      ...answer,
      probabilities: {
        same: answer.probabilities.same,
        other: expect.closeTo(answer.probabilities.other!, 6),
      },
    })),
  );
  expect(parsePredictions("", "p")).toEqual([]);
});

test("formatPredictions writes six digits of a probability", () => {
  const [line] = new TextDecoder()
    .decode(formatPredictions([{ ...sampleAnswers[0]!, probabilities: { same: 1 / 3, other: 1e-9 / 3 } }]))
    .split("\n");
  expect(JSON.parse(line!).probabilities).toEqual({ same: 0.333333, other: 3.33333e-10 });
});

test.each(["{", "null", "{}", '{"premise":1,"hypothesis":"b","trueLabel":"c","predictedLabel":"d"}'])(
  "parsePredictions refuses the line %s",
  (line) => {
    const lines = text.split("\n");
    lines[1] = line;
    expect(() => parsePredictions(lines.join("\n"), "x.jsonl")).toThrow(/^x\.jsonl, line 2: /);
  },
);
