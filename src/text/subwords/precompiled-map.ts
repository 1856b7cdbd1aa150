import { TunebertError } from "../../error.js";

/**
 * Reads SentencePiece's precompiled map of characters (`precompiled_charsmap`: a double array of keys in UTF-8, and the texts
 * that stand for them) and applies it as Rust's `tokenizers` does: to a grapheme of fewer than 6 bytes as a whole, else to each
 * of its characters; what stands for a text is what stands for the shortest key that it begins with.
 * @param base64 the map
 * @throws TunebertError, with `place`, when it is no such map
 */
export function readPrecompiledMap(base64: string, place: string): (text: string) => string {
  const map = new PrecompiledMap(Buffer.from(base64, "base64"), place);
  const ascii = Array.from({ length: 128 }, (_, code) => map.one(String.fromCharCode(code)));
  const keepsAscii = ascii.every(
    (text, code) => code < 32 || code === 127 || text === String.fromCharCode(code),
  );
  return (text) => {
    if (keepsAscii && PRINTABLE_ASCII.test(text)) return text;
    if (ASCII.test(text)) return Array.from(text, (character) => ascii[character.charCodeAt(0)]).join("");
    let result = "";
    for (const grapheme of graphemesOf(text)) result += map.grapheme(grapheme);
    return result;
  };
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Each character of which is a grapheme of its own. */
const ASCII = /^(?:(?!\r)\p{ASCII})*$/u;
const LONGEST_WHOLE = 6;
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** Code units that are taken apart at a time: V8 takes time in proportion to the square of their number. */
const WINDOW = 1024;

function* graphemesOf(text: string): Generator<string> {
  let window = WINDOW;
  for (let start = 0; start < text.length; ) {
    const part = text.slice(start, start + window);
    const isLast = start + window >= text.length;
    let end = 0;
    for (const { segment, index } of graphemes.segment(part)) {
      // The last one may go on behind the window.
      if (!isLast && index + segment.length === part.length) break;
      yield segment;
      end = index + segment.length;
    }
    // A grapheme as long as the window needs a larger one.
    window = end === 0 ? 2 * window : WINDOW;
    start += end;
  }
}

class PrecompiledMap {
  readonly #units: Uint32Array;
  readonly #texts: Buffer;

  constructor(bytes: Buffer, place: string) {
    const size = bytes.length < 4 ? Number.NaN : bytes.readUInt32LE(0);
    if (!(size % 4 === 0 && size > 0 && 4 + size <= bytes.length)) {
      throw new TunebertError(`${place} is no map of characters: its size is not that of its parts`);
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
    this.#texts = bytes.subarray(4 + size);
  }

  grapheme(text: string): string {
    if (Buffer.byteLength(text) < LONGEST_WHOLE) {
      const whole = this.#find(text);
      if (whole !== undefined) return whole;
    }
    let result = "";
    for (const character of text) result += this.one(character);
    return result;
  }

  one(character: string): string {
    return this.#find(character) ?? character;
  }

  /** What stands for the shortest key that a text begins with; units are those of Darts-clone. */
  #find(text: string): string | undefined {
    let place = 0;
    let unit = this.#units[0] ?? 0;
    place ^= offset(unit);
    for (const byte of Buffer.from(text)) {
      if (byte === 0) return undefined;
      place ^= byte;
      unit = this.#units[place] ?? 0;
      if ((unit & LABEL) >>> 0 !== byte) return undefined;
      place ^= offset(unit);
      if ((unit >>> 8) & 1) return this.#textAt((this.#units[place] ?? 0) & VALUE);
    }
    return undefined;
  }

  #textAt(start: number): string {
    const end = this.#texts.indexOf(0, start);
    return this.#texts.toString("utf8", start, end < 0 ? undefined : end);
  }
}

const LABEL = 0x800000ff;
const VALUE = 0x7fffffff;

function offset(unit: number): number {
  return ((unit >>> 10) << ((unit & (1 << 9)) >>> 6)) >>> 0;
}
