/** Each training option, and all of them together, against what PyTorch makes of it in ten steps. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import { frozenParameters } from "../src/bert/freeze.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { Random } from "../src/random.js";
import { type RunOptions, runOptions } from "../src/run/options.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";
import type { EpochEvent, StepEvent } from "../src/train/events.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import { classifierTrainer } from "./support/classifier-trainer.js";

/** What tools/make-training-fixtures.py recorded: the options that are not the defaults, and what came of them. */
interface Run extends Partial<RunOptions> {
  name: string;
  losses: number[];
  norms: number[];
  rates: number[];
  /** the plain mean cross-entropy, and the accuracy, after the last step */
  validation: { loss: number; accuracy: number };
  /** the first elements of some parameters after the last step */
  parameters: Record<string, number[]>;
}

const runs: Run[] = JSON.parse(fixture("training/runs.json").toString());
const start = JSON.parse(fixture("parity/one-head/expected.json").toString());
const tokenizer = new WordTokenizer(new Vocabulary(start.vocabulary));
const { config, labels, maxLength } = start;
const dataset = await TextDataset.encode(start.pairs, tokenizer, { maxLength, labels });

function startModel(): BertClassifier {
  const state = parseWeights(fixture("parity/one-head/weights.pt"), "weights.pt");
  return BertClassifier.fromStateDict(config, labels, state, new Random(0));
}

async function train(given: Partial<RunOptions>) {
  const model = startModel();
  const { batchSize, accumulate } = { batchSize: 7, accumulate: 1, ...given };
  const stepsPerEpoch = Math.ceil(dataset.size / (batchSize * accumulate));
  const fixed = { learningRate: 3e-3, epochs: 10 / stepsPerEpoch, dropout: 0, shuffle: false };
  const trainer = classifierTrainer(model, dataset, { threads: 2, batchSize, ...fixed, ...given });
  const steps: StepEvent[] = [];
  const epochs: EpochEvent[] = [];
  for await (const event of trainer.fit({ validation: dataset })) {
    if (event.event === "step") steps.push(event);
    if (event.event === "epoch") epochs.push(event);
  }
  return { model, steps, last: epochs.at(-1)! };
}

describe.each(runs)("$name", ({ name: _, losses, norms, rates, validation, parameters, ...recorded }) => {
  const { clipNorm, classWeights, ...rest } = recorded;
  const options = { ...rest, ...(classWeights && { classWeights }) };

  test("makes PyTorch's steps", async () => {
    // The norm is only known where there is a limit to it, so that a run without one is given one out of reach.
    const { model, steps, last } = await train({ ...options, clipNorm: clipNorm ?? 1e9 });
    expect(steps.map(({ learningRate }) => learningRate)).toBeCloseToTensor(rates, { absolute: 1e-18 });
    expect(steps.map(({ loss }) => loss)).toBeCloseToTensor(losses, { absolute: 1e-6 });
    expect(steps.map(({ gradientNorm }) => gradientNorm!)).toBeCloseToTensor(norms, { relative: 3e-6 });
    expect([last.validation!.loss!]).toBeCloseToTensor([validation.loss], { absolute: 1e-6 });
    expect(last.validation!.accuracy).toBe(validation.accuracy);
    for (const [parameter, values] of Object.entries(parameters)) {
      const { data } = model.parameters.get(parameter)!;
      expect(data.subarray(0, values.length), parameter).toBeCloseToTensor(values, { absolute: 1e-6 });
    }
  });

  test("leaves what is frozen, and nothing else, to the bit", async () => {
    const { freeze } = runOptions(options);
    const frozen = frozenParameters(config, freeze);
    const before = startModel();
    const { model } = await train({ ...options, clipNorm });
    const unmoved = [...model.parameters]
      .filter(([parameter, { data }]) =>
        data.every((x, i) => x === before.parameters.get(parameter)!.data[i]),
      )
      .map(([parameter]) => parameter);
    const idle = `encoder.blks.${config.blocks - 1}.attention.W_k.bias`;
    expect(new Set(unmoved)).toEqual(new Set([...frozen, idle]));
  });
});

function fixture(name: string): Buffer {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}
