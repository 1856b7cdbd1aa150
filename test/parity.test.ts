/** The whole chain, from a file of weights and pairs of texts to trained parameters, against PyTorch's numbers. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import { classificationHead } from "../src/bert/classification-head.js";
import type { BertConfig } from "../src/bert/config.js";
import { infer, inferencePrograms } from "../src/bert/infer.js";
import { inferConfig } from "../src/bert/infer-config.js";
import { trainingProgram, trainingRun } from "../src/bert/model-program.js";
import { type MicroBatchGroup, microBatches } from "../src/data/micro-batches.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { Random } from "../src/random.js";
import type { Engine } from "../src/runtime/engine.js";
import type { Run } from "../src/runtime/program.js";
import { threads } from "../src/runtime/threads/threads.js";
import type { TextExample } from "../src/text/text-example.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import { accumulate } from "./support/accumulate.js";
import { meanTargets } from "./support/mean-targets.js";

/** What tools/make-parity-fixtures.py recorded of PyTorch. */
interface Expected {
  config: BertConfig;
  maxLength: number;
  learningRate: number;
  labels: string[];
  pairs: TextExample[];
  logits: number[][];
  /** Before training, and after each of 10 steps. */
  losses: number[];
  vocabulary: string[];
}

const THREADS = 2;
const device = threads(THREADS);

/** Few enough for the pairs to be split into several micro-batches. */
const MAX_TOKENS = 30;
/** Micro-batches in a run. */
const PER_RUN = 2;

const names = ["bert-small", "three-heads-one-block", "five-heads", "four-blocks", "one-head"];

describe.each(names)("%s", (name) => {
  const expected: Expected = JSON.parse(fixture(name, "expected.json").toString());
  const { config, labels, learningRate, losses } = expected;
  const programs = [PER_RUN, 1].map((n) =>
    trainingProgram(config, classificationHead(labels.length), { dropout: 0 }, n),
  );
  let model: BertClassifier;
  let dataset: TextDataset;
  let runs: Run[][];
  let engine: Engine;

  beforeAll(async () => {
    const state = parseWeights(fixture(name, "weights.pt"), "weights.pt");
    expect(inferConfig(state, config.heads)).toEqual(config);
    model = BertClassifier.fromStateDict(config, labels, state, new Random(0));
    const tokenizer = new WordTokenizer(new Vocabulary(expected.vocabulary));
    dataset = await TextDataset.encode(expected.pairs, tokenizer, { maxLength: expected.maxLength, labels });
    const all = Int32Array.from({ length: dataset.size }, (_, i) => i);
    const lanes = microBatches(dataset, all, { replicas: THREADS, perGroup: PER_RUN, maxTokens: MAX_TOKENS });
    expect(lanes.flat().length).toBeGreaterThan(THREADS);
    const run = (group: MicroBatchGroup) =>
      trainingRun(group, model.config, {
        head: classificationHead(labels.length),
        targets: meanTargets(labels.length, dataset.size),
        seed: 0,
      });
    runs = lanes.map((groups) => groups.map(run));
    const inference = inferencePrograms(model, device.shape);
    engine = await device.open({ inference, training: programs }, model.parameters);
  });

  afterAll(() => engine?.close());

  test("logits", async () => {
    const logits = await infer(engine, dataset, model, device);
    expect(logits).toBeCloseToTensor(expected.logits.flat(), { absolute: 1e-5 });
  });

  test("gradient of every parameter", async () => {
    const { gradients } = await accumulate(programs, model.parameters, runs.flat());
    const recorded = parseWeights(fixture(name, "gradients.safetensors"), "gradients.safetensors");
    for (const [parameter, tensor] of recorded) {
      const data = tensor.data as Float32Array;
      const gradient = gradients.get(parameter)?.data;
      if (parameter.endsWith("W_k.bias")) {
        // It adds the same to all scores of a query, so its gradient is 0, and what is left is rounding. The last
        // block, of which only the first token counts, does without it.
        const left = parameter.includes(`blks.${config.blocks - 1}.`)
          ? undefined
          : new Float32Array(data.length);
        expect(data).toBeCloseToTensor(new Float32Array(data.length), { absolute: 1e-6 });
        if (left) expect(gradient, parameter).toBeCloseToTensor(left, { absolute: 1e-6 });
        else expect(gradient, parameter).toBeUndefined();
        continue;
      }
      expect(gradient, parameter).toBeCloseToTensor(data, { relative: 1e-5 });
    }
    expect([...gradients.keys()].filter((parameter) => !recorded.has(parameter))).toEqual([]);
  });

  test("loss, before training and after each step of Adam", async () => {
    const found: number[] = [];
    for (let step = 0; step < losses.length; step++) {
      const outputs = (await engine.accumulate(runs)).flat();
      found.push(outputs.reduce((sum, output) => sum + output.loss![0]!, 0));
      await engine.update({ learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: step + 1 });
    }
    expect(found.slice(0, 1)).toBeCloseToTensor(losses.slice(0, 1), { absolute: 1e-6 });
    expect(found).toBeCloseToTensor(losses, { absolute: 1e-5 });
  });
});

function fixture(name: string, file: string): Buffer {
  return readFileSync(new URL(`fixtures/parity/${name}/${file}`, import.meta.url));
}
