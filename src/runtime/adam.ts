import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** What one step of Adam (Kingma and Ba, 2015) or AdamW (Loshchilov and Hutter, 2019) needs to know. */
export interface AdamStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 for the first step */
  readonly step: number;
  /** Decoupled from the gradient: first of all, learning rate times this part of the parameter goes. Default: 0 */
  readonly weightDecay?: number;
  /** What the gradient is multiplied by. Default: 1 */
  readonly gradientScale?: number;
}

/** A parameter and its two moments, all of one length. */
export interface AdamState {
  readonly parameter: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** Elements that are worked on at a time; five arrays of them fit a core's cache. */
const CHUNK = 16384;

/** What src/runtime/kernels.wat exports. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  add(to: number, from: number, length: number): void;
  adam(p: number, g: number, m: number, v: number, length: number, ...constants: number[]): void;
}

/**
 * Adam on arrays wherever they lie: chunks of them are copied into the memory of a WebAssembly module, whose
 * four-wide arithmetic is that of PyTorch's Adam, float32 throughout.
 */
export class Adam {
  readonly #kernels: Kernels;
  readonly #parameter: Float32Array;
  readonly #gradient: Float32Array;
  readonly #mean: Float32Array;
  readonly #variance: Float32Array;
  readonly #addend: Float32Array;

  constructor() {
    const module = new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve("#kernels")));
    this.#kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;
    const array = (place: number) =>
      new Float32Array(this.#kernels.memory.buffer, place * CHUNK * Float32Array.BYTES_PER_ELEMENT, CHUNK);
    this.#parameter = array(0);
    this.#gradient = array(1);
    this.#mean = array(2);
    this.#variance = array(3);
    this.#addend = array(4);
  }

  /**
   * Updates the elements from `start` up to `end` by the sum of gradients, added up in their order. Gradients
   * are indexed like the parameter.
   */
  update(
    { parameter, mean, variance }: AdamState,
    gradients: readonly Float32Array[],
    step: AdamStep,
    start: number,
    end: number,
  ): void {
    const { beta1, beta2, epsilon, gradientScale = 1 } = step;
    const rate = step.learningRate / (1 - beta1 ** step.step);
    const correction = Math.sqrt(1 - beta2 ** step.step);
    const constants = [1 - beta1, beta2, 1 - beta2, rate, correction, epsilon];
    const [p, g, m, v] = [this.#parameter, this.#gradient, this.#mean, this.#variance];
    for (let at = start; at < end; at += CHUNK) {
      const to = Math.min(at + CHUNK, end);
      p.set(parameter.subarray(at, to));
      m.set(mean.subarray(at, to));
      v.set(variance.subarray(at, to));
      this.#sum(gradients, at, to);
      scale(p, kept(step), 0, to - at);
      scale(g, gradientScale, 0, to - at);
      const length = wholeVectors(to - at);
      this.#kernels.adam(p.byteOffset, g.byteOffset, m.byteOffset, v.byteOffset, length, ...constants);
      parameter.set(p.subarray(0, to - at), at);
      mean.set(m.subarray(0, to - at), at);
      variance.set(v.subarray(0, to - at), at);
    }
  }

  /** The sum of the squares of what {@link update} would take for the gradient, before it is scaled. */
  sumOfSquares(gradients: readonly Float32Array[], start: number, end: number): number {
    let squares = 0;
    for (let at = start; at < end; at += CHUNK) {
      const to = Math.min(at + CHUNK, end);
      const sum = this.#sum(gradients, at, to);
      for (let i = 0; i < to - at; i++) squares += sum[i]! * sum[i]!;
    }
    return squares;
  }

  /** Adds gradients up, in their order. */
  #sum(gradients: readonly Float32Array[], at: number, to: number): Float32Array {
    const [g, a] = [this.#gradient, this.#addend];
    g.set(gradients[0]!.subarray(at, to));
    for (const addend of gradients.slice(1)) {
      a.set(addend.subarray(at, to));
      this.#kernels.add(g.byteOffset, a.byteOffset, wholeVectors(to - at));
    }
    return g;
  }
}

/** All that a step does to elements whose gradient and moments are zero. */
export function decay(parameter: Float32Array, step: AdamStep, start: number, end: number): void {
  scale(parameter, kept(step), start, end);
}

/** What weight decay leaves of a parameter. */
function kept({ learningRate, weightDecay = 0 }: AdamStep): number {
  return 1 - learningRate * weightDecay;
}

/** In float32: the product of two float32 numbers is exact in double precision, and rounded when it is stored. */
function scale(values: Float32Array, factor: number, start: number, end: number): void {
  if (factor === 1) return;
  const rounded = Math.fround(factor);
  for (let i = start; i < end; i++) values[i] = values[i]! * rounded;
}

/** A length in elements, rounded up to what the kernels work on at a time. */
function wholeVectors(length: number): number {
  return (length + 3) & ~3;
}
