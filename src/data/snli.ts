import { TunebertError } from "../error.js";
import { labelOfCell } from "./label-cells.js";
import type { TsvLayout } from "./tsv-reader.js";

/** SNLI's labels in the order of their ids in d2l (section 16.4). */
export const SNLI_LABELS: readonly string[] = ["entailment", "contradiction", "neutral"];

/** The header row of SNLI 1.0's files. */
export const SNLI_HEADER = [
  "gold_label",
  "sentence1_binary_parse",
  "sentence2_binary_parse",
  "sentence1_parse",
  "sentence2_parse",
  "sentence1",
  "sentence2",
  "captionID",
  "pairID",
  "label1",
  "label2",
  "label3",
  "label4",
  "label5",
].join("\t");

/** Whether a header row is that of SNLI 1.0's tab-separated files. */
export function isSnliHeader(header: string): boolean {
  return header === SNLI_HEADER;
}

/** Whether the keys of an object are those of SNLI 1.0's files of JSON lines, which are distributed beside the others. */
export function isSnliObject(keys: readonly string[]): boolean {
  return keys.length === SNLI_KEYS.length && SNLI_KEYS.every((key) => keys.includes(key));
}

const SNLI_KEYS = [
  "annotator_labels",
  "captionID",
  "gold_label",
  "pairID",
  "sentence1",
  "sentence1_binary_parse",
  "sentence1_parse",
  "sentence2",
  "sentence2_binary_parse",
  "sentence2_parse",
];

/**
 * The files of SNLI 1.0 (Bowman et al., 2015), read as d2l's `read_snli` (section 16.4) does: the texts are the
 * binary parses without their brackets, so words and punctuation are already set apart.
 * Its functions throw a TunebertError when the header, or a label, is not SNLI's.
 */
export function snliTsv(fileName: string): TsvLayout {
  return {
    columns(names) {
      if (names.join("\t") !== SNLI_HEADER) {
        throw new TunebertError(
          `not the header of an SNLI file; expected ${SNLI_HEADER.replaceAll("\t", ", ")}; ` +
            `found ${names.join(", ")}`,
        );
      }
      return { label: 0, text: 1, textPair: 2, flags: undefined };
    },
    text: leavesOfParse,
    label: (cell, row) => snliLabel(cell, `${fileName}, row ${row}`),
  };
}

/** The label that a cell of SNLI holds, `undefined` for none. @throws TunebertError when it is not SNLI's */
export function snliLabel(cell: string, where: string): string | undefined {
  if (SNLI_LABELS.includes(cell)) return cell;
  if (labelOfCell(cell, {}) === undefined) return undefined;
  throw new TunebertError(
    `${where}: unknown label ${JSON.stringify(cell)}; SNLI's are ${SNLI_LABELS.join(", ")}, and - for none`,
  );
}

/**
 * The words of a bracketed parse, one space apart: `( ( A dog ) runs )` gives `A dog runs`. Brackets are
 * deleted, then runs of whitespace shortened to a space; a bracket of the text itself is written -LRB- or -RRB-.
 */
export function leavesOfParse(parse: string): string {
  // Brackets that stand apart go with their space: a third of the time of the general way, and mostly enough.
  const words = parse.replace(/(?<![^ ])\( | \)(?![^ ])/g, "");
  if (!/[()]|\s\s|^\s|\s$/.test(words)) return words;
  return parse
    .replace(/[()]/g, "")
    .replace(/\s{2,}/g, " ")
    .trim();
}
