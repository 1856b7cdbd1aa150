/** Where the elements of a JSON array are in its bytes, told by brackets, commas and quotes without reading the elements. */

/** Whether bytes begin an array. */
export function beginsArray(bytes: Uint8Array): boolean {
  return bytes.find((byte) => !BLANK.includes(byte)) === OPEN_BRACKET;
}

/** A piece of an array: an element with the comma or the bracket behind it. */
export interface ArrayPiece {
  /** Where the element begins, without what opens the array. */
  readonly start: number;
  /** Behind the element. */
  readonly end: number;
  /** Behind the comma, or the bracket, that ends it; `undefined` where it does not end. */
  readonly next: number | undefined;
  /** Whether the array ends with it. */
  readonly isLast: boolean;
}

/**
 * The pieces one after another; the last may not end.
 * @param bytes of an array, from its beginning on or from that of an element
 * @param begun whether the bracket that opens the array has come before
 */
export function* arrayPieces(
  bytes: Uint8Array,
  { begun }: { readonly begun: boolean },
): Generator<ArrayPiece> {
  let start = begun ? 0 : bytes.indexOf(OPEN_BRACKET) + 1;
  let depth = 0;
  let quoted = false;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (quoted) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth++;
    else if (depth > 0) {
      if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--;
    } else if (byte === COMMA || byte === CLOSE_BRACKET) {
      yield { start, end: i, next: i + 1, isLast: byte === CLOSE_BRACKET };
      if (byte === CLOSE_BRACKET) return;
      start = i + 1;
    }
  }
  if (start < bytes.length) yield { start, end: bytes.length, next: undefined, isLast: false };
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];
const BLANK: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];
