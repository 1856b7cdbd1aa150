import { TunebertError } from "../../error.js";
import { required } from "../required.js";
import type { MomentPair } from "./moments.js";

/** What one step of Adam (Kingma and Ba, 2015) or AdamW (Loshchilov and Hutter, 2019) needs to know. */
export interface AdamStep {
  readonly learningRate: number;
  readonly beta1: number;
  /** the same in every step */
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 for the first step */
  readonly step: number;
  /** Decoupled from the gradient: first of all, learning rate times this part of the parameter goes. Default: 0 */
  readonly weightDecay?: number;
  /** What the gradient is multiplied by. Default: 1 */
  readonly gradientScale?: number;
}

/** What kernels.wat exports; arrays by their byte offsets, lengths in elements. */
interface Kernels {
  add(to: number, from: number, length: number): void;
  multiply(to: number, length: number, factor: number, times: number): void;
  adam(p: number, g: number, m: number, v: number, length: number, ...constants: number[]): void;
}

/** Elements that are worked on at a time; three arrays of them fit a core's cache. */
const CHUNK = 16384;

const BYTES = Float32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = 65536;
const MAX_PAGES = 65536;

/**
 * Adam in WebAssembly, whose four-wide arithmetic is that of PyTorch's Adam, float32 throughout. The moments stay
 * in the module's memory; parameters lie anywhere, and are copied there and back a chunk at a time.
 */
export class Adam {
  /** As many as were asked for; zeros at first. */
  readonly moments: readonly MomentPair[];
  /** How many elements can be moved at once. */
  readonly chunk: number;
  /** What {@link move} moves: a chunk. */
  readonly parameter: Float32Array;
  /** What {@link move} moves it by, and leaves zeros of: a chunk of zeros, to which gradients are added. */
  readonly gradient: Float32Array;
  readonly #addend: Float32Array;
  readonly #kernels: Kernels;
  #kept = 1;
  #beta2 = 1;
  /** Of the step that has begun, as the kernel takes them. */
  #constants: number[] = [];

