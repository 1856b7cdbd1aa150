import { expect, test } from "vitest";
import { sampleAnswers } from "../../../test/support/sample-run.js";
import { TunebertError } from "../../error.js";
import { formatPredictions, parsePredictions } from "./predictions-file.js";

const text = new TextDecoder().decode(formatPredictions(sampleAnswers));

test("parsePredictions reads what formatPredictions writes", () => {
  expect(parsePredictions(text, "p")).toEqual(
    sampleAnswers.map((answer) => ({
      ...answer,
      probabilities: answer.probabilities.map(({ label, probability }) => ({
        label,
        probability: expect.closeTo(probability, 6),
      })),
    })),
  );
  expect(parsePredictions("", "p")).toEqual([]);
});

test("formatPredictions writes six digits of a probability, by label in the order of the model", () => {
  const probabilities = [
    { label: "10", probability: 1 / 3 },
    { label: "2", probability: 1e-9 / 3 },
    { label: "__proto__", probability: 0.5 },
  ];
  const answer = { ...sampleAnswers[0]!, predictedLabel: "10", probabilities };
  const line = new TextDecoder().decode(formatPredictions([answer]));
  expect(line).toMatch(/,"probabilities":\{"10":0\.333333,"2":3\.33333e-10,"__proto__":0\.5\}\}\n$/);
  expect(parsePredictions(line, "p")[0]!.probabilities).toEqual(
    expect.arrayContaining([
      { label: "10", probability: 0.333333 },
      { label: "__proto__", probability: 0.5 },
    ]),
  );
});

test("parsePredictions reads single texts, and what earlier versions wrote", () => {
  const { textPair: _, ...single } = sampleAnswers[0]!;
  const line = new TextDecoder().decode(formatPredictions([single]));
  expect(line).toMatch(/^\{"text":"a cat sleeps","trueLabel":"same",/);
  expect(parsePredictions(line, "p")).toEqual([{ ...parsePredictions(text, "p")[0]!, textPair: undefined }]);
  const earlier = text.replaceAll('"text":', '"premise":').replaceAll('"textPair":', '"hypothesis":');
  expect(earlier).not.toBe(text);
  expect(parsePredictions(earlier, "p")).toEqual(parsePredictions(text, "p"));
});

const [line] = text.split("\n");

test.each([
  ["{", /^x\.jsonl, line 2 is not JSON: /],
  ["null", "x.jsonl, line 2: it is null; expected an object"],
  ["{}", "x.jsonl, line 2: text is missing; expected text"],
  [line!.replace('"a cat"', "1"), "x.jsonl, line 2: textPair is 1; expected text"],
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
