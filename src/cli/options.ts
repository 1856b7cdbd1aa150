import { InvalidArgumentError, Option } from "commander";
import type { CheckpointInterval } from "../train/checkpoints.js";

/** Parsers and options that several commands share. */

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError("Expected a whole number.");
  return number;
}

export function positiveWholeNumber(text: string): number {
  const number = wholeNumber(text);
  if (number < 1) throw new InvalidArgumentError("Expected a whole number of at least 1.");
  return number;
}

export function positiveNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new InvalidArgumentError("Expected a number above 0.");
  return number;
}

export function numberFromZero(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0 && Number.isFinite(number))) {
    throw new InvalidArgumentError("Expected a number of at least 0.");
  }
  return number;
}

export function probability(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0 && number < 1)) {
    throw new InvalidArgumentError("Expected a number from 0 up to, but not including, 1.");
  }
  return number;
}

/** `500` for so many steps; `90s`, `10m`, `2h` for a time. */
export function checkpointInterval(text: string): CheckpointInterval {
  const [, digits, unit = ""] = /^(\d{1,9})([smh]?)$/.exec(text) ?? [];
  const count = Number(digits);
  if (!(count >= 1))
    throw new InvalidArgumentError("Expected a number of steps, or a time such as 90s, 10m or 2h.");
  return unit === "" ? { steps: count } : { seconds: count * SECONDS[unit]! };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** The columns of a table that hold a pair; names as in readPairs. */
export interface ColumnFlags {
  readonly premiseColumn?: string;
  readonly hypothesisColumn?: string;
  readonly labelColumn?: string;
}

export function columnOptions({ label }: { readonly label: boolean }): Option[] {
  const columns = [
    new Option("--premise-column <name>", "column of the first text (default: premise or sentence1)"),
    new Option("--hypothesis-column <name>", "column of the second text (default: hypothesis or sentence2)"),
  ];
  if (label)
    columns.push(new Option("--label-column <name>", "column of the label (default: label or gold_label)"));
  return columns;
}

/** Which part of a weights file is meant; names as in readWeights. */
export const keyOption = [
  "--key <path>",
  "which dictionary of tensors, in a checkpoint of PyTorch that has several: its keys, joined by dots",
] as const;
