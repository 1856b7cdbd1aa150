/** A student's losses and parameters against PyTorch's kl_div and cross_entropy: tools/make-distillation-fixtures.py. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { Random } from "../src/random.js";
import { threads } from "../src/runtime/threads/threads.js";
import { distillation } from "../src/tasks/distillation.js";
import type { TextExample } from "../src/text/text-example.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";
import { Trainer } from "../src/train/trainer.js";
import { parseWeights } from "../src/weights/parse-weights.js";

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const known = JSON.parse(fixture("parity/one-head/expected.json").toString());
const cases: {
  temperature: number;
  teacherWeight: number;
  teacher: number[][];
  unlabelled: number[];
  losses: number[];
  parameters: Record<string, number[]>;
}[] = JSON.parse(fixture("training/distillation.json").toString());

async function examples(unlabelled: readonly number[]): Promise<TextDataset> {
  const pairs: TextExample[] = known.pairs.map((pair: TextExample, i: number) =>
    unlabelled.includes(i) ? { ...pair, label: undefined } : pair,
  );
  const tokenizer = new WordTokenizer(new Vocabulary(known.vocabulary));
  const { maxLength, labels } = known;
  return TextDataset.encode(pairs, tokenizer, { maxLength, labels, unlabelled: "keep" });
}

function student(): BertClassifier {
  const state = parseWeights(fixture("parity/one-head/weights.pt"), "weights.pt");
  return BertClassifier.fromStateDict(known.config, known.labels as string[], state, new Random(0));
}

describe.each(cases)("temperature $temperature, teacher's weight $teacherWeight", (expected) => {
  const { temperature, teacherWeight, teacher, unlabelled, losses } = expected;

  test.each([1, 2])("on %i threads, losses and parameters are PyTorch's", async (count) => {
    const model = student();
    const train = await examples(unlabelled);
    const logits = Float32Array.from(teacher.flat());
    const task = distillation(model, train, logits, { temperature, teacherWeight, dropout: 0 });
    const options = { epochs: losses.length, batchSize: 7, learningRate: 1e-3, shuffle: false };
    const found: number[] = [];
    for await (const event of new Trainer(task, threads(count), options).fit()) {
      if (event.event === "step") found.push(event.loss);
    }
    expect(found).toBeCloseToTensor(losses, { absolute: 1e-5 });
    for (const [name, values] of Object.entries(expected.parameters)) {
      // Keys' biases have no gradient but rounding, of which Adam makes whole steps.
      if (name.endsWith("W_k.bias")) continue;
      const { data } = model.parameters.get(name)!;
      expect([...data.subarray(0, values.length)], name).toBeCloseToTensor(values, { absolute: 2e-5 });
    }
  });
});

test("batches whose losses are averaged count alike, however many of their examples have labels", async () => {
  const [{ teacher, unlabelled }] = cases as [(typeof cases)[number]];
  const train = await examples(unlabelled);
  const logits = Float32Array.from(teacher.flat());
  const lossOf = async (batchSize: number, accumulate: number, from: number, to: number) => {
    const part = train.subset(Array.from({ length: to - from }, (_, i) => from + i));
    const task = distillation(student(), part, logits.slice(from * 3, to * 3), { dropout: 0 });
    const options = { epochs: 1, batchSize, accumulate, shuffle: false };
    for await (const event of new Trainer(task, threads(1), options).fit())
      if (event.event === "step") return event.loss;
    return Number.NaN;
  };
  const whole = await lossOf(4, 2, 0, 7);
  const halves = [await lossOf(4, 1, 0, 4), await lossOf(4, 1, 4, 7)];
  expect([whole]).toBeCloseToTensor([(halves[0]! + halves[1]!) / 2], { absolute: 1e-6 });
});

test("logits of other examples are refused", async () => {
  const train = await examples([]);
  expect(() => distillation(student(), train, new Float32Array(6))).toThrow(
    "the teacher has 6 logits for 7 examples of 3 labels; expected 21",
  );
});
