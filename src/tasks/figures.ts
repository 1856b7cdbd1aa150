/** Figures by name, such as `loss` or `accuracy`. */
export type Figures = Readonly<Record<string, number>>;

/** What is known of a figure beside its value. */
export interface FigureKind {
  readonly name: string;
  readonly better: "higher" | "lower";
}

/** Adds up by name what both have. */
export function addFigures(a: Figures, b: Figures): Figures {
  return Object.fromEntries(Object.entries(a).map(([name, sum]) => [name, sum + (b[name] ?? 0)]));
}

/** Means from sums over so many examples. */
export function meanFigures(sums: Figures, count: number): Figures {
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}
