/** One thing measured: a line of a table, by column. */
export type Row = Readonly<Record<string, string | number | undefined>>;

export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
  /** What a reader has to know to check the figures. */
  readonly notes?: readonly string[];
}

/** A table as text; a single row is written as one line per column. */
export function formatTable({ title, rows, notes = [] }: Table): string {
  const lines = rows.length === 0 ? [] : rows.length === 1 ? listing(rows[0]!) : grid(rows);
  return [title, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `  ${note}`), ""].join("\n");
}

function listing(row: Row): string[] {
  const width = Math.max(...Object.keys(row).map((name) => name.length));
  return Object.entries(row).map(([name, value]) => `${name.padEnd(width)}  ${formatCell(value)}`);
}

/** Text to the left, numbers to the right. */
function grid(rows: readonly Row[]): string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].map((name) => {
    const cells = [name, ...rows.map((row) => formatCell(row[name]))];
    const width = Math.max(...cells.map((cell) => cell.length));
    const isText = rows.some((row) => typeof row[name] === "string");
    return cells.map((cell) => (isText ? cell.padEnd(width) : cell.padStart(width)));
  });
  return Array.from({ length: rows.length + 1 }, (_, i) => columns.map((cells) => cells[i]).join("  "));
}

/** Numbers with three significant digits at least. */
function formatCell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return Math.round(value).toLocaleString("en-US");
  return size === 0 ? "0" : value.toFixed(Math.min(8, Math.max(1, 2 - Math.floor(Math.log10(size)))));
}

/** A fraction for people and for JSON. */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}
