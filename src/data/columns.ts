import { TunebertError } from "../error.js";
import { NO_LABEL } from "./no-label.js";

/** Which columns of a table, or keys of a JSON object, hold a pair. */
export interface ColumnOptions {
  /** Default: `premise`, else `sentence1`. */
  readonly premiseColumn?: string | undefined;
  /** Default: `hypothesis`, else `sentence2`. */
  readonly hypothesisColumn?: string | undefined;
  /** Default: `label`, else `gold_label`; without either the pairs have no labels. */
  readonly labelColumn?: string | undefined;
  /** The labels that stand for none; blank ones always do. Default: `-`. */
  readonly noLabel?: readonly string[] | undefined;
}

/** Where a pair stands among the columns of a table. */
export interface PairColumns {
  readonly premise: number;
  readonly hypothesis: number;
  readonly label: number | undefined;
}

/**
 * Finds a pair's columns among the names found.
 * @throws TunebertError when one is not there; it lists the names found
 */
export function findColumns(
  found: readonly string[],
  options: ColumnOptions,
  fileName: string,
  row: number,
): PairColumns {
  const find = (names: readonly string[], optionName: string): number => {
    const column = firstOf(names, found);
    if (column !== undefined) return column;
    const wanted = names.map((name) => JSON.stringify(name)).join(" or ");
    throw new TunebertError(
      (option) =>
        `${fileName}, row ${row}: no column ${wanted}; found: ${found.join(", ")}. Name the right one as ${option}`,
      { option: optionName },
    );
  };
  const { premiseColumn, hypothesisColumn, labelColumn } = options;
  return {
    premise: find(premiseColumn === undefined ? ["premise", "sentence1"] : [premiseColumn], "premiseColumn"),
    hypothesis: find(
      hypothesisColumn === undefined ? ["hypothesis", "sentence2"] : [hypothesisColumn],
      "hypothesisColumn",
    ),
    label:
      labelColumn === undefined
        ? firstOf(["label", "gold_label"], found)
        : find([labelColumn], "labelColumn"),
  };
}

/** The label that a cell stands for, as it is written; none when it is blank or one of `noLabel`. */
export function labelOfCell(cell: string, noLabel: readonly string[] = NO_LABEL): string | undefined {
  return cell.trim() === "" || noLabel.includes(cell) ? undefined : cell;
}

/** @throws TunebertError when a row has more or fewer cells than the header */
export function requireCells(cells: number, expected: number, fileName: string, row: number): void {
  if (cells === expected) return;
  throw new TunebertError(
    `${fileName}, row ${row}: ${cells} columns, but the header has ${expected}; repair or delete the row`,
  );
}

function firstOf(names: readonly string[], found: readonly string[]): number | undefined {
  for (const name of names) {
    const column = found.indexOf(name);
    if (column >= 0) return column;
  }
  return undefined;
}
