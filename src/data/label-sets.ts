import { TunebertError } from "../error.js";
import { type LabelIds, UNLABELLED } from "./label-ids.js";

/** Numbers the distinct sets of labels that examples have; an example refers to its set. */
export class LabelSets {
  readonly #ids: LabelIds;
  readonly #places = new Map<string, number>();
  readonly #sets: (readonly number[])[] = [];

  /** @param ids numbers the labels themselves */
  constructor(ids: LabelIds) {
    this.#ids = ids;
  }

  /** The place of an example's set among all, in which those labels are not that stand for none. */
  place(labels: readonly string[], where: () => string): number {
    const ids = new Set(labels.map((label) => this.#ids.id(label, where)));
    ids.delete(UNLABELLED);
    const set = [...ids].sort((a, b) => a - b);
    const key = set.join();
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.#sets.length);
    return this.#sets.push(set) - 1;
  }

  /** The sets, with the final ids of their labels. */
  finish(finalIds: Int32Array): readonly (readonly number[])[] {
    return this.#sets.map((set) => set.map((id) => finalIds[id] ?? UNLABELLED).sort((a, b) => a - b));
  }
}

/** Which labels examples have. */
export interface LabelledSets {
  /** (n): places in `labelSets`, or -1 for none. */
  readonly labels: Int32Array;
  /** The distinct sets, of places in `labelNames`. */
  readonly labelSets: readonly (readonly number[])[];
  /** (K) */
  readonly labelNames: readonly string[];
}

/** 1 where an example has a label, else 0: [n, K]. @throws TunebertError when an example, counted from 1, has no set */
export function multiHot({ labels, labelSets, labelNames }: LabelledSets): Uint8Array {
  const K = labelNames.length;
  const hot = new Uint8Array(labels.length * K); // [n, K]
  labels.forEach((place, example) => {
    const set = labelSets[place];
    if (set === undefined) throw new TunebertError(`example ${example + 1} has no labels`);
    for (const label of set) hot[example * K + label] = 1;
  });
  return hot;
}
