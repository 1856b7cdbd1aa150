/// <reference lib="esnext.disposable" preserve="true" />
import type { BertClassifier } from "../bert/bert-classifier.js";
import { constantPrograms } from "../bert/constant-programs.js";
import { damage, infer } from "../bert/infer.js";
import type { Answers, AnyOf } from "../data/answers.js";
import { whereIs } from "../data/label-ids.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import type { LabelProbability } from "../metrics/label-probabilities.js";
import { sigmoid, USUAL_THRESHOLD } from "../metrics/multi-label.js";
import { softmax } from "../metrics/softmax.js";
import { USUAL_BITS } from "../onnx/weight-bits.js";
import type { Device, Engine } from "../runtime/engine.js";
import { required } from "../runtime/required.js";
import { threads } from "../runtime/threads/threads.js";
import type { EvaluateOptions } from "../tasks/task.js";
import { DEFAULT_TEXTS, type TextExample, type Texts } from "../text/text-example.js";
import type { Tokenizer } from "../text/tokenizer.js";
import type { TruncationName } from "../text/truncate-pair.js";

/** Where the language has no such symbol yet, this is what compilers of `await using` look for. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** A model's answer to one example. */
export interface Prediction {
  /** The most probable one. */
  readonly label: string;
  /** Of every label, in the model's order; they add up to 1. */
  readonly probabilities: readonly LabelProbability[];
}

/** A model's answer to one example, where it answers with a number. */
export interface NumberPrediction {
  readonly number: number;
}

/** A model's answer to one example, where any of its labels may apply. */
export interface MultiLabelPrediction {
  /** Those whose probability reaches their threshold, in the model's order. */
  readonly labels: readonly string[];
  /** Of every label, in the model's order, each by itself. */
  readonly probabilities: readonly LabelProbability[];
}

/** What a model that answers so says of one example. */
export type PredictionOf<A extends Answers> = A extends "number"
  ? NumberPrediction
  : A extends AnyOf
    ? MultiLabelPrediction
    : Prediction;

/** An example to ask about. */
export type Question = Omit<TextExample, "label">;

/** What a predictor needs; {@link loadModel} brings all but the device. */
export interface PredictorOptions<A extends Answers = readonly string[]> {
  readonly model: BertClassifier<A>;
  readonly tokenizer: Tokenizer;
  /** Longest input in tokens; what is longer is truncated. */
  readonly maxLength: number;
  /** How. Default: longest-first. */
  readonly truncation?: TruncationName | undefined;
  /** How many texts it was trained to answer at a time. Default: 2. */
  readonly texts?: Texts | undefined;
  /** (K): from which probability on a label is answered, where any may be. Default: one half. */
  readonly thresholds?: readonly number[] | undefined;
  /**
   * Whether linear layers multiply bytes: two to three times as fast, and nearly as accurate; what an example is answered then depends,
   * by very little, on those that are asked about with it. Default: no.
   */
  readonly quantized?: boolean | undefined;
  /** Where it runs. Default: the physical cores. */
  readonly device?: Device | undefined;
}

/**
 * A trained model that answers: with a label and the probability of each, with any labels, or with a number. Its threads keep the process alive only while they work, and `await using` closes it
 * at the end of a block. In a Worker of yours, close it before you terminate that Worker: where the model is at work
 * then, the whole process aborts.
 *
 * @typeParam A what it answers with
 * @example
 * await using predictor = await Predictor.start(await loadModel("nli"));
 * const { label, probabilities } = await predictor.predict({ text: "A dog runs .", textPair: "An animal moves ." });
 */
export class Predictor<A extends Answers = readonly string[]> implements AsyncDisposable {
  readonly #device: Device;
  readonly #options: PredictorOptions<A>;
  #engine: Promise<Engine> | undefined;
  #closed: TunebertError | undefined;

  /**
   * A predictor whose threads start with the first question.
   * @throws TunebertError when `maxLength` is beyond the positions of the model
   */
  constructor(options: PredictorOptions<A>) {
    const { model, maxLength, device = threads() } = options;
    if (maxLength > model.config.maxPositions) {
      throw new TunebertError(
        (named) =>
          `${named} is ${maxLength}, which is beyond the ${model.config.maxPositions} positions of the model`,
        { option: "maxLength" },
      );
    }
    this.#device = device;
    this.#options = options;
  }

  /**
   * Starts the threads, and hands them the model's parameters as they are now.
   * @throws TunebertError when `maxLength` is beyond the positions of the model, or in a Worker of yours, unless
   *   `ORT_DISABLE_TELEMETRY` is set in the environment of the process
   */
  static async start<A extends Answers>(options: PredictorOptions<A>): Promise<Predictor<A>> {
    const predictor = new Predictor(options);
    await predictor.#open();
    return predictor;
  }

