/** Every byte counts: a U+FEFF at the start of a block in mid-file is text. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of whole rows; `undefined` when a byte sequence is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
