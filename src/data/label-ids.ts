import { TunebertError } from "../error.js";
import { compareCodePoints } from "../text/code-point-order.js";
import { SNLI_LABELS } from "./snli.js";
import type { TextPair } from "./text-pair.js";

/** Numbers the labels of a dataset: by a given list of names, or by the labels that occur. */
export class LabelIds {
  readonly #ids: Map<string, number>;
  readonly #given: readonly string[] | undefined;
  readonly #preferred: readonly string[];

  /**
   * @param given all the names there may be, in the order of their ids; without it any label may come
   * @param preferred names that are taken, in this order and all of them, when no other occurs
   */
  constructor(given: readonly string[] | undefined, preferred: readonly string[] = SNLI_LABELS) {
    this.#given = given;
    this.#preferred = preferred;
    this.#ids = new Map(given?.map((name, id) => [name, id]));
  }

  /**
   * The id of a pair's label, provisional until {@link finish}.
   * @throws TunebertError when the label is not one of the given names; `where` says which pair it was
   */
  id(label: string, where: () => string): number {
    const known = this.#ids.get(label);
    if (known !== undefined) return known;
    if (this.#given !== undefined) {
      throw new TunebertError(
        `${where()}: unknown label ${JSON.stringify(label)}; known labels: ${this.#given.join(", ")}`,
      );
    }
    this.#ids.set(label, this.#ids.size);
    return this.#ids.size - 1;
  }

  /**
   * The names in the order of their final ids, and the final id of each provisional one. Without given or
   * preferred names the order is by code point.
   */
  finish(): { names: readonly string[]; finalIds: Int32Array } {
    const found = [...this.#ids.keys()];
    const names = this.#given ?? this.#orderOf(found);
    return { names, finalIds: Int32Array.from(found, (name) => names.indexOf(name)) };
  }

  #orderOf(found: readonly string[]): readonly string[] {
    const noOther = found.length > 0 && found.every((name) => this.#preferred.includes(name));
    return noOther ? this.#preferred : [...found].sort(compareCodePoints);
  }
}

/** Names a pair in an error: its file and row, or else its place in the sequence. */
export function whereIs(pair: Pick<TextPair, "fileName" | "row">, index: number): string {
  if (pair.row === undefined) return `pair ${index + 1}`;
  return pair.fileName === undefined ? `row ${pair.row}` : `${pair.fileName}, row ${pair.row}`;
}
