import { expect, test } from "vitest";
import { sampleAnswers } from "../../test/support/sample-run.js";
import { TunebertError } from "../error.js";
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

const [line] = text.split("\n");

test.each([
  ["{", /^x\.jsonl, line 2 is not JSON: /],
  ["null", "x.jsonl, line 2: it is null; expected an object"],
  ["{}", "x.jsonl, line 2: premise is missing; expected text"],
  [line!.replace('"a cat"', "1"), "x.jsonl, line 2: hypothesis is 1; expected text"],
  [line!.replace("0.9", "1.9"), "x.jsonl, line 2: probabilities.same is 1.9; expected a number from 0 to 1"],
  [line!.replace("0.9", '"0.9"'), 'x.jsonl, line 2: probabilities.same is "0.9"; expected a number'],
  [line!.replace('"predictedLabel":"same"', '"predictedLabel":"constructor"'), /lack .* "constructor"$/],
  [line!.replace("0.9", "[".repeat(1e5) + "]".repeat(1e5)), "line 2 is nested more than 100 levels deep"],
])("parsePredictions refuses the line %#", (damaged, message) => {
  const lines = text.split("\n");
  lines[1] = damaged;
  expect(() => parsePredictions(lines.join("\n"), "x.jsonl")).toThrow(TunebertError);
  expect(() => parsePredictions(lines.join("\n"), "x.jsonl")).toThrow(message);
});
