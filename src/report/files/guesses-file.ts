import type { GuessedExample } from "../../metrics/guesses.js";
import * as json from "../../text/json-reader.js";
import { printable } from "../../text/printable.js";
import { parseJsonLines } from "./json-lines.js";

/** Digits of a guess; more would say nothing of the model. */
const DIGITS = 6;

/** The bytes of predictions.jsonl where answers are numbers: a line for each example, in the order of the data. */
export function formatGuesses(guesses: readonly GuessedExample[]): Uint8Array {
  return Buffer.concat(
    guesses.map(({ guessedNumber, ...known }) => {
      const guess = { ...known, guessedNumber: Number(guessedNumber.toPrecision(DIGITS)) };
      return Buffer.from(`${printable(JSON.stringify(guess))}\n`);
    }),
  );
}

/** @throws TunebertError, with `path` and the line, when a line is not what {@link formatGuesses} writes */
export function parseGuesses(text: string, path: string): GuessedExample[] {
  return parseJsonLines(text, path, readGuess);
}

const readGuess = json.object<GuessedExample>({
  text: json.string,
  textPair: json.optional(json.string),
  trueNumber: json.number,
  guessedNumber: json.number,
});
