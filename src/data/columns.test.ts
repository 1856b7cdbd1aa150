import { describe, expect, test } from "vitest";
import { findColumns } from "./columns.js";

describe("the texts", () => {
  test.each([
    [["premise", "hypothesis"]],
    [["sentence1", "sentence2"]],
    [["Sentence1 ", " SENTENCE2"]],
    [["sentence_1", "Sentence 2"]],
    [["text_a", "text_b"]],
    [["text1", "text2"]],
    [["question1", "question2"]],
    [["text", "text_pair"]],
    [["Query", "Passage"]],
    [["#1 String", "#2 String"]],
  ])("%j are found by themselves, wherever they stand", ([first, second]) => {
    expect(findColumns(["id", second!, first!, "x"], {})).toEqual({
      text: 2,
      textPair: 1,
      label: undefined,
    });
  });

  test("come from one pair of names", () => {
    expect(() => findColumns(["premise", "sentence2"], {})).toThrow(
      /no columns for the texts: expected premise and hypothesis, .*found: premise, sentence2\. Name the right/,
    );
    expect(() => findColumns(["text1", "query", "text2", "passage"], {})).toThrow(
      /the texts could be text1 and text2, or query and passage\. Name the right ones as textColumn/,
    );
  });

  test("of which one is named, take its partner, else the first that is known", () => {
    const found = ["premise", "hypothesis", "question1", "question2", "other"];
    expect(findColumns(found, { premiseColumn: "Question1" })).toMatchObject({ text: 2, textPair: 3 });
    expect(findColumns(found, { hypothesisColumn: "other" })).toMatchObject({ text: 0, textPair: 4 });
    expect(() => findColumns(["a", "b"], { hypothesisColumn: "a" })).toThrow(
      /no column "premise"; found: a, b\. Name the right one as textColumn/,
    );
  });
});

describe("a single text", () => {
  test.each(["text", "Sentence", "review", " QUESTION"])("is found by itself in %j", (name) => {
    expect(findColumns(["id", name, "label"], {})).toEqual({ text: 1, textPair: undefined, label: 2 });
  });

  test("is found where its column is named and none goes with it", () => {
    const single = { textPair: undefined };
    expect(findColumns(["a", "b"], { premiseColumn: "a" })).toMatchObject({ text: 0, ...single });
    expect(findColumns(["premise", "hypothesis"], { premiseColumn: "hypothesis" })).toMatchObject({
      text: 1,
      ...single,
    });
  });

  test("is not taken where there could be a pair", () => {
    expect(findColumns(["review", "text", "text_pair"], {})).toMatchObject({ text: 1, textPair: 2 });
    expect(findColumns(["text", "text_pair"], { premiseColumn: "text" })).toMatchObject({ textPair: 1 });
    for (const found of [
      ["question", "sentence"],
      ["text", "hypothesis"],
      ["premise", "label"],
    ]) {
      expect(() => findColumns(found, {})).toThrow(
        /or one of text, sentence, review, question alone; .*, a single one as textColumn$/,
      );
    }
  });
});

describe("a name that was given", () => {
  test("is looked for exactly, and only then in any case", () => {
    const found = ["TEXT", "text", "B"];
    expect(findColumns(found, { premiseColumn: "text", hypothesisColumn: "b" })).toMatchObject({
      text: 1,
      textPair: 2,
    });
    expect(() => findColumns(found, { premiseColumn: "Text", hypothesisColumn: "b" })).toThrow(
      'several columns could be meant by "Text": "TEXT" and "text"',
    );
  });

  test("that two columns bear is refused", () => {
    expect(() => findColumns(["a", "a", "b"], { premiseColumn: "a", hypothesisColumn: "b" })).toThrow(
      'several columns could be meant by "a": "a" and "a"; rename or delete all but one',
    );
  });
});

describe("the label", () => {
  test.each(["label", "gold_label", "labels", "Class", "target", "Quality", "is_duplicate", " LABEL "])(
    "%j is found by itself",
    (name) => {
      expect(findColumns(["premise", "hypothesis", name], {}).label).toBe(2);
    },
  );

  test("is label where there is one, then gold_label", () => {
    expect(findColumns(["premise", "hypothesis", "class", "gold_label", "label"], {}).label).toBe(4);
    expect(findColumns(["premise", "hypothesis", "class", "Gold Label", "target"], {}).label).toBe(3);
    expect(() => findColumns(["premise", "hypothesis", "class", "target"], {})).toThrow(
      "the label could be class or target. Name the right one as labelColumn",
    );
  });
});

test("errors list so many names and no more", () => {
  const many = Array.from({ length: 1000 }, (_, i) => `column ${i}`);
  expect(() => findColumns(many, {})).toThrow(/found: column 0, .*column 19 and 980 more\. Name/);
  expect(() => findColumns(Array(20_000).fill("a"), {})).toThrow(/20000 columns; .* at most 16384/);
});

describe("a number that was given", () => {
  test("counts from 1, where no column bears it as its name", () => {
    expect(findColumns(["a", "b", "c"], { textColumn: "2", textPairColumn: "1", labelColumn: "3" })).toEqual({
      ...{ text: 1, textPair: 0, label: 2 },
    });
    expect(findColumns(["2", "1"], { textColumn: "1" })).toMatchObject({ text: 1 });
  });

  test.each(["0", "3", "-1", "1.5"])("is refused where there is no such column: %s", (textColumn) => {
    expect(() => findColumns(["a", "b"], { textColumn })).toThrow(`no column "${textColumn}"; found: a, b`);
  });
});

test("an option is given under one of its names", () => {
  expect(() => findColumns(["a", "b"], { textColumn: "a", premiseColumn: "b" })).toThrow(
    "textColumn and premiseColumn are two names of one option; give one of them",
  );
});
