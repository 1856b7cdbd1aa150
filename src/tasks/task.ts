import type { Setting } from "../option.js";
import type { Random } from "../random.js";
import type { Device, Engine, Parameters, Programs, RunOutputs, RunShape } from "../runtime/engine.js";
import type { Run } from "../runtime/program.js";
import type { FigureKind, Figures } from "./figures.js";

/**
 * What is learnt, and from what: all that a trainer sees of it.
 * @typeParam Examples what it learns from, and is measured on
 */
export interface Task<Examples> {
  /** Values of the parameters, which training changes in place. */
  readonly parameters: Parameters;
  /** What is learnt from. */
  readonly train: Examples;
  /** Number of examples in an epoch. */
  readonly size: number;
  /** What {@link evaluate} tells; by the first of them models are compared unless another is named. */
  readonly figures: readonly FigureKind[];
  /** Settings on which the bits of training depend, by name; JSON. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** The examples as numbers, all that a run depends on: what tells them apart from others. */
  encoding(examples: Examples): readonly (Int32Array | Float32Array)[];
  /** @throws TunebertError when an example cannot be learnt from or be measured on */
  expectFit(examples: Examples): void;
  /**
   * The same task once what does not change has been computed, if anything is. Called before the first step; the values of the
   * parameters are then those that training begins with.
   */
  prepare?(device: Device, signal?: AbortSignal): Promise<Task<Examples>>;
  /** What an engine runs for {@link batch} and {@link evaluate}. */
  programs(shape: RunShape, step: StepSize): Programs;
  /** Cuts the examples of a step, places in {@link train} batch after batch, into runs for each lane. */
  batch(examples: Int32Array, options: BatchOptions): Batch;
  /** Measures the model as the engine has it. */
  evaluate(engine: Engine, examples: Examples, options: EvaluateOptions): Promise<Figures>;
}

/** How many examples a step takes. */
export interface StepSize {
  /** Examples in each of the batches whose losses are averaged. */
  readonly batchSize: number;
  /** How many batches that are. */
  readonly accumulate: number;
}

/** How the examples of a step are cut. */
export interface BatchOptions extends StepSize {
  readonly shape: RunShape;
  /** Draws the seeds of dropout masks. */
  readonly random: Random;
}

/** How a model is measured. */
export interface EvaluateOptions {
  readonly shape: RunShape;
  /** Gives up, between runs: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** The error of an example, counted from 1, whose answer is not a number. */
  readonly notFinite: (example: number, value: number) => Error;
  /** Is given what the model put out for the examples, such as logits [n, K], in their order. */
  readonly onAnswers?: ((answers: Float32Array) => void) | undefined;
  /** Is told how many of the examples are measured, from none on. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/** The examples of one step. */
export interface Batch {
  /** Number of examples. */
  readonly size: number;
  /** For each lane. */
  readonly runs: readonly (readonly Run[])[];
  /** The generator's state after it. */
  readonly random: readonly number[];
  readonly work: BatchWork;
  /**
   * What its runs put out, lane by lane: the loss of the step, and sums over its examples, of its figures and of what they are
   * means over.
   */
  measure(outputs: readonly (readonly RunOutputs[])[]): { readonly loss: number; readonly sums: Figures };
}

/** What it took to cut a batch, and what came of it. */
export interface BatchWork {
  /** seconds that it took the main thread to make the batch, while the step before ran */
  readonly data: number;
  /** tokens of the batch */
  readonly tokens: number;
  /** the same with the padding that takes part in attention */
  readonly paddedTokens: number;
}
