import { TunebertError } from "../error.js";
import { listNames } from "../text/list-names.js";
import { showJson } from "../text/show-json.js";
import type { TextExample } from "../text/text-example.js";
import { numberOf, sortLabels } from "./label-order.js";
import { areClassNumbers, isMinusOne, isNoLabel } from "./no-label.js";
import { SNLI_LABELS } from "./snli.js";

/** The id of an example without a label. */
export const UNLABELLED = -1;

/** Which labels a dataset may have, and which values stand for none. */
export interface LabelOptions {
  /** All the names there may be, in the order of their ids. Default: those that occur. */
  readonly labels?: readonly string[] | undefined;
  /** Names that are taken, in this order and all of them, when no other occurs. */
  readonly preferredLabels?: readonly string[] | undefined;
  /** The values that stand for no label, beside blank ones. */
  readonly noLabel?: readonly string[] | undefined;
  /** Whether every label has to write a number, -1 among them. Default: no. */
  readonly numbers?: boolean | undefined;
}

/** Numbers the labels of a dataset: by a given list of names, or by the labels that occur. */
export class LabelIds {
  readonly #ids = new Map<string, number>();
  readonly #given: readonly string[] | undefined;
  readonly #preferred: readonly string[] | undefined;
  readonly #noLabel: readonly string[] | undefined;
  readonly #numbers: boolean;
  /** Provisional ids, with their names, of which only all labels together tell whether they stand for none. */
  readonly #undecided = new Map<number, string>();
  #found = 0;

  constructor({ labels, preferredLabels, noLabel, numbers = false }: LabelOptions) {
    this.#given = labels;
    this.#preferred = preferredLabels;
    this.#noLabel = noLabel;
    this.#numbers = numbers;
    labels?.forEach((name, id) => {
      this.#ids.set(name, noLabel?.includes(name) ? UNLABELLED : id);
    });
  }

  /**
   * The id of an example's label, provisional until {@link finish}; {@link UNLABELLED} where it stands for none.
   * @throws TunebertError when the label is not one of the given names, or no number where it has to be one; `where` says
   *   which example it was
   */
  id(label: string, where: () => string): number {
    const known = this.#ids.get(label);
    if (known !== undefined) return known;
    const id = isNoLabel(label, this.#given ?? [], this.#noLabel) ? UNLABELLED : this.#newId(label, where);
    this.#ids.set(label, id);
    return id;
  }

  /** Whether a provisional id may yet turn out to stand for none. */
  isUndecided(id: number): boolean {
    return this.#undecided.has(id);
  }

  /** Decides by the labels so far: the provisional ids that stand for none, now and for what is to come. */
  decide(): ReadonlyMap<number, string> {
    if (this.#undecided.size === 0) return new Map();
    const others = this.#names().filter((name) => !isMinusOne(name));
    if (!areClassNumbers(this.#preferredFor(others) ?? others)) return new Map();
    const none = new Map(this.#undecided);
    this.#undecided.clear();
    for (const name of none.values()) this.#ids.set(name, UNLABELLED);
    return none;
  }

  /**
   * The names in the order of their final ids, and the final id of each provisional one. Without given or preferred
   * names, those that occur are in SNLI's order when they are SNLI's, in that of numbers when they are numbers, and else
   * in that of code points.
   */
  finish(): { names: readonly string[]; finalIds: Int32Array } {
    const names = this.#given ?? this.#order(this.#names());
    const finalIds = new Int32Array(this.#given?.length ?? this.#found).fill(UNLABELLED);
    names.forEach((name, id) => {
      const provisional = this.#ids.get(name) ?? UNLABELLED;
      if (provisional !== UNLABELLED) finalIds[provisional] = id;
    });
    return { names, finalIds };
  }

  #newId(label: string, where: () => string): number {
    if (this.#given !== undefined) throw unknownLabel(label, this.#given, where());
    if (this.#numbers && numberOf(label) === undefined) throw notANumber(label, where());
    const id = this.#found++;
    if (!this.#numbers && this.#noLabel === undefined && isMinusOne(label)) this.#undecided.set(id, label);
    return id;
  }

  #names(): string[] {
    return [...this.#ids].filter(([, id]) => id !== UNLABELLED).map(([name]) => name);
  }

  #order(found: readonly string[]): readonly string[] {
    const preferred = this.#preferredFor(found);
    if (preferred !== undefined) return preferred;
    const snli = this.#preferred === undefined ? SNLI_LABELS.filter((name) => found.includes(name)) : [];
    return snli.length === found.length ? snli : sortLabels(found);
  }

  /** The preferred names, where no other is among these. */
  #preferredFor(names: readonly string[]): readonly string[] | undefined {
    const preferred = new Set(this.#preferred);
    return names.every((name) => preferred.has(name)) ? this.#preferred : undefined;
  }
}

/** The error that an example's label is none of a model's. */
export function unknownLabel(label: string, known: readonly string[], where: string): TunebertError {
  return new TunebertError(
    (noLabel) =>
      `${where}: unknown label ${showJson(label)}; known labels: ${listNames(known)}. ` +
      `Where it stands for no label, name it as ${noLabel}`,
    { option: "noLabel" },
  );
}

/** The error that an example's label is no number, where numbers are learnt. */
export function notANumber(label: string, where: string): TunebertError {
  return new TunebertError(
    (labelColumn, noLabel, task) =>
      `${where}: ${showJson(label)} is no number. Name the right column as ${labelColumn}, a value that stands for none as ` +
      `${noLabel}, or learn classes with ${task} classification`,
    { option: ["labelColumn", "noLabel", "task"] },
  );
}

/** Names an example in an error: its file and row, or else its place in the sequence. */
export function whereIs({ fileName, row }: Pick<TextExample, "fileName" | "row">, index: number): string {
  if (row === undefined) return `example ${index + 1}`;
  return fileName === undefined ? `row ${row}` : `${fileName}, row ${row}`;
}
