import { describe, expect, test } from "vitest";
import { BadRequest, readQuestions, TooLarge } from "./questions.js";

const pairs = { texts: 2, maxExamples: 3, maxCharacters: 10 } as const;
const singles = { ...pairs, texts: 1 } as const;
const read = (body: unknown, limits: typeof pairs | typeof singles = pairs) =>
  readQuestions(JSON.stringify(body), limits);

describe("tunebert's own form", () => {
  test("one or several, of as many texts as the model reads", () => {
    const question = { text: "a", textPair: "b" };
    expect(read(question)).toEqual({ questions: [question], isList: false });
    expect(read([question, question])).toEqual({ questions: [question, question], isList: true });
    expect(read({ text: "" }, singles)).toEqual({ questions: [{ text: "" }], isList: false });
  });

  test.each([
    ["no object", 7, "the body: it is 7; expected an object such as"],
    ["no text", {}, "text is missing; expected text"],
    ["a number", [{ text: 1, textPair: "b" }], "[0].text is 1; expected text"],
    ["no second", { text: "a" }, "textPair is missing; expected text, since the model answers two"],
    ["an empty list", [], "the list is empty"],
    ["what every object inherits", { text: "a", textPair: { toString: 1 } }, "textPair is"],
  ])("%s", (_, body, message) => {
    expect(() => read(body)).toThrow(BadRequest);
    expect(() => read(body)).toThrow(message);
  });

  test("a second text too many", () => {
    expect(() => read({ text: "a", textPair: "b" }, singles)).toThrow(
      "expected nothing, since the model answers one",
    );
  });

  test("no JSON, and JSON that is deep", () => {
    expect(() => readQuestions("{", pairs)).toThrow(/^the body is not JSON/);
    expect(() => readQuestions("[".repeat(500_000), pairs)).toThrow(BadRequest);
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(() => readQuestions(deep, pairs)).toThrow("nested more than 100 levels deep");
  });

  test("too many, and too long", () => {
    expect(() => read(Array(4).fill({ text: "a", textPair: "b" }))).toThrow(TooLarge);
    expect(() => read({ text: "a", textPair: "b".repeat(11) })).toThrow(
      "textPair has 11 characters; at most 10 are read",
    );
  });
});

describe("the form of text-embeddings-inference", () => {
  const tei = { rawScores: false, truncate: false };
  const ask = (text: string, textPair?: string) => (textPair === undefined ? { text } : { text, textPair });

  test.each([
    ["a text", "a", [ask("a")], false],
    ["lists of one", [["a"], ["b"]], [ask("a"), ask("b")], true],
    ["a batch", ["a", "b"], [ask("a"), ask("b")], true],
  ])("%s, where the model reads one", (_, inputs, questions, isList) => {
    expect(read({ inputs }, singles)).toEqual({ questions, isList, tei });
  });

  test.each([
    ["a flat list of two is a pair", ["a", "b"], [ask("a", "b")], false],
    [
      "nested lists are a batch",
      [
        ["a", "b"],
        ["c", "d"],
      ],
      [ask("a", "b"), ask("c", "d")],
      true,
    ],
  ])("%s, where the model reads two", (_, inputs, questions, isList) => {
    expect(read({ inputs })).toEqual({ questions, isList, tei });
  });

  test("its options", () => {
    expect(read({ inputs: "a", raw_scores: true, truncate: true }, singles).tei).toEqual({
      ...{ rawScores: true, truncate: true },
    });
    expect(read({ inputs: "a", raw_scores: null, truncate: null }, singles).tei).toEqual(tei);
    expect(() => read({ inputs: "a", raw_scores: 1 }, singles)).toThrow(
      "raw_scores is 1; expected true or false",
    );
  });

  test.each([
    ["a text for a model of pairs", "a", "inputs is"],
    ["three texts", ["a", "b", "c"], "inputs[0] is"],
    ["one text among pairs", [["a", "b"], ["c"]], "inputs[1] is"],
    ["numbers", [1, 2], "inputs[0] is 1"],
    ["nothing", [], "the list is empty"],
    ["none", null, "inputs is null"],
    ["too deep", [[["a"]]], "inputs[0][0] is"],
  ])("%s is refused", (_, inputs, message) => {
    expect(() => read({ inputs })).toThrow(message);
  });
});
