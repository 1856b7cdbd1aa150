/**
 * Deals work out so that all hands finish together: the costliest first, each to the hand that has least to do;
 * then pieces move or change places as long as the busiest hand gains by it.
 * @returns the indices of each hand's pieces
 */
export function dealOut(costs: readonly number[], count: number): number[][] {
  const hands: number[][] = Array.from({ length: count }, () => []);
  const load = new Float64Array(count);
  const order = costs.map((_, i) => i).sort((a, b) => costs[b]! - costs[a]! || a - b);
  for (const i of order) {
    const least = load.indexOf(Math.min(...load));
    hands[least]!.push(i);
    load[least]! += costs[i]!;
  }
  while (improve(hands, load, costs));
  return hands;
}

/** Makes the best swap, or move, between the busiest hand and another; false when none helps. */
function improve(hands: number[][], load: Float64Array, costs: readonly number[]): boolean {
  const busiest = load.indexOf(Math.max(...load));
  let best = { gain: load[busiest]! * 1e-6, shift: 0, other: -1, give: -1, take: -1 };
  for (let other = 0; other < hands.length; other++) {
    const gap = load[busiest]! - load[other]!;
    for (let give = 0; give < hands[busiest]!.length; give++) {
      for (let take = -1; take < hands[other]!.length; take++) {
        const shift = costs[hands[busiest]![give]!]! - (take < 0 ? 0 : costs[hands[other]![take]!]!);
        const gain = Math.min(shift, gap - shift);
        if (gain > best.gain) best = { gain, shift, other, give, take };
      }
    }
  }
  if (best.other < 0) return false;
  const taken = best.take < 0 ? [] : hands[best.other]!.splice(best.take, 1);
  hands[best.other]!.push(...hands[busiest]!.splice(best.give, 1, ...taken));
  load[busiest]! -= best.shift;
  load[best.other]! += best.shift;
  return true;
}
