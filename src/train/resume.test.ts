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
