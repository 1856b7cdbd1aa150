import type { Random } from "../random.js";
import type { Engine, Parameters, Programs, RunOutputs, RunShape } from "../runtime/engine.js";
import type { Run } from "../runtime/program.js";
import type { FigureKind, Figures } from "./figures.js";

/** How many examples a step takes. */
export interface StepSize {
  /** Examples in each of the batches whose losses are averaged. */
  readonly batchSize: number;
  /** How many batches that are. */
  readonly accumulate: number;
}

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
  /** What {@link evaluate} tells, the one by which models are compared first. */
  readonly figures: readonly FigureKind[];
  /** Settings on which the bits of training depend, by name. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What tells examples apart from others: a digest of their encoding. */
  digest(examples: Examples): string;
  /** @throws TunebertError when an example cannot be learnt from, or be measured on */
  expectFit(examples: Examples): void;
  programs(shape: RunShape, step: StepSize): Programs;
  /**
   * One step's examples, cut into runs for each lane.
   * @param examples places in what is learnt from, batch after batch
   * @param random draws the seeds of dropout masks
   */
  batch(examples: Int32Array, options: BatchOptions): Batch;
  /** Measures the model as the engine has it. */
  evaluate(engine: Engine, examples: Examples, options: EvaluateOptions): Promise<Figures>;
}

/** How the examples of a step are cut. */
export interface BatchOptions extends StepSize {
  readonly shape: RunShape;
  readonly random: Random;
}

/** How a model is measured. */
export interface EvaluateOptions {
  readonly shape: RunShape;
  /** Gives up, between runs: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
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
   * The step's loss, and figures summed over its examples, the loss among them.
   * @param outputs of the runs, lane by lane
   */
  measure(outputs: readonly (readonly RunOutputs[])[]): { readonly loss: number; readonly sums: Figures };
}

/** What it took to cut a batch, and what came of it. */
export interface BatchWork {
  /** seconds that it took the main thread */
  readonly data: number;
  /** tokens of the batch */
  readonly tokens: number;
  /** the same with the padding that takes part in attention */
  readonly paddedTokens: number;
}
