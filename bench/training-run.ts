import type { BertClassifier } from "../src/bert/bert-classifier.js";
import type { TextDataset } from "../src/data/text-dataset.js";
import { TunebertError } from "../src/error.js";
import { threads } from "../src/runtime/threads/threads.js";
import { classification } from "../src/tasks/classification.js";
import type { StepWork, TrainEvent } from "../src/train/events.js";
import { Trainer } from "../src/train/trainer.js";
import { secondsSince } from "./statistics.js";

/** A training step as its caller sees it. */
export interface Step {
  readonly examples: number;
  /** from asking for the step until it is done, its data and its optimizer included */
  readonly seconds: number;
  readonly work: StepWork;
  /** bytes resident when it was done */
  readonly resident: number;
}

interface Settings {
  readonly batchSize: number;
  readonly dropout: number;
  readonly threads: number;
}

/** Training that takes steps when asked to and rests in between, so that others can be measured in turn. */
export class TrainingRun {
  readonly #events: AsyncGenerator<TrainEvent>;
  readonly #batchSize: number;

  constructor(model: BertClassifier, dataset: TextDataset, settings: Settings) {
    if (dataset.size < settings.batchSize) {
      throw new TunebertError(`${dataset.size} examples do not fill a batch of ${settings.batchSize}`);
    }
    this.#batchSize = settings.batchSize;
    const task = classification(model, dataset, settings);
    const options = { ...settings, epochs: Number.MAX_SAFE_INTEGER };
    this.#events = new Trainer(task, threads(settings.threads), options).fit();
  }

  /** Takes that many steps with full batches; fewer, but at least one, when `seconds` have passed. */
  async take(count: number, seconds = Number.POSITIVE_INFINITY): Promise<Step[]> {
    const steps: Step[] = [];
    const started = performance.now();
    while (steps.length < count && (steps.length === 0 || secondsSince(started) < seconds)) {
      const before = performance.now();
      const { value } = await this.#events.next();
      if (value?.event !== "step" || value.examples < this.#batchSize) continue;
      const { examples, work } = value;
      steps.push({ examples, seconds: secondsSince(before), work, resident: process.memoryUsage.rss() });
    }
    return steps;
  }

  async close(): Promise<void> {
    await this.#events.return(undefined);
  }
}
