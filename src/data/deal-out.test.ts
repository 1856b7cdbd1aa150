import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dealOut } from "./deal-out.js";

const costsArbitrary = fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 30 });
const countArbitrary = fc.integer({ min: 1, max: 5 });
const loadsOf = (hands: number[][], costs: readonly number[]) =>
  hands.map((hand) => hand.reduce((sum, i) => sum + costs[i]!, 0));

describe("dealOut", () => {
  test("gives every piece to exactly one hand", () => {
    fc.assert(
      fc.property(costsArbitrary, countArbitrary, (costs, count) => {
        const hands = dealOut(costs, count);
        expect(hands).toHaveLength(count);
        expect(hands.flat().sort((a, b) => a - b)).toEqual([...costs.keys()]);
      }),
    );
  });

  test("leaves no hand with more than one piece's cost above another", () => {
    fc.assert(
      fc.property(costsArbitrary, countArbitrary, (costs, count) => {
        const loads = loadsOf(dealOut(costs, count), costs);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(0, ...costs));
      }),
    );
  });

  test("is never far from the best of all ways to deal to two", () => {
    const few = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(few, (costs) => {
        const total = costs.reduce((sum, cost) => sum + cost, 0);
        let best = total;
        for (let subset = 0; subset < 2 ** costs.length; subset++) {
          const load = costs.reduce((sum, cost, i) => sum + (subset & (1 << i) ? cost : 0), 0);
          best = Math.min(best, Math.max(load, total - load));
        }
        // Costliest first alone stays within 7/6 of the best (Graham, 1969).
        expect(Math.max(...loadsOf(dealOut(costs, 2), costs))).toBeLessThanOrEqual((7 / 6) * best + 1e-9);
      }),
    );
  });

  test("exchanges pieces where that helps", () => {
    // Costliest first gives 3 + 2 + 2 = 7 against 3 + 2 = 5; the best is 6 against 6.
    const costs = [3, 3, 2, 2, 2];
    expect(loadsOf(dealOut(costs, 2), costs)).toEqual([6, 6]);
  });
});
