import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** What one step of Adam (Kingma and Ba, 2015) needs to know. */
export interface AdamStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 for the first step */
  readonly step: number;
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
    { learningRate, beta1, beta2, epsilon, step }: AdamStep,
    start: number,
    end: number,
  ): void {
    const rate = learningRate / (1 - beta1 ** step);
    const correction = Math.sqrt(1 - beta2 ** step);
    const [p, g, m, v, a] = [this.#parameter, this.#gradient, this.#mean, this.#variance, this.#addend];
    for (let at = start; at < end; at += CHUNK) {
      const to = Math.min(at + CHUNK, end);
      const length = (to - at + 3) & ~3;
      p.set(parameter.subarray(at, to));
      m.set(mean.subarray(at, to));
      v.set(variance.subarray(at, to));
      g.set(gradients[0]!.subarray(at, to));
      for (const addend of gradients.slice(1)) {
        a.set(addend.subarray(at, to));
        this.#kernels.add(g.byteOffset, a.byteOffset, length);
      }
      const constants = [1 - beta1, beta2, 1 - beta2, rate, correction, epsilon];
      this.#kernels.adam(p.byteOffset, g.byteOffset, m.byteOffset, v.byteOffset, length, ...constants);
      parameter.set(p.subarray(0, to - at), at);
      mean.set(m.subarray(0, to - at), at);
      variance.set(v.subarray(0, to - at), at);
    }
  }
}
