/** Figures by name, such as `loss` or `accuracy`. */
export type Figures = Readonly<Record<string, number>>;

/** What is known of a figure beside its value. */
export interface FigureKind {
  readonly name: string;
  readonly better: "higher" | "lower";
  /** Of sums in training: the name of the sum that this one is a mean over; examples unless named. */
  readonly per?: string;
}

/** Adds up by name what both have. */
export function addFigures(a: Figures, b: Figures): Figures {
  return Object.fromEntries(Object.entries(a).map(([name, sum]) => [name, sum + (b[name] ?? 0)]));
}

/** Means from sums over so many examples, or over what a figure's kind says; of nothing the mean is 0. */
export function meanFigures(sums: Figures, examples: number, kinds: readonly FigureKind[]): Figures {
  const counts = new Set(kinds.map(({ per }) => per));
  const means = Object.entries(sums).filter(([name]) => !counts.has(name));
  return Object.fromEntries(
    means.map(([name, sum]) => {
      const per = kinds.find((kind) => kind.name === name)?.per;
      const count = per === undefined ? examples : (sums[per] ?? examples);
      return [name, sum / Math.max(1, count)];
    }),
  );
}
