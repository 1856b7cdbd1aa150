import { TunebertError } from "../error.js";
import { labelOfCell } from "./columns.js";
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
          `${fileName}, row 1: not the header of an SNLI file; expected ${SNLI_HEADER.replaceAll("\t", ", ")}; ` +
            `found ${names.join(", ")}`,
        );
      }
      return { label: 0, premise: 1, hypothesis: 2 };
    },
    text: leavesOfParse,
    label(cell, row) {
      if (SNLI_LABELS.includes(cell)) return cell;
      if (labelOfCell(cell) === undefined) return undefined;
      throw new TunebertError(
        `${fileName}, row ${row}: unknown label ${JSON.stringify(cell)}; SNLI's are ${SNLI_LABELS.join(", ")}, ` +
          "and - for none",
      );
    },
  };
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
