/** Figures by name, such as `loss` or `accuracy`. */
export type Figures = Readonly<Record<string, number>>;

/** What is known of a figure beside its name. */
export interface FigureKind {
  readonly name: string;
  readonly better: "higher" | "lower";
}

/** Adds figures up by name; those that are missing on one side count as 0. */
export function addFigures(a: Figures, b: Figures): Figures {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(Array.from(names, (name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

/** Means from sums over so many examples. */
export function meanFigures(sums: Figures, count: number): Figures {
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}
