import { describe, expect, test } from "vitest";
import {
  checkOptions,
  defaultsOf,
  flagOf,
  type GivenOptions,
  type OptionValues,
  option,
  required,
  reworded,
  settingsOf,
} from "./option.js";
import { choice, count, fraction, positiveNumber, text, texts, wholeNumber, yesNo } from "./option-kinds.js";

const cake = {
  tierCount: option(count, { default: 2, help: "tiers", inFingerprint: true }),
  icing: option(choice(["plain", "pink", "none"]), { default: "plain", help: "colour", inFingerprint: true }),
  sugar: option(positiveNumber, { help: "grams", defaultText: "to taste", inFingerprint: true }),
  candles: option(yesNo, { default: true, help: "put no candles on it" }),
  toGo: option(yesNo, { default: false, help: "pack it" }),
  forWhom: required(text("who"), { help: "a name" }),
};

describe("checkOptions", () => {
  test("fills in what is not given, also where that is said", () => {
    const given: GivenOptions<typeof cake> = { forWhom: "Ada", tierCount: undefined, candles: false };
    const values: OptionValues<typeof cake> = checkOptions(cake, given);
    expect(values).toEqual({ ...defaultsOf(cake), forWhom: "Ada", candles: false });
    expect(values).toMatchObject({ tierCount: 2, icing: "plain", sugar: undefined, toGo: false });
  });

  test.each([
    [{ tierCount: 0 }, "tierCount is 0; it must be a whole number of at least 1"],
    [{ icing: "blue" }, "icing is blue; it must be plain, pink or none"],
    [{ icing: " " }, 'icing is " "; it must be plain, pink or none'],
    [{ icing: ["pink"] }, "icing is an object; it must be plain, pink or none"],
    [{ sugar: null }, "sugar is null; it must be a number above 0"],
    [{ candles: "no" }, "candles is no; it must be true or false"],
  ])("refuses %j", (given, message) => {
    expect(() => checkOptions(cake, given as object)).toThrow(message);
  });

  test("leaves out what is no option of these", () => {
    const given = { forWhom: "Ada", colour: "red" };
    expect(Object.keys(checkOptions(cake, given))).toEqual(Object.keys(cake));
  });
});

test("a flag follows from the name, and from what is done by default", () => {
  const flags = Object.entries(cake).map(([name, one]) => flagOf(name, one));
  expect(flags).toEqual([
    ...["--tier-count <n>", "--icing <name>", "--sugar <x>", "--no-candles", "--to-go", "--for-whom <who>"],
  ]);
});

test("settings are those of the fingerprint, with null for what has no value", () => {
  expect(settingsOf(cake, defaultsOf(cake))).toEqual({ tierCount: 2, icing: "plain", sugar: null });
});

test("reworded is the same but for what it says", () => {
  const { help, ...same } = cake.tierCount;
  expect(reworded(cake.tierCount, "storeys")).toEqual({ ...same, help: "storeys" });
});

test.each([
  ["a count", count, "12", 12],
  ["digits of full width", count, "１２", undefined],
  ["more than a number can tell", wholeNumber(), "9007199254740993", undefined],
  ["an exponent", positiveNumber, "5e-4", 5e-4],
  ["nothing for a number", fraction, " ", undefined],
  ["nearly all", fraction, "0.999", 0.999],
  ["all", fraction, "1", undefined],
  ["an infinity", positiveNumber, "Infinity", undefined],
  ["a text", text("x"), "", ""],
])("%s is read as typed", (_, kind, typed, value) => {
  const read = kind.parse(typed, undefined as never);
  expect(kind.fits(read) ? read : undefined).toBe(value);
});

test("texts are collected", () => {
  expect(texts("x").parse("b", ["a"])).toEqual(["a", "b"]);
  expect(texts("x").fits(["a", 1])).toBe(false);
});
