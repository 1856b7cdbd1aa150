import type { Packed } from "../text/pack.js";
import { GrowableInt32 } from "./growable-int32.js";

/** The examples of a dataset while they are gathered: ragged rows in flat arrays that grow. */
export class EncodedRows {
  readonly #tokenIds = new GrowableInt32();
  readonly #offsets = new GrowableInt32();
  readonly #firstLengths = new GrowableInt32();
  readonly #labels = new GrowableInt32();
  /** By label. */
  readonly #counts = new Map<number, { examples: number; truncated: number; empty: number }>();

  constructor() {
    this.#offsets.push(0);
  }

  /** Number of examples. */
  get size(): number {
    return this.#labels.length;
  }

  /** How many examples lost tokens to fit. */
  get truncated(): number {
    return [...this.#counts.values()].reduce((sum, { truncated }) => sum + truncated, 0);
  }

  /** How many examples have a text without a token. */
  get empty(): number {
    return [...this.#counts.values()].reduce((sum, { empty }) => sum + empty, 0);
  }

  /** How many examples have this label. */
  count(label: number): number {
    return this.#counts.get(label)?.examples ?? 0;
  }

  add({ ids, firstLength, truncated, empty }: Packed, label: number): void {
    this.#tokenIds.append(ids);
    this.#offsets.push(this.#tokenIds.length);
    this.#firstLengths.push(firstLength);
    this.#labels.push(label);
    const counts = this.#counts.get(label) ?? { examples: 0, truncated: 0, empty: 0 };
    counts.examples++;
    if (truncated) counts.truncated++;
    if (empty) counts.empty++;
    this.#counts.set(label, counts);
  }

  /** The examples whose label is not among these. */
  without(labels: ReadonlyMap<number, unknown>): EncodedRows {
    const kept = new EncodedRows();
    const { tokenIds, offsets, firstLengths, labels: all } = this.arrays();
    all.forEach((label, i) => {
      if (labels.has(label)) return;
      const ids = tokenIds.subarray(offsets[i], offsets[i + 1]);
      kept.add({ ids, firstLength: firstLengths[i]!, truncated: false, empty: false }, label);
    });
    for (const label of kept.#counts.keys()) kept.#counts.set(label, this.#counts.get(label)!);
    return kept;
  }

  /** Copies with nothing to spare, in the layout of a `TextDataset`. */
  arrays(): Record<"tokenIds" | "offsets" | "firstLengths" | "labels", Int32Array> {
    return {
      tokenIds: this.#tokenIds.toArray(),
      offsets: this.#offsets.toArray(),
      firstLengths: this.#firstLengths.toArray(),
      labels: this.#labels.toArray(),
    };
  }
}
