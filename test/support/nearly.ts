import { expect } from "vitest";

/** An answer as it may be where other examples are answered together with it: the last bits of probabilities depend on them. */
export function nearly<Answer extends object>(answer: Answer): Answer {
  const { probabilities } = answer as { readonly probabilities: Record<string, number> };
  const close = Object.entries(probabilities).map(([label, value]) => [label, expect.closeTo(value, 6)]);
  return { ...answer, probabilities: Object.fromEntries(close) };
}
