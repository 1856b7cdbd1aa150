import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseTokenizer } from "./parse-tokenizer.js";

const open = (name: string) => {
  const path = new URL(`../../../test/fixtures/hugging-face/${name}/tokenizer.json`, import.meta.url);
  return parseTokenizer(readFileSync(path, "utf8"), name);
};

test.each(["roberta", "xlm-roberta", "bert-gelu"])("%s takes a text of any length and kind apart", (name) => {
  const tokenizer = open(name);
  for (const unit of ["a", "漢", "\u0301", " <mask> ", "👩‍👧"]) {
    const ids = tokenizer.ids(unit.repeat(150_000 / unit.length));
    expect(
      ids.every((id) => id < tokenizer.size),
      JSON.stringify(unit),
    ).toBe(true);
  }
});

test("a grapheme is one wherever in a long text it stands", () => {
  const tokenizer = open("xlm-roberta");
  expect(tokenizer.ids("e\u0301".repeat(3000))).toEqual(tokenizer.ids("é".repeat(3000)));
  expect(tokenizer.ids(`x${"e\u0301".repeat(3000)}`)).toEqual(tokenizer.ids(`x${"é".repeat(3000)}`));
});
