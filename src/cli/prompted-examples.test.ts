import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { TextExample, Texts } from "../text/text-example.js";
import { promptedExamples } from "./prompted-examples.js";

async function ask(typed: string, texts: Texts) {
  const input = new PassThrough();
  let prompts = "";
  const asked: TextExample[] = [];
  input.end(typed);
  const write = (text: string) => {
    prompts += text;
    return true;
  };
  for await (const examples of promptedExamples(input, { write } as NodeJS.WritableStream, texts)) {
    asked.push(...examples);
  }
  return { asked, prompts };
}

test("texts are asked for one by one, and blank lines passed over", async () => {
  expect(await ask("a film\n\nanother\tone\n", 1)).toEqual({
    asked: [{ text: "a film" }, { text: "another\tone" }],
    prompts: "text> text> text> text> \n",
  });
});

test("the second text of a pair is asked for unless it follows a tab", async () => {
  expect(await ask("a\nb\nc\td\ne\n", 2)).toEqual({
    asked: [
      { text: "a", textPair: "b" },
      { text: "c", textPair: "d" },
    ],
    prompts: "first text> second text> first text> first text> second text> \n",
  });
});
