import type { BertClassifier } from "../bert/bert-classifier.js";
import { classifierProgram, classifierTrainingProgram } from "../bert/classifier-network.js";
import { argmaxRows } from "../bert/classifier-run.js";
import { classify } from "../bert/classify.js";
import type { PairDataset } from "../data/pair-dataset.js";
import { TunebertError } from "../error.js";
import { Random } from "../random.js";
import { Replicas } from "../runtime/replicas.js";
import type { DoneEvent, EpochEvent, StepEvent, TrainEvent } from "./events.js";
import { type TrainerOptions, trainerOptions } from "./options.js";
import { prepareBatch } from "./prepare-batch.js";
import { RunningMean } from "./running-mean.js";

/** Adam's constants, PyTorch's defaults. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Fine-tunes a classifier: one Adam step on the mean cross-entropy of each batch of shuffled examples.
 *
 * @example
 * const trainer = new Trainer(model, { epochs: 3 });
 * for await (const event of trainer.fit(train, test)) console.log(event);
 */
export class Trainer {
  readonly options: TrainerOptions;
  readonly #model: BertClassifier;

  /** @throws TunebertError when an option is outside its range */
  constructor(model: BertClassifier, options: Partial<TrainerOptions> = {}) {
    this.#model = model;
    this.options = trainerOptions(options);
  }

  /**
   * Trains in place, and reports each step and each epoch. Leaving the loop early ends the training.
   * @throws TunebertError when an example does not fit the model, or a loss is not finite; the parameters are
   *   then those before the step that failed
   */
  async *fit(train: PairDataset, test?: PairDataset): AsyncGenerator<TrainEvent, void, undefined> {
    for (const dataset of test ? [train, test] : [train]) expectFit(dataset, this.#model);
    const { config, labels, parameters } = this.#model;
    const { threads, dropout } = this.options;
    const replicas = await Replicas.start({
      inference: classifierProgram(config, labels.length),
      training: classifierTrainingProgram(config, labels.length, dropout),
      parameters,
      threads,
    });
    try {
      yield* this.#run(replicas, train, test);
    } finally {
      await replicas.close();
    }
  }

  async *#run(
    replicas: Replicas,
    train: PairDataset,
    test: PairDataset | undefined,
  ): AsyncGenerator<TrainEvent> {
    const { batchSize, epochs, seed, threads, learningRate, shuffle } = this.options;
    const labels = this.#model.labels.length;
    const random = new Random(seed);
    const order = Int32Array.from({ length: train.size }, (_, i) => i);
    const prepare = (examples: Int32Array) => prepareBatch(this.#model, train, examples, { threads, random });
    const stepsPerEpoch = Math.ceil(train.size / batchSize);
    let step = 0;
    let trained = 0;
    let seconds = 0;
    let last: EpochEvent | undefined;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      if (shuffle) random.shuffle(order);
      const loss = new RunningMean();
      const accuracy = new RunningMean();
      let started = performance.now();
      replicas.takeSeconds(); // leaves the evaluation out
      let next = prepare(order.subarray(0, batchSize));
      for (let stepInEpoch = 1; stepInEpoch <= stepsPerEpoch; stepInEpoch++) {
        const batch = next;
        const running = replicas.accumulate(batch.runs);
        const following = order.subarray(stepInEpoch * batchSize, (stepInEpoch + 1) * batchSize);
        if (following.length > 0) next = prepare(following);
        const outputs = (await running).flat();
        step += 1;
        const batchLoss = outputs.reduce((sum, output) => sum + output.loss![0]!, 0);
        if (!Number.isFinite(batchLoss)) throw divergence(batchLoss, step, epoch);
        await replicas.update({ ...ADAM, learningRate, step });

        loss.add(batchLoss, batch.size);
        outputs.forEach((output, i) => {
          const answers = argmaxRows(output.logits!, labels);
          accuracy.add(fractionEqual(answers, batch.labels[i]!), answers.length);
        });
        const now = performance.now();
        const stepSeconds = (now - started) / 1000;
        started = now;
        trained += batch.size;
        seconds += stepSeconds;
        const report: StepEvent = {
          event: "step",
          step,
          epoch,
          stepInEpoch,
          stepsPerEpoch,
          loss: batchLoss,
          examples: batch.size,
          seconds: stepSeconds,
          trainLoss: loss.value,
          trainAccuracy: accuracy.value,
          examplesPerSecond: trained / seconds,
          secondsLeft: ((epochs * train.size - trained) * seconds) / trained,
          work: { ...batch.work, ...replicas.takeSeconds() },
        };
        yield report;
      }
      const testAccuracy =
        test &&
        fractionEqual(argmaxRows(await classify(replicas, test, this.#model, threads), labels), test.labels);
      last = {
        event: "epoch",
        epoch,
        trainLoss: loss.value,
        trainAccuracy: accuracy.value,
        testAccuracy,
        examplesPerSecond: trained / seconds,
      };
      yield last;
    }
    const done: DoneEvent = { ...last!, event: "done", threads };
    yield done;
  }
}

function expectFit(dataset: PairDataset, model: BertClassifier): void {
  const { vocabularySize, maxPositions } = model.config;
  if (dataset.size === 0) throw new TunebertError("the dataset has no examples");
  for (let i = 0; i < dataset.size; i++) {
    if (dataset.length(i) > maxPositions) {
      throw new TunebertError(
        `example ${i + 1} has ${dataset.length(i)} tokens, but the model has positions for ${maxPositions}; ` +
          `set the maximum length to ${maxPositions} or less`,
      );
    }
    if (!(dataset.labels[i]! >= 0 && dataset.labels[i]! < model.labels.length)) {
      throw new TunebertError(`example ${i + 1} has no label among ${model.labels.join(", ")}`);
    }
  }
  const largest = dataset.tokenIds.reduce((max, id) => Math.max(max, id), 0);
  if (largest >= vocabularySize) {
    throw new TunebertError(
      `token id ${largest} is beyond the token embedding, which has ${vocabularySize} rows; ` +
        "the vocabulary and the weights do not belong together",
    );
  }
}

function divergence(loss: number, step: number, epoch: number): TunebertError {
  return new TunebertError(
    `the loss is ${loss} at step ${step} (epoch ${epoch}): training has diverged. Try a lower learning rate`,
  );
}

function fractionEqual(answers: Int32Array, labels: Int32Array): number {
  return answers.reduce((equal, answer, i) => equal + Number(answer === labels[i]), 0) / labels.length;
}