  /** The model's labels, in the order of its probabilities; none of a model that answers with a number. */
  get labels(): readonly string[] {
    return this.#options.model.labels;
  }

  /**
   * Answers one example, or several in their order. Each answer depends on its own example only.
   * @throws TunebertError when a text is missing, or there is one too many, the model answers something that is not a
   *   number, or the predictor is closed, before or meanwhile
   */
  predict(example: Question): Promise<PredictionOf<A>>;
  predict(examples: readonly Question[]): Promise<PredictionOf<A>[]>;
  async predict(asked: Question | readonly Question[]): Promise<PredictionOf<A> | PredictionOf<A>[]> {
    if (isList(asked)) return this.#answer(asked);
    const [prediction] = await this.#answer([asked]);
    return required(prediction, "an answer");
  }

  async #answer(examples: readonly Question[]): Promise<PredictionOf<A>[]> {
    if (this.#closed) throw this.#closed;
    if (examples.length === 0) return [];
    const { model, tokenizer, maxLength, truncation, texts = DEFAULT_TEXTS, thresholds } = this.#options;
    const unlabelled = examples.map((example) => ({ ...example, label: undefined }));
    const dataset = await TextDataset.encode(unlabelled, tokenizer, {
      maxLength,
      truncation,
      texts,
      unlabelled: "keep",
    });
    const logits = await infer(await this.#open(), dataset, model, {
      shape: this.#device.shape,
      notFinite: (example, value) => damage(whereIs(examples[example - 1]!, example - 1), value),
    });
    const { answers, outputs } = model;
    return examples.map((_, i) =>
      predictionOf(logits.subarray(i * outputs, (i + 1) * outputs), answers, thresholds),
    );
  }

  /**
   * The logits [n, K] of a dataset that was encoded with the model's tokenizer.
   * @param watch `signal` gives up, between runs, and `onProgress` is told how many examples are answered
   * @throws TunebertError as predict; the signal's reason
   */
  async logits(
    dataset: TextDataset,
    watch: Pick<EvaluateOptions, "signal" | "onProgress"> = {},
  ): Promise<Float32Array> {
    return infer(await this.#open(), dataset, this.#options.model, { ...watch, shape: this.#device.shape });
  }

  /** Ends the threads. What has been asked and is not answered yet is rejected. */
  async close(): Promise<void> {
    this.#closed ??= new TunebertError("the predictor has been closed; start another with Predictor.start");
    const engine = await this.#engine?.catch(() => undefined); // whoever asked has heard why it did not start
    await engine?.close(this.#closed);
  }

  #open(): Promise<Engine> {
    if (this.#closed) return Promise.reject(this.#closed);
    this.#engine ??= this.#start();
    return this.#engine;
  }

  #start(): Promise<Engine> {
    const { model, quantized } = this.#options;
    const bits = quantized ? USUAL_BITS : undefined;
    const { programs, parameters } = constantPrograms(model, this.#device.shape, bits);
    return this.#device.open({ inference: programs }, parameters);
  }

  /** As {@link close}: what `await using` calls. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}

function isList(asked: Question | readonly Question[]): asked is readonly Question[] {
  return Array.isArray(asked);
}

function predictionOf<A extends Answers>(
  outputs: Float32Array,
  answers: A,
  thresholds: readonly number[] | undefined,
): PredictionOf<A>;
function predictionOf(
  outputs: Float32Array,
  answers: Answers,
  thresholds: readonly number[] | undefined,
): PredictionOf<Answers> {
  if (answers === "number") return { number: outputs[0]! };
  return "anyOf" in answers
    ? multiLabelPrediction(outputs, answers.anyOf, thresholds)
    : prediction(outputs, answers);
}

/** What the logits [K] of an example say where any labels may apply. */
export function multiLabelPrediction(
  logits: Float32Array,
  labels: readonly string[],
  thresholds: readonly number[] = labels.map(() => USUAL_THRESHOLD),
): MultiLabelPrediction {
  const probabilities = sigmoid(logits);
  return {
    labels: labels.filter((_, k) => probabilities[k]! >= thresholds[k]!),
    probabilities: labels.map((label, k) => ({ label, probability: probabilities[k]! })),
  };
}

/** What the logits [K] of an example say. */
export function prediction(logits: Float32Array, labels: readonly string[]): Prediction {
  const largest = logits.reduce((max, logit) => Math.max(max, logit));
  const probabilities = softmax(logits);
  return {
    label: labels[logits.indexOf(largest)]!,
    probabilities: labels.map((label, i) => ({ label, probability: probabilities[i]! })),
  };
}
