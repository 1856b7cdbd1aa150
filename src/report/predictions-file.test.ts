import { expect, test } from "vitest";
import { sampleAnswers } from "../../test/support/sample-run.js";
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
  const line = new TextDecoder().decode(formatPredictions([{ ...sampleAnswers[0]!, probabilities }]));
  expect(line).toMatch(/,"probabilities":\{"10":0\.333333,"2":3\.33333e-10,"__proto__":0\.5\}\}\n$/);
  expect(parsePredictions(line, "p")[0]!.probabilities).toEqual(
    expect.arrayContaining([
      { label: "10", probability: 0.333333 },
      { label: "__proto__", probability: 0.5 },
    ]),
  );
});

const texts = '{"premise":"a","hypothesis":"b","trueLabel":"c","predictedLabel":"d"';

test.each(["{", "null", "{}", texts.replace('"a"', "1"), `${texts}}`, `${texts},"probabilities":{"c":"1"}}`])(
  "parsePredictions refuses the line %s",
  (line) => {
    const lines = text.split("\n");
    lines[1] = line;
    expect(() => parsePredictions(lines.join("\n"), "x.jsonl")).toThrow(/^x\.jsonl, line 2: /);
  },
);
