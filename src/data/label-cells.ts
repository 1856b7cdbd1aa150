import { TunebertError } from "../error.js";
import { shorten } from "../text/show-json.js";
import type { ColumnOptions, LabelFlag } from "./columns.js";
import { numberOf } from "./label-order.js";
import { NO_LABEL } from "./no-label.js";

type Label = string | readonly string[];

/**
 * The label that a cell stands for, as it is written, or with a separator the labels; none when it is blank or one of
 * `noLabel`.
 */
export function labelOfCell(
  cell: string,
  { noLabel = NO_LABEL, labelSeparator, labelNames }: LabelOptions,
): Label | undefined {
  if (cell.trim() === "" || noLabel.includes(cell)) return undefined;
  if (labelSeparator === undefined) return nameOf(cell, labelNames);
  const labels = cell.split(labelSeparator).map((label) => label.trim());
  return namesOf(
    labels.filter((label) => label !== ""),
    labelNames,
  );
}

/** Labels by their names, where some are written as the numbers of these, without those that stand for none. */
export function namesOf(labels: readonly string[], names: readonly string[] | undefined): readonly string[] {
  return labels.map((label) => nameOf(label, names)).filter((label) => label !== undefined);
}

type LabelOptions = Pick<ColumnOptions, "noLabel" | "labelSeparator" | "labelNames">;

function nameOf(label: string, names: readonly string[] | undefined): string | undefined {
  if (names === undefined || names.includes(label)) return label;
  const number = numberOf(label);
  if (number === -1) return undefined;
  return (number !== undefined && names[number]) || label;
}

/**
 * The labels of which a column of their own says that an example has them; none when all of these are blank, or -1 as in
 * examples that were left out of an annotation.
 * @throws TunebertError, with the place, when a column says neither 1 nor 0
 */
export function labelsOfFlags(
  flags: readonly LabelFlag[],
  cellOf: (flag: LabelFlag) => string,
  place: string,
): readonly string[] | undefined {
  const cells = flags.map((flag) => cellOf(flag).trim().toLowerCase());
  if (cells.every((cell) => cell === "" || cell === "-1")) return undefined;
  return flags.filter((flag, i) => isSet(cells[i] ?? "", flag, place)).map(({ label }) => label);
}

function isSet(cell: string, { label }: LabelFlag, place: string): boolean {
  if (YES.includes(cell)) return true;
  if (NO.includes(cell)) return false;
  throw new TunebertError(
    (labelColumns) =>
      `${place}: the column ${JSON.stringify(label)} holds ${JSON.stringify(shorten(cell))}; a column of ${labelColumns} tells by ` +
      "1 or 0 whether an example has its label",
    { option: "labelColumns" },
  );
}

const YES = ["1", "1.0", "true"];
const NO = ["0", "0.0", "false"];
