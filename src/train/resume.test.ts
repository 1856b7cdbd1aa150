import { expect, test } from "vitest";
import { randomDataset } from "../../test/support/random-dataset.js";
import { BertClassifier } from "../bert/bert-classifier.js";
import { Random } from "../random.js";
import type { StateDict } from "../weights/tensor.js";
import type { Checkpoint } from "./checkpoint.js";
import type { TrainEvent } from "./events.js";
import type { TrainerOptions } from "./options.js";
import { type FitOptions, Trainer } from "./trainer.js";

const config = { vocabularySize: 200, hidden: 8, ffn: 12, heads: 2, blocks: 2, maxPositions: 16 };
const lengths = Array.from({ length: 23 }, (_, i) => 4 + ((i * 5) % 11));
const train = randomDataset(lengths, { vocabularySize: 100 });
const validation = randomDataset(lengths.slice(12), { vocabularySize: 200, seed: 1 });
/** Three steps an epoch, the last one smaller. */
const OPTIONS = { batchSize: 9, epochs: 3, learningRate: 1e-2, dropout: 0.2, seed: 5, threads: 2 };

/** Keeps every checkpoint as it was when it was taken. */
class MemoryStore {
  readonly checkpoints: Checkpoint[] = [];

  async save({ tensors, state }: Checkpoint) {
    const copies: StateDict = new Map(
      [...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
    );
    this.checkpoints.push({ tensors: copies, state: JSON.parse(JSON.stringify(state)) });
    return { file: `${this.checkpoints.length}`, bytes: 0 };
  }
}

/** Trains a model whose initial weights depend on the seed of initialisation. */
async function trainModel(options: Partial<TrainerOptions>, fitOptions: FitOptions = {}, initialisation = 1) {
  const model = BertClassifier.fromScratch(config, train.labelNames, new Random(initialisation));
  const events: TrainEvent[] = [];
  for await (const event of new Trainer(model, { ...OPTIONS, ...options }).fit(
    train,
    validation,
    fitOptions,
  )) {
    events.push(event);
  }
  return { parameters: parametersOf(model), events };
}

function parametersOf({ parameters }: BertClassifier) {
  return new Map([...parameters].map(([name, { data }]) => [name, data]));
}

/** Events without what the clock says. */
function withoutTimes(events: readonly TrainEvent[]) {
  return events
    .filter(({ event }) => event !== "checkpoint")
    .map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !/second|work/i.test(name))));
}

async function everyCheckpoint(options: Partial<TrainerOptions>) {
  const store = new MemoryStore();
  const whole = await trainModel(options, { checkpoints: store, checkpointEvery: { steps: 1 } });
  return { whole, checkpoints: store.checkpoints };
}

test.each([
  { threads: 1, shuffle: false },
  { threads: 2, shuffle: true },
])("from every checkpoint, training ends with the bits of a run that never stopped: %o", async (options) => {
  const { whole, checkpoints } = await everyCheckpoint(options);
  expect(checkpoints.map(({ state }) => [state.step, state.epoch, state.stepInEpoch])).toEqual([
    ...[
      [1, 1, 1],
      [2, 1, 2],
      [3, 1, 3],
      [3, 2, 0],
    ],
    ...[
      [4, 2, 1],
      [5, 2, 2],
      [6, 2, 3],
      [6, 3, 0],
    ],
    ...[
      [7, 3, 1],
      [8, 3, 2],
      [9, 3, 3],
      [9, 4, 0],
    ],
  ]);
  const events = withoutTimes(whole.events);
  for (const checkpoint of checkpoints) {
    const resumed = await trainModel(options, { resumeFrom: checkpoint }, 2);
    const { step, epoch, stepInEpoch } = checkpoint.state;
    const label = `from step ${step}, ${stepInEpoch} of epoch ${epoch}`;
    expect(resumed.parameters, label).toEqual(whole.parameters);
    expect(withoutTimes(resumed.events), label).toEqual(events.slice(step + epoch - 1));
  }
});

test("checkpoints change nothing", async () => {
  const { whole } = await everyCheckpoint({});
  const without = await trainModel({});
  expect(without.parameters).toEqual(whole.parameters);
  expect(withoutTimes(without.events)).toEqual(withoutTimes(whole.events));
});

test("with every option, and where patience ends it, a resumed run has the same bits too", async () => {
  const options: Partial<TrainerOptions> = {
    batchSize: 4,
    accumulate: 2,
    epochs: 9,
    learningRate: 0.3,
    schedule: "cosine",
    warmup: 0.2,
    weightDecay: 0.1,
    clipNorm: 0.5,
    labelSmoothing: 0.1,
    classWeights: "balanced",
    freeze: 1,
    metric: "validation-loss",
    patience: 2,
  };
  const store = new MemoryStore();
  const whole = await trainModel(options, { validation, checkpoints: store, checkpointEvery: { steps: 1 } });
  const done = whole.events.at(-1)!;
  if (done.event !== "done") throw new Error(`training ended with a ${done.event} event`);
  expect(done.epoch).toBeLessThan(9);
  expect(done.bestEpoch).toBe(done.epoch - 2);
  expect(store.checkpoints).toHaveLength(done.epoch * 4); // three steps an epoch, and its end
  const events = withoutTimes(whole.events);
  for (const [i, checkpoint] of store.checkpoints.entries()) {
    const resumed = await trainModel(options, { validation, resumeFrom: checkpoint }, 2);
    expect(resumed.parameters, `checkpoint ${i + 1}`).toEqual(whole.parameters);
    expect(withoutTimes(resumed.events), `checkpoint ${i + 1}`).toEqual(events.slice(i + 1));
  }
});

test.each<[string, Partial<TrainerOptions>]>([
  ["accumulate was 1, is 2", { accumulate: 2 }],
  ["schedule was constant, is linear", { schedule: "linear" }],
  ["warmup was 0, is 2", { warmup: 2 }],
  ["weightDecay was 0, is 0.1", { weightDecay: 0.1 }],
  ["clipNorm was not given, is 1", { clipNorm: 1 }],
  ["labelSmoothing was 0, is 0.1", { labelSmoothing: 0.1 }],
  ["classWeights was equal, is label 0=2, label 1=3", { classWeights: { "label 1": 3, "label 0": 2 } }],
  ["freeze was nothing, is 1", { freeze: 1 }],
  ["metric was validation-accuracy, is validation-loss", { metric: "validation-loss" }],
])("a run does not resume when %s", async (change, options) => {
  const store = new MemoryStore();
  await trainModel({ epochs: 1 }, { checkpoints: store });
  const resume = trainModel({ epochs: 1, ...options }, { resumeFrom: store.checkpoints[0]! });
  await expect(resume).rejects.toThrow(change);
});

test("more epochs are refused where the learning rate depends on how many there are", async () => {
  const store = new MemoryStore();
  const options = { epochs: 1, schedule: "linear" } as const;
  await trainModel(options, { checkpoints: store });
  const resume = trainModel({ ...options, epochs: 2 }, { resumeFrom: store.checkpoints[0]! });
  await expect(resume).rejects.toThrow("epochs was 1, is 2");
});
