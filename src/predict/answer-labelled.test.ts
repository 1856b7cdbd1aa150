import { expect, test } from "vitest";
import { answerLabelled } from "./answer-labelled.js";
import type { Predictor } from "./predictor.js";

/** Finds each label as probable as its number says; remembers how many pairs it was asked at a time. */
function predictorOf(labels: number) {
  const asked: number[] = [];
  const probabilities = Array.from({ length: labels }, (_, i) => ({ label: `l${i}`, probability: i }));
  const predict = async (pairs: readonly unknown[]) => {
    asked.push(pairs.length);
    return pairs.map(() => ({ label: `l${labels - 1}`, probabilities }));
  };
  const predictor = { labels: probabilities.map(({ label }) => label), predict } as unknown as Predictor;
  return { predictor, asked };
}

const pairsOf = (count: number, label: string) =>
  Array.from({ length: count }, (_, i) => ({ text: `p${i}`, textPair: `h${i}`, label }));

test("answerLabelled keeps the probabilities of 100 labels, and asks for all pairs at once", async () => {
  const { predictor, asked } = predictorOf(100);
  const answers = await answerLabelled(predictor, pairsOf(3000, "l0"));
  expect(asked).toEqual([3000]);
  expect(answers).toHaveLength(3000);
  expect(answers[2999]).toMatchObject({ text: "p2999", trueLabel: "l0", predictedLabel: "l99" });
  expect(answers[0]!.probabilities.map(({ label }) => label)).toEqual(predictor.labels);
});

test("answerLabelled keeps the most probable of more labels, and the true one", async () => {
  const { predictor, asked } = predictorOf(2048);
  const answers = await answerLabelled(predictor, pairsOf(1000, "l0"));
  expect(asked).toEqual([512, 488]);
  expect(answers.map(({ text }) => text)).toEqual(pairsOf(1000, "").map(({ text }) => text));
  expect(answers[0]!.probabilities).toHaveLength(101);
  expect(answers[0]!.probabilities[0]).toEqual({ label: "l2047", probability: 2047 });
  expect(answers[0]!.probabilities.at(-1)).toEqual({ label: "l0", probability: 0 });
  const [known] = await answerLabelled(predictor, pairsOf(1, "l2000"));
  expect(known!.probabilities).toHaveLength(100);
});

test("answerLabelled of no pairs asks for nothing", async () => {
  expect(await answerLabelled(predictorOf(3).predictor, [])).toEqual([]);
});
