import type { AccuracyGroup } from "../../metrics/accuracy-groups.js";

/** A group of lengths: `8–11`. */
export function lengthName({ from, to }: AccuracyGroup): string {
  return from === to ? String(from) : `${from}–${to}`;
}

/** A group of parts: `33–50 %`. */
export function overlapName({ from, to }: AccuracyGroup): string {
  const [low, high] = [Math.round(from * 100), Math.round(to * 100)];
  return low === high ? `${low} %` : `${low}–${high} %`;
}
