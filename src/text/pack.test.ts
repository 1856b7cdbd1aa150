import fc from "fast-check";
import { expect, test } from "vitest";
import { bertTemplate, pack, specialTokens, type Template } from "./pack.js";
import { onlyFirst, ratio } from "./truncate-pair.js";

const special = bertTemplate({ cls: 1, sep: 2 });

test("packs <cls> first <sep> second <sep>", () => {
  expect(pack([7, 8], [9], special, 10)).toEqual({
    ids: Int32Array.of(1, 7, 8, 2, 9, 2),
    firstLength: 4,
    truncated: false,
    empty: false,
  });
});

test("shortens the longer text from its end", () => {
  expect(pack([11, 12, 13, 14], [21, 22], special, 8)).toEqual({
    ids: Int32Array.of(1, 11, 12, 13, 2, 21, 22, 2),
    firstLength: 5,
    truncated: true,
    empty: false,
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
    empty: false,
  });
  expect(pack([7, 8, 9], undefined, special, 4, ratio)).toEqual({
    ids: Int32Array.of(1, 7, 8, 2),
    firstLength: 4,
    truncated: true,
    empty: false,
  });
});

test("packs as RoBERTa does: two tokens between the texts, and a single segment", () => {
  const roberta: Template = {
    single: { before: [0], after: [2] },
    pair: { before: [0], between: [2, 2], after: [2], secondSegment: 0 },
  };
  expect(specialTokens(roberta, 2)).toBe(4);
  expect(pack([7, 8], [9], roberta, 6)).toEqual({
    ids: Int32Array.of(0, 7, 2, 2, 9, 2),
    firstLength: 6,
    truncated: true,
    empty: false,
  });
});

test("tells of a text without a token", () => {
  expect(pack([], undefined, special, 4).empty).toBe(true);
  expect(pack([7], [], special, 4).empty).toBe(true);
});

test("shortens the first text alone, as long as a token of it stays", () => {
  expect(pack([11, 12, 13, 14], [21, 22], special, 7, onlyFirst).ids).toEqual(
    Int32Array.of(1, 11, 12, 2, 21, 22, 2),
  );
  expect(pack([11, 12], [21, 22, 23], special, 5, onlyFirst).ids).toEqual(Int32Array.of(1, 11, 2, 21, 2));
  expect(pack([11, 12, 13], undefined, special, 4, onlyFirst).ids).toEqual(Int32Array.of(1, 11, 12, 2));
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
