import type { Kind } from "./option.js";

/** What options may be that are nothing special. */

/** A whole number from some least one. */
export function wholeNumber(least = 0): Kind<number> {
  return {
    expected: least === 0 ? "a whole number" : `a whole number of at least ${least}`,
    placeholder: "n",
    fits: (value): value is number => Number.isSafeInteger(value) && (value as number) >= least,
    parse: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
  };
}

/** How many there are of something that there must be. */
export const count = wholeNumber(1);

export const positiveNumber = number("a number above 0", "x", (value) => value > 0);

export const numberFromZero = number("a number of at least 0", "x", (value) => value >= 0);

/** A part of a whole, but not all of it. */
export const fraction = number(
  "a number from 0 up to, but not including, 1",
  "p",
  (value) => value >= 0 && value < 1,
);

/** A finite number in a range. */
function number(expected: string, placeholder: string, isWithin: (value: number) => boolean): Kind<number> {
  return {
    expected,
    placeholder,
    fits: (value): value is number => Number.isFinite(value) && isWithin(value as number),
    parse: (text) => (text.trim() === "" ? undefined : Number(text)),
  };
}

/** One of a few names. */
export function choice<Name extends string>(choices: readonly Name[], placeholder = "name"): Kind<Name> {
  return {
    expected: `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`,
    placeholder,
    choices,
    fits: (value): value is Name => choices.includes(value as Name),
    parse: (text) => text,
  };
}

/** Something that is done or not. */
export const yesNo: Kind<boolean> = {
  expected: "true or false",
  placeholder: undefined,
  fits: (value) => typeof value === "boolean",
  parse: (text) => ({ true: true, false: false })[text],
};

/** Any text, such as the name of a file. */
export function text(placeholder: string): Kind<string> {
  return {
    expected: "a text",
    placeholder,
    fits: (value) => typeof value === "string",
    parse: (typed) => typed,
  };
}

/** Texts, each given by itself. */
export function texts(placeholder: string): Kind<readonly string[]> {
  return {
    expected: "a list of texts",
    placeholder,
    fits: (value): value is readonly string[] =>
      Array.isArray(value) && value.every((one) => typeof one === "string"),
    parse: (typed, before) => [...(before ?? []), typed],
  };
}
