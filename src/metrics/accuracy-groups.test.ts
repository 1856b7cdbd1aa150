import fc from "fast-check";
import { expect, test } from "vitest";
import { groupsOfEqualSize, groupsUpTo } from "./accuracy-groups.js";

test("groupsOfEqualSize cuts where the sizes come closest, and counts what is right", () => {
  const correct = [true, false, true, true, false, true];
  expect(groupsOfEqualSize([4, 9, 2, 7, 5, 30], correct, 3)).toEqual([
    { from: 2, to: 4, examples: 2, correct: 2 },
    { from: 5, to: 7, examples: 2, correct: 1 },
    { from: 9, to: 30, examples: 2, correct: 1 },
  ]);
});

test("groupsOfEqualSize keeps equal values together", () => {
  expect(groupsOfEqualSize([3, 3, 3, 3, 8], [true, true, true, false, true], 4)).toEqual([
    { from: 3, to: 3, examples: 4, correct: 3 },
    { from: 8, to: 8, examples: 1, correct: 1 },
  ]);
});

test("groupsUpTo takes a value up to its group's end, and leaves out groups without examples", () => {
  expect(groupsUpTo([0.2, 0.4, 1], [0.2, 0, 0.5, 1], [true, false, true, true])).toEqual([
    { from: 0, to: 0.2, examples: 2, correct: 1 },
    { from: 0.5, to: 1, examples: 2, correct: 2 },
  ]);
});

test("every example is in one group", () => {
  const examples = fc.array(fc.tuple(fc.nat(50), fc.boolean()), { minLength: 1 });
  fc.assert(
    fc.property(examples, fc.integer({ min: 1, max: 8 }), (pairs, count) => {
      const groups = groupsOfEqualSize(
        pairs.map(([value]) => value),
        pairs.map(([, right]) => right),
        count,
      );
      const total = (name: "examples" | "correct") => groups.reduce((sum, group) => sum + group[name], 0);
      expect(groups.length).toBeLessThanOrEqual(count);
      expect(total("examples")).toBe(pairs.length);
      expect(total("correct")).toBe(pairs.filter(([, right]) => right).length);
      for (const [i, { from }] of groups.slice(1).entries()) expect(from).toBeGreaterThan(groups[i]!.to);
    }),
  );
});

test("groupsUpTo refuses a value beyond the last group; no values have no groups", () => {
  expect(() => groupsUpTo([2, 5], [1, 6], [true, true])).toThrow(
    "no group takes the value 6; the last ends at 5",
  );
  expect(groupsOfEqualSize([], [], 3)).toEqual([]);
});
