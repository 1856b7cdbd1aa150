/**
 * A text as one line that shows what is in it. Whatever a terminal obeys or that has no shape of its own (C0 and C1
 * controls, line separators, marks that turn the direction of writing, lone surrogates) stands as JSON escapes it:
 * U+001B is `\u001b`. So JSON without line breaks stays the same JSON.
 */
export function printable(text: string): string {
  return text.replaceAll(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff\ufffe\uffff]/gu;
