import { beforeAll, describe, expect, test } from "vitest";
import { classifierTrainer, type TrainingOptions } from "../../test/support/classifier-trainer.js";
import { randomDataset } from "../../test/support/random-dataset.js";
import { BertClassifier } from "../bert/bert-classifier.js";
import { TunebertError } from "../error.js";
import { Random } from "../random.js";
import type { StateDict } from "../weights/tensor.js";
import { checkState } from "./check-state.js";
import type { Checkpoint, ReadCheckpoint } from "./checkpoint.js";
import type { TrainEvent } from "./events.js";
import type { FitOptions } from "./trainer.js";
import type { SavedTrainingState } from "./training-state.js";

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
async function trainModel(
  options: TrainingOptions,
  fitOptions: FitOptions<typeof train> = {},
  initialisation = 1,
) {
  const model = BertClassifier.fromScratch(config, train.labelNames, new Random(initialisation));
  const events: TrainEvent[] = [];
  const trainer = classifierTrainer(model, train, { ...OPTIONS, ...options });
  for await (const event of trainer.fit({ test: validation, ...fitOptions })) {
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

async function everyCheckpoint(options: TrainingOptions) {
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
  const options: TrainingOptions = {
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
    metric: "loss",
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

test.each<[string, TrainingOptions]>([
  ["accumulate was 1, is 2", { accumulate: 2 }],
  ["schedule was constant, is linear", { schedule: "linear" }],
  ["warmup was 0, is 2", { warmup: 2 }],
  ["weightDecay was 0, is 0.1", { weightDecay: 0.1 }],
  ["clipNorm was not given, is 1", { clipNorm: 1 }],
  ["labelSmoothing was 0, is 0.1", { labelSmoothing: 0.1 }],
  ["classWeights was equal, is label 0=2, label 1=3", { classWeights: { "label 1": 3, "label 0": 2 } }],
  ["freeze was nothing, is 1", { freeze: 1 }],
  ["metric was accuracy, is loss", { metric: "loss" }],
])("a run does not resume when %s", async (change, options) => {
  const store = new MemoryStore();
  await trainModel({ epochs: 1 }, { checkpoints: store });
  const resume = trainModel({ epochs: 1, ...options }, { resumeFrom: store.checkpoints[0]! });
  await expect(resume).rejects.toThrow(change);
});

test("patience may change: raised, training goes on where it ended for want of it", async () => {
  const impatient: TrainingOptions = {
    learningRate: 0.3,
    epochs: 9,
    metric: "loss",
    patience: 1,
  };
  const stores = { impatient: new MemoryStore(), patient: new MemoryStore() };
  const stopped = await trainModel(impatient, { validation, checkpoints: stores.impatient });
  const patient = { ...impatient, patience: 3 };
  const whole = await trainModel(patient, { validation, checkpoints: stores.patient });
  expect(whole.events.length).toBeGreaterThan(stopped.events.length);
  const resumed = await trainModel(
    patient,
    { validation, resumeFrom: stores.impatient.checkpoints.at(-1)! },
    2,
  );
  expect(resumed.parameters).toEqual(whole.parameters);
  const over = await trainModel(impatient, { validation, resumeFrom: stores.patient.checkpoints.at(-1)! }, 2);
  expect(over.events.map(({ event }) => event)).toEqual(["done"]);
  expect(over.parameters).toEqual(whole.parameters);
});

test("where nothing is left, the threads reported are those of the steps that were taken", async () => {
  const store = new MemoryStore();
  await trainModel({ epochs: 1 }, { checkpoints: store });
  const resumed = await trainModel({ epochs: 1, threads: 1 }, { resumeFrom: store.checkpoints[0]! });
  expect(resumed.events).toEqual([expect.objectContaining({ event: "done", threads: 2 })]);
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
      for await (const event of classifierTrainer(model, train, OPTIONS).fit({
        test: validation,
        ...options,
      })) {
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

  const resume = (
    options: TrainingOptions,
    state: Record<string, unknown> = {},
    tensors = checkpoint.tensors,
  ) => {
    const model = BertClassifier.fromScratch(config, train.labelNames, new Random(1));
    const resumeFrom = { file: "kept here", tensors, state: { ...checkpoint.state, ...state } };
    return classifierTrainer(model, train, { ...OPTIONS, ...options }).fit({ test: validation, resumeFrom });
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
    const trainer = classifierTrainer(model, train, OPTIONS);
    expect(() =>
      classifierTrainer(model, other, OPTIONS).fit({ test: validation, resumeFrom: checkpoint }),
    ).toThrow(/another run:\n {2}the training pairs changed\n/);
    expect(() => trainer.fit({ resumeFrom: checkpoint })).toThrow(/no test pairs any more/);
    const fingerprint = { data: { vocabulary: "1" }, settings: { maxLength: 7 } };
    expect(() => trainer.fit({ test: validation, resumeFrom: checkpoint, fingerprint })).toThrow(
      /there were no vocabulary\n {2}maxLength was not given, is 7\n/,
    );
  });

  test.each<[string, Record<string, unknown>]>([
    ["state is of version 4; this version of tunebert resumes versions 1 to 3", { version: 4 }],
    ["version is an object; expected a whole number", { version: { toString: 1 } }],
    ["step is -1; expected a whole number", { step: -1 }],
    ['threads is "2"; expected', { threads: "2" }],
    ["random is a list; expected four integers", { random: [1, 2] }],
    ["random is a list; expected four integers", { random: [0, 0, 0, 0] }],
    ["random is a list; expected four integers", { random: [1, 2, 3, 2 ** 31] }],
    ["sums.loss is Infinity", { sums: { loss: Number.POSITIVE_INFINITY } }],
    ["fingerprint is a list; expected an object", { fingerprint: [] }],
    ["fingerprint.settings.deep[0] is a list", { fingerprint: { data: {}, settings: { deep: [[[]]] } } }],
    ["last is a list; expected an object", { last: [] }],
    ['last.test.accuracy is "1"', { last: { train: {}, test: { accuracy: "1" } } }],
    ["contradicts itself: step cannot be right", { step: 3 }],
    ["contradicts itself: stepInEpoch cannot be right", { stepInEpoch: 4 }],
    ["contradicts itself: epoch cannot be right", { epoch: 0 }],
    ["contradicts itself: step cannot be right", { epoch: 2 ** 50 }],
    ["contradicts itself: examples cannot be right", { examples: 2 ** 50 }],
    ["contradicts itself: seen cannot be right", { seen: 0 }],
    ["contradicts itself: sums cannot be right", { sums: { accuracy: 19 } }],
    ["contradicts itself: seconds cannot be right", { seconds: 0 }],
    ["contradicts itself: last cannot be right", { last: { train: { loss: 1 } } }],
    ["contradicts itself: best cannot be right", { best: { epoch: 1, step: 3, value: 1 } }],
  ])("whose %s", (message, state) => {
    const error = catchError(() => resume({}, state));
    expect(error).toBeInstanceOf(TunebertError);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^kept here: the checkpoint's /);
  });

  const float = (length: number) => ({
    type: "float32" as const,
    shape: [length],
    data: new Float32Array(length),
  });
  const order = (ids: number[]) => ({
    type: "int32" as const,
    shape: [ids.length],
    data: Int32Array.from(ids),
  });

  test.each<[string, Parameters<StateDict["set"]> | [string]]>([
    ["expected float32 [3] under output.bias, found nothing", ["output.bias"]],
    ["expected float32 [3] under output.bias, found int32 [3]", ["output.bias", order([1, 2, 3])]],
    [
      "expected float32 [3] under adam.mean.output.bias, found float32 [1]",
      ["adam.mean.output.bias", float(1)],
    ],
    ["expected float32 [3] under adam.variance.output.bias, found nothing", ["adam.variance.output.bias"]],
    ['which has no tensor "adam.mean.__proto__"', ["adam.mean.__proto__", float(1)]],
    ["order of examples is not one of 23 examples", ["order"]],
    ["order of examples is not one of 23 examples", ["order", float(23)]],
    ["order of examples is not one of 23 examples", ["order", order([0, 1, 2])]],
    ["order of examples is not one of 23 examples", ["order", order(lengths.map(() => 0))]],
    ["order of examples is not one of 23 examples", ["order", order(lengths.map((_, i) => i + 1))]],
  ])("whose tensors do not fit: %s", (message, [name, tensor]) => {
    const tensors: StateDict = new Map(checkpoint.tensors);
    if (tensor) tensors.set(name, tensor);
    else tensors.delete(name);
    const error = catchError(() => resume({}, {}, tensors));
    expect(error).toBeInstanceOf(TunebertError);
    expect(error.message).toMatch(/^kept here: the checkpoint/);
    expect(error.message).toContain(message);
  });

  test("with a setting of a name that every object has", () => {
    const { data, settings } = checkState(checkpoint.state).fingerprint;
    const named = { ...settings, constructor: 1, ...JSON.parse('{"__proto__":2}') };
    expect(() => resume({}, { fingerprint: { data, settings: named } })).toThrow(
      /another run:\n {2}constructor was 1, is not given\n {2}__proto__ was 2, is not given\n/,
    );
  });

  test("of very many other settings, of which it names some", () => {
    const { data, settings } = checkState(checkpoint.state).fingerprint;
    const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`s${i}`, "x".repeat(500)]));
    const { message } = catchError(() =>
      resume({}, { fingerprint: { data, settings: { ...settings, ...many } } }),
    );
    expect(message).toContain("and 199970 more");
    expect(message.length).toBeLessThan(20_000);
  });
});

describe("a checkpoint of version 1", () => {
  const settings = { pretrained: "models/bert", patience: 2, embeddingStd: 1 };
  const pretrained = { data: { "pretrained weights": "of the model" }, settings: {} };

  test("is resumed, wherever the pretrained model lies now, and with other patience", async () => {
    const store = new MemoryStore();
    const whole = await trainModel({}, { validation, checkpoints: store });
    const [{ tensors, state }] = store.checkpoints as [ReadCheckpoint];
    const { fingerprint } = checkState(state);
    const metric = "validation-accuracy";
    const before = { ...fingerprint, settings: { ...fingerprint.settings, ...settings, metric } };
    const { last, sums, ...others } = state as unknown as SavedTrainingState;
    const { train, validation: measured, test: tested } = last!;
    const figures = {
      ...{ lossSum: sums.loss, correct: sums.accuracy },
      last: {
        ...{ trainLoss: train.loss, trainAccuracy: train.accuracy, testAccuracy: tested!.accuracy },
        ...{ validationLoss: measured!.loss, validationAccuracy: measured!.accuracy },
      },
    };
    const resumeFrom = { tensors, state: { ...others, ...figures, version: 1, fingerprint: before } };
    const resumed = await trainModel({}, { resumeFrom, fingerprint: pretrained, validation });
    expect(resumed.parameters).toEqual(whole.parameters);
  });
});

function catchError(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

test("a checkpoint without moments of what is trained is refused", async () => {
  const store = new MemoryStore();
  await trainModel({ epochs: 1 }, { checkpoints: store });
  const [resumeFrom] = store.checkpoints as [ReadCheckpoint];
  for (const kind of ["mean", "variance"]) resumeFrom.tensors.delete(`adam.${kind}.output.bias`);
  await expect(trainModel({}, { resumeFrom })).rejects.toThrow("there are no moments of output.bias");
});

test("a store that fails ends training, with its error", async () => {
  const checkpoints = { save: () => Promise.reject(new Error("disk full")) };
  await expect(trainModel({}, { checkpoints })).rejects.toThrow("disk full");
});
