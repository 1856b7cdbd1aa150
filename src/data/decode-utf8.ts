import { TunebertError } from "../error.js";

/** Every byte counts: a U+FEFF at the start of a block in mid-file is text. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes a block of whole lines.
 * @param place the row and the byte offset in the file at which the block begins, for the error
 * @throws TunebertError when a byte sequence is not UTF-8; it names the first row that holds one
 */
export function decodeUtf8(
  bytes: Uint8Array,
  fileName: string,
  place: { readonly row: number; readonly offset: number },
): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    const bad = firstBadLine(bytes);
    throw new TunebertError(
      `${fileName}: row ${place.row + bad.line}, which begins at byte ${place.offset + bad.start}, is not valid ` +
        "UTF-8; save the file as UTF-8",
      { cause },
    );
  }
}

function firstBadLine(bytes: Uint8Array): { line: number; start: number } {
  let start = 0;
  for (let line = 0; ; line++) {
    const newline = bytes.indexOf(0x0a, start);
    if (newline < 0 || !isUtf8(bytes.subarray(start, newline))) return { line, start };
    start = newline + 1;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
