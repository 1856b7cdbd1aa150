import fc from "fast-check";
import { expect, test } from "vitest";
import { TokenCounter } from "./token-counter.js";
import { Vocabulary } from "./vocabulary.js";

test("final ids are those of the vocabulary built from the same counts", () => {
  const tokens = fc.array(
    fc.constantFrom("a", "b", "cat", "<sep>", "<unk>", "\u{1f600}", "averyveryverylongtoken"),
  );
  fc.assert(
    fc.property(tokens, fc.integer({ min: 1, max: 3 }), (text, minFrequency) => {
      const counter = new TokenCounter("book");
      const provisional = counter.ids(text.join(" "));
      const { vocabulary, finalIds } = counter.finish(minFrequency);

      const counts = new Map<string, number>();
      for (const token of text) counts.set(token, (counts.get(token) ?? 0) + 1);
      const expected = Vocabulary.build(counts, minFrequency);
      expect(vocabulary.toJSON()).toEqual(expected.toJSON());
      expect(provisional.map((id) => finalIds[id])).toEqual(text.map((token) => expected.id(token)));
      const { ids } = counter.pack([], [], 5, "ratio");
      expect(Array.from(ids, (id) => finalIds[id])).toEqual([expected.cls, expected.sep, expected.sep]);
    }),
  );
});
