import { required } from "./required.js";

/** Sizes, or symbols and products of symbols such as `"B*T"` that a run gives sizes to. */
export type SymbolicShape = readonly (number | string)[];

/** A graph ready to run, with what its inputs and outputs mean. Plain data: it can be posted to a worker. */
export interface Program {
  /** ONNX ModelProto */
  readonly model: Uint8Array;
  /** How many micro-batches a run holds. */
  readonly microBatches: number;
  readonly parameters: readonly ProgramParameter[];
  readonly masks: readonly ProgramMask[];
  /** Outputs other than gradients. */
  readonly outputs: readonly string[];
}

/** An input that takes a parameter. One that is read whole and by rows has two. */
export interface ProgramParameter {
  /** State-dict name. */
  readonly name: string;
  /** The graph's input. */
  readonly input: string;
  /** Whether a run is fed chosen rows instead of the whole tensor. */
  readonly rows: boolean;
  /** Whether weight decay is for it. */
  readonly decays: boolean;
  /** The output that holds the gradient, in a program that trains. */
  readonly gradient: string | undefined;
}

/** The names of the parameters that training reads by rows alone: only rows that occur in a run have gradients. */
export function trainedTables({ parameters }: Program): ReadonlySet<string> {
  const trained = parameters.filter(({ gradient }) => gradient !== undefined);
  const whole = new Set(trained.filter(({ rows }) => !rows).map(({ name }) => name));
  return new Set(trained.map(({ name }) => name).filter((name) => !whole.has(name)));
}

/** An input to be filled with a dropout mask. */
export interface ProgramMask {
  readonly name: string;
  readonly shape: SymbolicShape;
  /** With which an element is dropped. */
  readonly probability: number;
}

/** The values of an input, and its shape. */
export interface Feed {
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}

/** The inputs of one run, and whatever is needed to make the rest of them. */
export interface Run {
  /** How many micro-batches it holds, by which the program is chosen. */
  readonly microBatches: number;
  /** Inputs that are neither parameters nor masks. */
  readonly feeds: Readonly<Record<string, Feed>>;
  /** For each parameter fed by rows: which; one that is there several times gets the sum of its gradients. */
  readonly rows: Readonly<Record<string, Int32Array>>;
  /** The sizes behind the symbols in shapes. */
  readonly symbols: Readonly<Record<string, number>>;
  /** Seed of the dropout masks. */
  readonly seed: number;
}

/** A parameter's values in memory that all replicas share. */
export interface SharedParameter {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** How many elements a row of a table has. */
export function rowWidth({ shape }: SharedParameter): number {
  return required(shape.at(-1), "the width of a table");
}

/** A shape's symbols replaced by numbers. */
export function resolveShape(shape: SymbolicShape, symbols: Readonly<Record<string, number>>): number[] {
  return shape.map((dim) =>
    typeof dim === "number"
      ? dim
      : dim.split("*").reduce((total, factor) => total * (symbols[factor] ?? Number(factor)), 1),
  );
}