  /**
   * @param kernels kernels.wat, assembled
   * @param lengths of the arrays of moments, in elements
   * @param least how many elements can be moved at once at the least
   * @throws TunebertError when WebAssembly cannot hold as many moments
   */
  constructor(kernels: WebAssembly.Module, lengths: readonly number[], least = 0) {
    this.chunk = Math.max(CHUNK, least);
    const chunks = 3 * wholeVectors(this.chunk);
    const memory = allocate(lengths.reduce((total, length) => total + 2 * wholeVectors(length), chunks));
    let place = 0;
    const next = (length: number) => {
      const array = new Float32Array(memory.buffer, place * BYTES, length);
      place += wholeVectors(length);
      return array;
    };
    [this.parameter, this.gradient, this.#addend] = [next(this.chunk), next(this.chunk), next(this.chunk)];
    this.moments = lengths.map((length) => ({ mean: next(length), variance: next(length) }));
    const instance = new WebAssembly.Instance(kernels, { host: { memory } });
    this.#kernels = instance.exports as unknown as Kernels;
  }

  /** Sets the step of the moves that follow. */
  begin(step: AdamStep): void {
    const { learningRate, beta1, beta2, epsilon, weightDecay = 0, gradientScale = 1 } = step;
    this.#kept = 1 - learningRate * weightDecay;
    this.#beta2 = beta2;
    const rate = learningRate / (1 - beta1 ** step.step);
    const correction = Math.sqrt(1 - beta2 ** step.step);
    const moments = [1 - beta1, beta2, 1 - beta2];
    this.#constants = [this.#kept, gradientScale, ...moments, rate, correction, epsilon];
  }

  /**
   * Moves {@link parameter} by {@link gradient}, as far as `length`.
   * @param at where its moments begin
   * @param length is rounded up to {@link wholeVectors}, as that of the moments has to be
   */
  move({ mean, variance }: MomentPair, at: number, length: number): void {
    const [m, v] = [mean.byteOffset + at * BYTES, variance.byteOffset + at * BYTES];
    const [p, g] = [this.parameter.byteOffset, this.gradient.byteOffset];
    this.#kernels.adam(p, g, m, v, wholeVectors(length), ...this.#constants);
  }

  /**
   * Moves a range by the sum of gradients, added up in their order, which are indexed like the parameter.
   * @param values arrays that all hold the parameter
   * @param moments of the range alone
   */
  moveRange(
    values: readonly [Float32Array, ...Float32Array[]],
    gradients: readonly Float32Array[],
    moments: MomentPair,
    start: number,
    end: number,
  ): void {
    for (const [at, to] of this.#chunks(start, end)) {
      this.parameter.set(values[0].subarray(at, to));
      this.#sum(this.gradient, gradients, at, to);
      this.move(moments, at - start, to - at);
      const moved = this.parameter.subarray(0, to - at);
      for (const array of values) array.set(moved, at);
    }
  }

  /** Whether a step takes something of parameters that have no gradient. */
  get decays(): boolean {
    return this.#kept !== 1;
  }

  /** All that a step does to parameters whose gradient and mean are zero. */
  decay(values: Float32Array, start: number, end: number): void {
    for (const [at, to] of this.#chunks(start, end)) {
      const p = this.parameter.subarray(0, to - at);
      p.set(values.subarray(at, to));
      this.#kernels.multiply(p.byteOffset, wholeVectors(p.length), this.#kept, 1);
      values.set(p, at);
    }
  }

  /** All that so many steps do to the variance of such parameters. The arguments are those of {@link move}. */
  decayVariance({ variance }: MomentPair, at: number, length: number, steps: number): void {
    this.#kernels.multiply(variance.byteOffset + at * BYTES, wholeVectors(length), this.#beta2, steps);
  }

  /** The sum of the squares of what {@link moveRange} would take for the gradient, before it is scaled. */
  sumOfSquares(gradients: readonly Float32Array[], start: number, end: number): number {
    let squares = 0;
    for (const [at, to] of this.#chunks(start, end)) {
      const sum = this.parameter;
      this.#sum(sum, gradients, at, to);
      // A check of each element would cost time.
      for (let i = 0; i < to - at; i++) squares += sum[i]! * sum[i]!;
    }
    return squares;
  }

  /** Adds gradients up, in their order. */
  #sum(sum: Float32Array, gradients: readonly Float32Array[], at: number, to: number): void {
    const [first, ...others] = gradients;
    sum.set(required(first, "a gradient").subarray(at, to));
    for (const gradient of others) {
      this.#addend.set(gradient.subarray(at, to));
      this.#kernels.add(sum.byteOffset, this.#addend.byteOffset, wholeVectors(to - at));
    }
  }

  /** A range cut into chunks. */
  #chunks(start: number, end: number): [number, number][] {
    const found: [number, number][] = [];
    const { chunk } = this;
    for (let at = start; at < end; at += chunk) found.push([at, Math.min(at + chunk, end)]);
    return found;
  }
}

/** Memory of that many elements, up front: arrays on it would be lost if it grew. */
function allocate(elements: number): WebAssembly.Memory {
  const pages = Math.ceil((elements * BYTES) / PAGE_BYTES);
  if (pages > MAX_PAGES) {
    const gigabytes = (elements * BYTES) / 2 ** 30;
    throw new TunebertError(
      `the optimizer's moments take ${gigabytes.toFixed(1)} GiB on each thread, of 4 that are possible: ` +
        "use more threads, or freeze layers",
      { option: ["threads", "freeze"] },
    );
  }
  return new WebAssembly.Memory({ initial: pages });
}

/** A length in elements, rounded up to what the kernels work on at a time: four. */
export function wholeVectors(length: number): number {
  return Math.ceil(length / 4) * 4;
}
