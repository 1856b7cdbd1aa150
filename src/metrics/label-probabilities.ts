/** How probable a model finds a label. */
export interface LabelProbability {
  /** The label's name. */
  readonly label: string;
  /** Between 0 and 1; those of all labels add up to 1. */
  readonly probability: number;
}

/** The probability of a label; 0 where it is not among them. */
export function probabilityOf(probabilities: readonly LabelProbability[], label: string): number {
  return probabilities.find((entry) => entry.label === label)?.probability ?? 0;
}

/** The most probable labels, in descending order. */
export function mostProbable(probabilities: readonly LabelProbability[], most: number): LabelProbability[] {
  return probabilities.toSorted((a, b) => b.probability - a.probability).slice(0, most);
}

/**
 * A JSON object of probabilities by label, its keys in the order of the list. `JSON.stringify` would put keys that look
 * like numbers first.
 */
export function probabilitiesJson(probabilities: readonly LabelProbability[]): string {
  return `{${probabilities.map(({ label, probability }) => `${JSON.stringify(label)}:${probability}`).join(",")}}`;
}

/** Reads what {@link probabilitiesJson} wrote and `JSON.parse` read; `undefined` when it is something else. */
export function parseProbabilities(value: unknown): LabelProbability[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  if (!entries.every(([, probability]) => typeof probability === "number")) return undefined;
  return entries.map(([label, probability]) => ({ label, probability }));
}
