import { printable } from "./printable.js";

/** A column is no wider than this for a cell that is out of all proportion. */
const WIDEST = 120;

/**
 * Rows of a table as lines for a terminal, two spaces between the columns. Cells are shown as {@link printable} does.
 * @param others where cells stand in the columns after the first, which is flush left
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  { others }: { readonly others: "left" | "right" },
): string[] {
  const cells = rows.map((row) => row.map((cell) => printable(cell)));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [column, { length }] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, length <= WIDEST ? length : 0);
    }
  }
  const align = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return column === 0 || others === "left" ? cell.padEnd(width) : cell.padStart(width);
  };
  return cells.map((row) => row.map(align).join("  ").trimEnd());
}
