import fc from "fast-check";
import { expect, test } from "vitest";
import { pack } from "./pack.js";
import { ratio } from "./truncate-pair.js";

const special = { cls: 1, sep: 2 };

test("packs <cls> first <sep> second <sep>", () => {
  expect(pack([7, 8], [9], special, 10)).toEqual({
    ids: Int32Array.of(1, 7, 8, 2, 9, 2),
    firstLength: 4,
    truncated: false,
  });
});

test("shortens the longer text from its end", () => {
  expect(pack([11, 12, 13, 14], [21, 22], special, 8)).toEqual({
    ids: Int32Array.of(1, 11, 12, 13, 2, 21, 22, 2),
    firstLength: 5,
    truncated: true,
  });
});

test("shortens as it is told", () => {
  expect(pack([11, 12, 13, 14, 15, 16], [21, 22], special, 7, ratio).ids).toEqual(
    Int32Array.of(1, 11, 12, 13, 2, 21, 2),
  );
});

test("packs a single text as <cls> text <sep>, all of segment 0", () => {
  expect(pack([7, 8], undefined, special, 4)).toEqual({
    ids: Int32Array.of(1, 7, 8, 2),
    firstLength: 4,
    truncated: false,
  });
  expect(pack([7, 8, 9], undefined, special, 4, ratio)).toEqual({
    ids: Int32Array.of(1, 7, 8, 2),
    firstLength: 4,
    truncated: true,
  });
});

test("the layout holds for all lengths, and both texts come back out", () => {
  const ids = fc.array(fc.integer({ min: 10, max: 99 }), { maxLength: 30 });
  fc.assert(
    fc.property(ids, ids, fc.integer({ min: 5, max: 70 }), (first, second, maxLength) => {
      const packed = pack(first, second, special, maxLength);
      const segment0 = [...packed.ids.subarray(0, packed.firstLength)];
      const segment1 = [...packed.ids.subarray(packed.firstLength)];
      const keptFirst = first.slice(0, segment0.length - 2);
      const keptSecond = second.slice(0, segment1.length - 1);
      expect(segment0).toEqual([1, ...keptFirst, 2]);
      expect(segment1).toEqual([...keptSecond, 2]);
      expect(packed.ids.length).toBeLessThanOrEqual(maxLength);
      expect(packed.truncated).toBe(keptFirst.length < first.length || keptSecond.length < second.length);
      expect(packed.truncated).toBe(first.length + second.length + 3 > maxLength);
    }),
  );
});
