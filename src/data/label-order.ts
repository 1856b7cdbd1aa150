import { compareCodePoints } from "../text/code-point-order.js";

/** Label names in order: as numbers (-1, 0.5, 2, 10) where all of them are numbers, else by code point. */
export function sortLabels(names: readonly string[]): string[] {
  const numbers = new Map(names.map((name) => [name, numberOf(name)]));
  if ([...numbers.values()].includes(undefined)) return [...names].sort(compareCodePoints);
  return [...names].sort((a, b) => numbers.get(a)! - numbers.get(b)! || compareCodePoints(a, b));
}

/** The number that a label writes in decimal digits; `undefined` where it writes none. */
export function numberOf(label: string): number | undefined {
  if (!/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(label)) return undefined;
  const number = Number(label);
  return Number.isFinite(number) ? number : undefined;
}
