import { TunebertError } from "../error.js";

/**
 * Tells files that are no text, or text in encodings that are not read, by their first bytes: four are enough for the
 * encodings, 15 for the formats.
 * @throws TunebertError that names what the file is, and says what to do
 */
export function requireText(start: Uint8Array, fileName: string): void {
  const characters = String.fromCharCode(...start.subarray(0, LONGEST_START));
  const zeros = characters.slice(0, 4).replace(/[^\0]/g, "x").replaceAll("\0", "0");
  const [what, todo] =
    UNMARKED_ENCODINGS[zeros] ??
    FORMATS.find(([magic]) => characters.startsWith(magic))?.slice(1) ??
    webPage(characters);
  if (what === undefined) return;
  throw new TunebertError(`${fileName} is ${what}; expected text with one example a row: ${todo}`);
}

const LONGEST_START = 64;
const SAVE_AS_UTF8 = "save it as UTF-8";

/** By where there are zeros among the first bytes: text has none, but for ASCII characters in wider encodings. */
const UNMARKED_ENCODINGS: Readonly<Record<string, readonly [what: string, todo: string]>> = {
  x0x0: ["text in UTF-16 without a byte order mark", SAVE_AS_UTF8],
  "0x0x": ["text in UTF-16 without a byte order mark", SAVE_AS_UTF8],
  x000: ["text in UTF-32", SAVE_AS_UTF8],
  "000x": ["text in UTF-32", SAVE_AS_UTF8],
  "0000": ["no text: it begins with zeros", "give text"],
};

const CONVERT = "convert it to CSV or JSON Lines";
const UNPACK = "unpack it";

/** What files begin with, a character for each byte. */
const FORMATS: readonly (readonly [magic: string, what: string, todo: string])[] = [
  ["\xff\xfe\0\0", "text in UTF-32", SAVE_AS_UTF8],
  ["\0\0\xfe\xff", "text in UTF-32", SAVE_AS_UTF8],
  ["PK\x03\x04", "a zip archive, as Excel's .xlsx files are", "unpack it, or save the sheet as CSV"],
  ["\xd0\xcf\x11\xe0", "an Office document, as Excel's .xls files are", "save the sheet as CSV"],
  ["PAR1\x15", "a Parquet file", CONVERT],
  ["ARROW1\0", "an Arrow file", CONVERT],
  ["\xff\xff\xff\xff", "an Arrow stream", CONVERT],
  ["Obj\x01", "an Avro file", CONVERT],
  ["SQLite format 3", "an SQLite database", "export its table as CSV"],
  ["BZh91AY&SY", "compressed by bzip2", UNPACK],
  ["\xfd7zXZ", "compressed by xz", UNPACK],
  ["\x28\xb5\x2f\xfd", "compressed by Zstandard", UNPACK],
  ["7z\xbc\xaf", "a 7z archive", UNPACK],
  ["%PDF-1.", "a PDF document", "take out its text"],
  ["version https://git-lfs.", "a pointer of Git LFS", "fetch the file itself with git lfs pull"],
];

/** As servers answer where a file was asked for. */
function webPage(characters: string): readonly [what?: string, todo?: string] {
  return /^\s*<(!doctype html|html)\b/i.test(characters) ? ["a web page", "download the file itself"] : [];
}
