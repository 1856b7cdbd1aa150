import { beforeAll, describe, expect, test } from "vitest";
import { randomDataset } from "../../test/support/random-dataset.js";
import { BertClassifier } from "../bert/bert-classifier.js";
import { Random } from "../random.js";
import type { StateDict } from "../weights/tensor.js";
import { checkState } from "./check-state.js";
import type { Checkpoint, ReadCheckpoint } from "./checkpoint.js";
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
  readonly checkpoints: ReadCheckpoint[] = [];

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
      [3, 2, 0],
    ],
    ...[
      [4, 2, 1],
      [5, 2, 2],
      [6, 3, 0],
    ],
    ...[
      [7, 3, 1],
      [8, 3, 2],
      [9, 4, 0],
    ],
  ]);
  const events = withoutTimes(whole.events);
  for (const checkpoint of checkpoints) {
    const resumed = await trainModel(options, { resumeFrom: checkpoint }, 2);
    const { step, epoch, stepInEpoch } = checkState(checkpoint.state);
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
  expect(store.checkpoints).toHaveLength(done.epoch * 3); // after two steps of an epoch, and at its end
  const events = withoutTimes(whole.events);
  for (const checkpoint of store.checkpoints) {
    const resumed = await trainModel(options, { validation, resumeFrom: checkpoint }, 2);
    const { step, epoch } = checkState(checkpoint.state);
    expect(resumed.parameters, `step ${step}`).toEqual(whole.parameters);
    expect(withoutTimes(resumed.events), `step ${step}`).toEqual(events.slice(step + epoch - 1));
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

test.each([1, 3])(
  "aborted in step %d, training ends after it with a checkpoint to go on from",
  async (last) => {
    const whole = await trainModel({});
    const store = new MemoryStore();
    const controller = new AbortController();
    const model = BertClassifier.fromScratch(config, train.labelNames, new Random(1));
    const options = { signal: controller.signal, checkpoints: store };
    const seen: TrainEvent["event"][] = [];
    const aborted = async () => {
      for await (const event of new Trainer(model, OPTIONS).fit(train, validation, options)) {
        seen.push(event.event);
        if (event.event === "step" && event.step === last) controller.abort(new Error("enough"));
      }
    };
    await expect(aborted()).rejects.toThrow("enough");
    expect(seen).toEqual([...Array.from({ length: last }, () => "step"), "checkpoint"]);
    expect(store.checkpoints).toHaveLength(1);
    const resumed = await trainModel({}, { resumeFrom: store.checkpoints[0] });
    expect(resumed.parameters).toEqual(whole.parameters);
    expect(withoutTimes(resumed.events)).toEqual(withoutTimes(whole.events).slice(last));
  },
);

describe("refuses a checkpoint", () => {
  let checkpoint: ReadCheckpoint;
  beforeAll(async () => {
    checkpoint = (await everyCheckpoint({ epochs: 1 })).checkpoints[1]!;
  });

  const resume = (options: Partial<TrainerOptions>, state: Record<string, unknown> = {}) => {
    const model = BertClassifier.fromScratch(config, train.labelNames, new Random(1));
    const resumeFrom = { tensors: checkpoint.tensors, state: { ...checkpoint.state, ...state } };
    return new Trainer(model, { ...OPTIONS, ...options }).fit(train, validation, { resumeFrom });
  };

  test("of other settings, which it names, but not of fewer epochs or other threads", () => {
    expect(() => resume({ learningRate: 5e-4, seed: 6 })).toThrow(
      /another run:\n {2}learningRate was 0.01, is 0.0005\n {2}seed was 5, is 6\n/,
    );
    expect(() => resume({ epochs: 9, threads: 1 })).not.toThrow();
  });

  test("of other data, which it names", () => {
    const model = BertClassifier.fromScratch(config, train.labelNames, new Random(1));
    const other = randomDataset(lengths, { vocabularySize: 100, seed: 9 });
    const trainer = new Trainer(model, OPTIONS);
    expect(() => trainer.fit(other, validation, { resumeFrom: checkpoint })).toThrow(
      /another run:\n {2}the training pairs changed\n/,
    );
    expect(() => trainer.fit(train, undefined, { resumeFrom: checkpoint })).toThrow(/no test pairs any more/);
    const fingerprint = { data: { vocabulary: "1" }, settings: { maxLength: 7 } };
    expect(() => trainer.fit(train, validation, { resumeFrom: checkpoint, fingerprint })).toThrow(
      /there were no vocabulary\n {2}maxLength was not given, is 7\n/,
    );
  });

  test("whose state is none, or whose tensors do not fit", () => {
    expect(() => resume({}, { version: 2 })).toThrow(/version 2/);
    expect(() => resume({}, { step: -1 })).toThrow(/no valid step/);
    expect(() => resume({}, { random: [1, 2] })).toThrow(/no valid random/);
    const tensors: StateDict = new Map(checkpoint.tensors);
    const name = "output.bias";
    tensors.set(`adam.mean.${name}`, { type: "float32", shape: [1], data: Float32Array.of(1) });
    const trainer = new Trainer(BertClassifier.fromScratch(config, train.labelNames, new Random(1)), OPTIONS);
    expect(() => trainer.fit(train, validation, { resumeFrom: { ...checkpoint, tensors } })).toThrow(
      /expected float32 \[3\] under adam.mean.output.bias, found float32 \[1\]/,
    );
    const order = new Int32Array(train.size); // 0 again and again
    tensors.delete(`adam.mean.${name}`);
    tensors.set("order", { type: "int32", shape: [train.size], data: order });
    expect(() => trainer.fit(train, validation, { resumeFrom: { ...checkpoint, tensors } })).toThrow(/order/);
  });
});

test("a store that fails ends training, with its error", async () => {
  const checkpoints = { save: () => Promise.reject(new Error("disk full")) };
  await expect(trainModel({}, { checkpoints })).rejects.toThrow("disk full");
});
