import { readFileSync } from "node:fs";
import type { StateDict } from "../../src/weights/tensor.js";

/** A committed weights file, or one of the JSON files that say what is in them. */
export function weightsFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/weights/${name}`, import.meta.url)));
}

export interface DescribedTensor {
  readonly type: string;
  readonly shape: readonly number[];
  /** The elements' bytes, little-endian, in row-major order. */
  readonly hex: string;
}

/** What a format's own library sees in its files: file → tensor → description. */
export function expectedTensors(name: string): Record<string, Record<string, DescribedTensor>> {
  return JSON.parse(new TextDecoder().decode(weightsFixture(name)));
}

/** Names and tensors in their order, comparable bit for bit. */
export function described(state: StateDict): [string, DescribedTensor][] {
  return [...state].map(([name, { type, shape, data }]) => [
    name,
    { type, shape, hex: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex") },
  ]);
}
