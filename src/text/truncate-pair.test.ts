import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { checkTruncation, longestFirst, ratio, truncations } from "./truncate-pair.js";

const length = fc.oneof(fc.nat(12), fc.nat(1000));
const pair = [length, length, length] as const;
const sum = ([first, second]: readonly [number, number]) => first + second;

describe.each(Object.entries(truncations))("%s", (_, truncate) => {
  test("never exceeds the limit, never lengthens a text, drops no more than it must", () => {
    fc.assert(
      fc.property(...pair, (first, second, limit) => {
        const [keptFirst, keptSecond] = truncate(first, second, limit);
        expect(keptFirst + keptSecond).toBe(Math.min(first + second, limit));
        for (const [kept, whole] of [
          [keptFirst, first],
          [keptSecond, second],
        ] as const) {
          expect(Number.isInteger(kept)).toBe(true);
          expect(kept).toBeGreaterThanOrEqual(0);
          expect(kept).toBeLessThanOrEqual(whole);
        }
      }),
    );
  });

  test("never empties a text when there is room for two tokens", () => {
    fc.assert(
      fc.property(length, length, fc.integer({ min: 2, max: 1000 }), (first, second, limit) => {
        const [keptFirst, keptSecond] = truncate(first, second, limit);
        expect(keptFirst).toBeGreaterThanOrEqual(Math.min(1, first));
        expect(keptSecond).toBeGreaterThanOrEqual(Math.min(1, second));
      }),
    );
  });

  test("keeps no less of either text when the limit grows, and no less of a text that grows", () => {
    fc.assert(
      fc.property(...pair, (first, second, limit) => {
        const [keptFirst, keptSecond] = truncate(first, second, limit);
        const roomier = truncate(first, second, limit + 1);
        expect(roomier[0]).toBeGreaterThanOrEqual(keptFirst);
        expect(roomier[1]).toBeGreaterThanOrEqual(keptSecond);
        expect(truncate(first + 1, second, limit)[0]).toBeGreaterThanOrEqual(keptFirst);
        expect(truncate(first, second + 1, limit)[1]).toBeGreaterThanOrEqual(keptSecond);
      }),
    );
  });

  test("keeps both texts whole when they fit", () => {
    fc.assert(
      fc.property(...pair, (first, second, room) => {
        expect(truncate(first, second, first + second + room)).toEqual([first, second]);
      }),
    );
  });
});

describe("longest first", () => {
  test.each([
    [3, 4, 7, 3, 4],
    [9, 2, 7, 5, 2],
    [2, 9, 7, 2, 5],
    [9, 9, 6, 3, 3],
    [9, 9, 7, 4, 3],
    [0, 9, 4, 0, 4],
  ])("of %i and %i tokens, %i keeps %i and %i", (first, second, limit, keptFirst, keptSecond) => {
    expect(longestFirst(first, second, limit)).toEqual([keptFirst, keptSecond]);
  });

  test("equals dropping one token at a time", () => {
    const short = fc.nat(60);
    fc.assert(
      fc.property(short, short, short, (first, second, limit) => {
        expect(longestFirst(first, second, limit)).toEqual(dropOneByOne(first, second, limit));
      }),
    );
  });
});

describe("ratio", () => {
  test.each([
    [3, 4, 7, 3, 4],
    [20, 10, 15, 10, 5],
    [10, 20, 15, 5, 10],
    // 3.5 and 1.5: the shorter text gets the token in doubt
    [14, 6, 5, 3, 2],
    [6, 14, 5, 2, 3],
    // 3.5 each: the first gets it
    [9, 9, 7, 4, 3],
    // 0.06 of two tokens is not nothing
    [97, 3, 2, 1, 1],
    [97, 3, 1, 1, 0],
    [0, 9, 4, 0, 4],
    [0, 9, 1, 0, 1],
    [5, 7, 0, 0, 0],
  ])("of %i and %i tokens, %i keeps %i and %i", (first, second, limit, keptFirst, keptSecond) => {
    expect(ratio(first, second, limit)).toEqual([keptFirst, keptSecond]);
  });

  test("no other way to fill the limit is nearer to the original ratio", () => {
    const few = fc.nat(60);
    fc.assert(
      fc.property(few, few, few, (first, second, limit) => {
        const kept = ratio(first, second, limit);
        // |kept / sum(kept) - first / (first + second)| without fractions
        const deviation = (keptFirst: number) => Math.abs(keptFirst * (first + second) - first * sum(kept));
        for (const other of otherWays(first, second, sum(kept))) {
          expect(deviation(kept[0])).toBeLessThanOrEqual(deviation(other));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("swapping texts of different lengths swaps what is kept", () => {
    fc.assert(
      fc.property(...pair, (first, second, limit) => {
        fc.pre(first !== second);
        expect(ratio(second, first, limit)).toEqual([...ratio(first, second, limit)].reverse());
      }),
    );
  });

  test("equals longest-first where it has to: nothing is cut, or both texts are equally long", () => {
    fc.assert(
      fc.property(...pair, (first, second, limit) => {
        expect(ratio(first, first, limit)).toEqual(longestFirst(first, first, limit));
        const room = first + second + limit;
        expect(ratio(first, second, room)).toEqual(longestFirst(first, second, room));
      }),
    );
  });

  test("cuts the shorter text no less than longest-first does", () => {
    fc.assert(
      fc.property(...pair, (first, second, limit) => {
        fc.pre(first < second);
        expect(ratio(first, second, limit)[0]).toBeLessThanOrEqual(longestFirst(first, second, limit)[0]);
      }),
    );
  });
});

test("names are checked, and those of an object's own methods are none", () => {
  expect(checkTruncation("ratio")).toBe("ratio");
  for (const name of ["first", "toString", "__proto__", 1, null, undefined, ["ratio"]]) {
    expect(() => checkTruncation(name)).toThrow(TunebertError);
  }
  expect(() => checkTruncation("first")).toThrow(
    'truncation is "first"; it must be longest-first, ratio or only-first',
  );
});

function dropOneByOne(first: number, second: number, limit: number): [number, number] {
  while (first + second > limit) {
    if (first > second) first--;
    else second--;
  }
  return [first, second];
}

/** What may be kept of the first text when `total` tokens stay and no text with tokens loses all of them. */
function otherWays(first: number, second: number, total: number): number[] {
  const leastFirst = total >= 2 ? Math.min(1, first) : 0;
  const leastSecond = total >= 2 ? Math.min(1, second) : 0;
  return Array.from({ length: total + 1 }, (_, kept) => kept).filter(
    (kept) => kept >= leastFirst && kept <= first && total - kept >= leastSecond && total - kept <= second,
  );
}
