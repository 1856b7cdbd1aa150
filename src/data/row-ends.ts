/**
 * Where rows end in UTF-8 bytes. A line ends with LF, CR LF, CR CR LF (what a careless conversion makes of CR LF) or
 * CR. Functions for many rows give the number of leading bytes that are whole rows, 0 when not even one is; a CR
 * counts only when the bytes behind it tell that it is the whole line end.
 */

/** For formats in which a row is a line. */
export function endOfLines(bytes: Uint8Array): number {
  const end = bytes.lastIndexOf(LF) + 1;
  if (end > 0 || bytes.length < LONGEST_LINE_END) return end;
  return bytes.lastIndexOf(CR, bytes.length - LONGEST_LINE_END) + 1;
}

/** The end of the first line, or of the bytes. */
export function endOfLine(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === LF || bytes[i] === CR) return i + (lineEnd(bytes, i) || bytes.length - i);
  }
  return bytes.length;
}

/** For CSV, where a line end between quotes belongs to the field. */
export function endOfCsvRows(bytes: Uint8Array, delimiter: number): number {
  return scanCsv(bytes, delimiter, Number.POSITIVE_INFINITY);
}

/** The end of the first row of CSV, or of the bytes. */
export function endOfCsvRow(bytes: Uint8Array, delimiter: number): number {
  return scanCsv(bytes, delimiter, 1) || bytes.length;
}

/** What is wrong with the quotes of one row of CSV: one is out of place, or the last is never closed. */
export function csvFault(row: Uint8Array, delimiter: number): "misplaced" | "open" | undefined {
  let state = AT_START;
  for (const byte of row) {
    if (state === IN_QUOTES) {
      if (byte === QUOTE) state = BEHIND_QUOTE;
    } else if (byte === QUOTE) {
      if (state === IN_TEXT) return "misplaced";
      state = IN_QUOTES;
    } else if (byte === delimiter) {
      state = AT_START;
    } else if (byte === LF || byte === CR) {
      return undefined;
    } else {
      if (state === BEHIND_QUOTE) return "misplaced";
      state = IN_TEXT;
    }
  }
  return state === IN_QUOTES ? "open" : undefined;
}

/**
 * The end of the first row that is not blank, 0 when it does not end. As the delimiter is not known yet, every quote
 * opens or closes; `quotes` tells whether there are any.
 */
export function endOfHeader(bytes: Uint8Array, quotes: boolean): number {
  let blank = true;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE && quotes) quoted = !quoted;
    if (byte > SPACE) blank = false;
    else if ((byte === LF || byte === CR) && !quoted && !blank) {
      const length = lineEnd(bytes, i);
      return length === 0 ? 0 : i + length;
    }
  }
  return 0;
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const SPACE = 0x20;
const LONGEST_LINE_END = 3;

/** The bytes of the line end that begins here; 0 where bytes to come may belong to it. */
function lineEnd(bytes: Uint8Array, i: number): number {
  if (bytes[i] === LF) return 1;
  if (i + 1 === bytes.length) return 0;
  if (bytes[i + 1] === LF) return 2;
  if (bytes[i + 1] !== CR) return 1;
  if (i + 2 === bytes.length) return 0;
  return bytes[i + 2] === LF ? 3 : 1;
}

/** Where in a field of CSV a byte stands. A quote that is not at a field's beginning opens nothing (RFC 4180). */
const AT_START = 0;
const IN_TEXT = 1;
const IN_QUOTES = 2;
const BEHIND_QUOTE = 3;

/** The end of the last whole row, of at most so many. */
function scanCsv(bytes: Uint8Array, delimiter: number, maxRows: number): number {
  let state = AT_START;
  let rows = 0;
  let end = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (state === IN_QUOTES) {
      if (byte === QUOTE) state = BEHIND_QUOTE;
    } else if (byte === QUOTE) {
      state = state === IN_TEXT ? IN_TEXT : IN_QUOTES;
    } else if (byte === delimiter) {
      state = AT_START;
    } else if (byte === LF || byte === CR) {
      const length = lineEnd(bytes, i);
      if (length === 0) return end;
      state = AT_START;
      end = i + length;
      i = end - 1;
      if (++rows === maxRows) return end;
    } else {
      state = IN_TEXT;
    }
  }
  return end;
}
