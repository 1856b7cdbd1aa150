import { TunebertError } from "../error.js";
import type { MomentPair, Moments } from "../runtime/optimizer/moments.js";
import type { SharedParameter } from "../runtime/program.js";
import { showJson } from "../text/show-json.js";
import { showNumbers } from "../weights/show.js";
import type { StateDict } from "../weights/tensor.js";
import type { Fingerprint } from "./fingerprint.js";
import type { SavedTrainingState } from "./training-state.js";

/** All from which training goes on as if it had never stopped. */
export interface Checkpoint {
  /** The parameters under their own names, Adam's moments and the order of the examples. */
  readonly tensors: StateDict;
  readonly state: CheckpointState;
}

/** What is not a tensor; JSON. */
export interface CheckpointState extends SavedTrainingState {
  readonly version: number;
  readonly threads: number;
  readonly fingerprint: Fingerprint;
}

/** A checkpoint that comes from elsewhere, and is checked before training goes on from it. */
export interface ReadCheckpoint {
  /** What errors call it; default: "the checkpoint". */
  readonly file?: string;
  readonly tensors: StateDict;
  readonly state: Readonly<Record<string, unknown>>;
}

/** Keeps checkpoints, say in a folder. */
export interface CheckpointStore {
  /**
   * Keeps a checkpoint, whole or not at all. Its tensors stay as they are until the promise settles.
   * @returns where it is, and how large
   */
  save(checkpoint: Checkpoint): Promise<{ readonly file: string; readonly bytes: number }>;
}

const MEAN = "adam.mean.";
const VARIANCE = "adam.variance.";
const ORDER = "order";

export interface CheckpointTensors {
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  readonly moments: Moments;
  /** (n) */
  readonly order: Int32Array;
}

/** The tensors of a checkpoint under the names they have there; nothing is copied. */
export function nameTensors({ parameters, moments, order }: CheckpointTensors): StateDict {
  const tensors: StateDict = new Map();
  for (const [name, { shape, data }] of parameters) tensors.set(name, { type: "float32", shape, data });
  for (const [name, { mean, variance }] of moments) {
    const { shape } = parameters.get(name)!;
    tensors.set(MEAN + name, { type: "float32", shape, data: mean });
    tensors.set(VARIANCE + name, { type: "float32", shape, data: variance });
  }
  return tensors.set(ORDER, { type: "int32", shape: [order.length], data: order });
}

/** What a model has, of which a checkpoint's tensors must be the like. */
export interface ExpectedTensors {
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  /** Examples in an epoch. */
  readonly size: number;
}

/**
 * Finds the tensors of a checkpoint again.
 * @throws TunebertError that names a tensor which is missing, of another shape or not the model's
 */
export function findTensors(tensors: StateDict, { parameters, size }: ExpectedTensors): CheckpointTensors {
  const found = new Map<string, SharedParameter>();
  const moments = new Map<string, MomentPair>();
  for (const [name, { shape }] of parameters) {
    found.set(name, { shape, data: floats(tensors, name, shape) });
    if (!tensors.has(MEAN + name)) continue; // it is not trained
    const mean = floats(tensors, MEAN + name, shape);
    moments.set(name, { mean, variance: floats(tensors, VARIANCE + name, shape) });
  }
  const order = orderOf(tensors, size);
  const known = new Set(nameTensors({ parameters: found, moments, order }).keys());
  const other = [...tensors.keys()].find((name) => !known.has(name));
  if (other !== undefined) {
    throw new TunebertError(`the checkpoint does not fit the model, which has no tensor ${showJson(other)}`);
  }
  return { parameters: found, moments, order };
}

/** Each of the examples once. */
function orderOf(tensors: StateDict, size: number): Int32Array {
  const order = tensors.get(ORDER)?.data;
  const isOrder =
    order instanceof Int32Array &&
    order.length === size &&
    order.every((i) => i >= 0 && i < size) &&
    new Set(order).size === size;
  if (isOrder) return order;
  throw new TunebertError(`the checkpoint's order of examples is not one of ${size} examples`);
}

function floats(tensors: StateDict, name: string, shape: readonly number[]): Float32Array {
  const tensor = tensors.get(name);
  if (tensor?.data instanceof Float32Array && tensor.shape.join() === shape.join()) return tensor.data;
  const found = tensor ? `${tensor.type} ${showNumbers(tensor.shape)}` : "nothing";
  throw new TunebertError(
    `the checkpoint does not fit the model: expected float32 [${shape.join(", ")}] under ${name}, found ${found}`,
  );
}
