import type { AdamStep } from "./optimizer/adam.js";
import type { Moments } from "./optimizer/moments.js";
import type { Program, Run, SharedParameter } from "./program.js";
import type { WorkSeconds } from "./work-seconds.js";

/** Values of parameters by name, in memory of the host. */
export type Parameters = ReadonlyMap<string, SharedParameter>;

/** What a run puts out besides gradients, by name. */
export type RunOutputs = Record<string, Float32Array>;

/** A model's programs, of each kind one for each number of micro-batches that a run may hold. */
export interface Programs {
  /** Answer. */
  readonly inference: readonly Program[];
  /** Put out gradients, which are summed; none where nothing is trained. */
  readonly training?: readonly Program[];
}

/** How work has to be cut for a device to be quick at it. */
export interface RunShape {
  /** How many runs are worked on side by side. */
  readonly lanes: number;
  /** Of programs that train. */
  readonly training: {
    /** Tokens that a micro-batch should have: enough for large matrices, few enough for what is near. */
    readonly tokensPerMicroBatch: number;
    /** Most micro-batches in a run. */
    readonly microBatchesPerRun: number;
    /** About how many numbers the activations of a run may have, which bounds memory… */
    readonly activations: number;
    /** … but so many tokens in any case. */
    readonly leastTokens: number;
  };
  /** Of programs that answer. */
  readonly inference: {
    readonly tokensPerMicroBatch: number;
    /** Most Transformer blocks in a program, those of all its micro-batches. */
    readonly blocksPerProgram: number;
  };
}

/** Where programs run. */
export interface Device {
  readonly shape: RunShape;
  /**
   * Makes programs ready to run on parameters, whose values the engine takes over.
   * @throws TunebertError when there is not enough memory
   */
  open(programs: Programs, parameters: Parameters): Promise<Engine>;
}

/** Programs that are ready to run. Whatever is asked for is answered in turn. */
export interface Engine {
  /** Runs the inference programs: a list of runs for each lane. Outputs are in the order of the runs. */
  infer(runs: readonly (readonly Run[])[]): Promise<RunOutputs[][]>;
  /** Runs the training programs likewise, and sums the gradients, in a fixed order, for the {@link update} that follows. */
  accumulate(runs: readonly (readonly Run[])[]): Promise<RunOutputs[][]>;
  /** The norm of all gradients of the {@link accumulate} before, as if they were one long vector. */
  gradientNorm(): Promise<number>;
  /** Moves the parameters by the gradients of the {@link accumulate} before. */
  update(step: AdamStep): Promise<void>;
  /** Brings the host's parameters up to date: call it before they are read. */
  pull(): Promise<void>;
  /** The optimizer's moments; in memory that the next call writes over. */
  moments(): Promise<Moments>;
  /**
   * Goes on with moments that {@link Engine.moments} returned, on any device.
   * @throws TunebertError when those of a parameter are missing
   */
  setMoments(moments: Moments): Promise<void>;
  /** Where the lanes' time went since this was last asked. */
  takeSeconds(): WorkSeconds;
  /** What is under way, and what is asked later, fails with the reason. */
  close(reason?: Error): Promise<void>;
}
