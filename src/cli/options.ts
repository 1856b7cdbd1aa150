import { InvalidArgumentError, Option } from "commander";
import { checkDelimiter } from "../data/read-examples.js";
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

/** How examples are read from a file; names as in readExamples. */
export interface ColumnFlags {
  readonly premiseColumn?: string;
  readonly hypothesisColumn?: string;
  readonly labelColumn?: string;
  readonly delimiter?: string;
  readonly quotes?: boolean;
  readonly skipBadRows?: boolean;
}

export function columnOptions({ label }: { readonly label: boolean }): Option[] {
  const columns = [
    new Option(
      "--premise-column <name>",
      "column of the first text, or of the only one (default: premise, sentence1, text_a, text1, question1, text, query or #1 String; alone text, sentence, review or question)",
    ),
    new Option(
      "--hypothesis-column <name>",
      "column of the second text (default: the one that goes with the first; without any, texts are single)",
    ),
  ];
  if (label) {
    columns.push(
      new Option(
        "--label-column <name>",
        "column of the label (default: label, gold_label, labels, class, target, Quality or is_duplicate)",
      ),
    );
  }
  return [
    ...columns,
    new Option(
      "--delimiter <character>",
      "between the cells of a table, such as ; or tab (default: what the header row tells)",
    ).argParser(delimiter),
    new Option(
      "--quotes",
      "read quotes in tab-separated files as in CSV; without it they are characters as others",
    ),
    new Option("--skip-bad-rows", "leave out and count rows that cannot be read"),
  ];
}

function delimiter(text: string): string {
  const character = text === "tab" || text === "\\t" ? "\t" : text;
  try {
    checkDelimiter(character);
    return character;
  } catch {
    throw new InvalidArgumentError("Expected one ASCII character that is no quote, or tab.");
  }
}

/** Which labels stand for none; names as in EncodeOptions. */
export interface LabelFlags {
  readonly noLabel?: readonly string[];
}

export function noLabelOption(): Option {
  const option = new Option(
    "--no-label <value>",
    "a label that stands for none, may be repeated (default: -, and -1 beside labels that are 0, 1, 2 and so on; blank always)",
  ).argParser((value, before: readonly string[] | undefined) => [...(before ?? []), value]);
  // It says what is no label, and does not negate an option --label.
  option.negate = false;
  return option;
}

/** Which part of a weights file is meant; names as in readWeights. */
export const keyOption = [
  "--key <path>",
  "which dictionary of tensors, in a checkpoint of PyTorch that has several: its keys, joined by dots",
] as const;
