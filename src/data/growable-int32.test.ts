import fc from "fast-check";
import { expect, test } from "vitest";
import { GrowableInt32 } from "./growable-int32.js";

test("holds what was pushed and appended, in order", () => {
  const piece = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 6, max: 1500 }));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const grown = new GrowableInt32();
      const expected: number[] = [];
      for (const item of pieces) {
        if (item <= 5) {
          grown.push(item);
          expected.push(item);
        } else {
          const items = Int32Array.from({ length: item }, (_, i) => i);
          grown.append(items);
          expected.push(...items);
        }
      }
      expect(grown.length).toBe(expected.length);
      expect(grown.toArray()).toEqual(Int32Array.from(expected));
    }),
    { numRuns: 30 },
  );
});
