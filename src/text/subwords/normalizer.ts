import { TunebertError } from "../../error.js";
import * as json from "../json-reader.js";
import { type BertNormalizer, normaliseForBert } from "./bert-words.js";
import { readPrecompiledMap } from "./precompiled-map.js";

/** What is done to a text before it is taken apart. */
export type Normalizer = (text: string) => string;

/** The `normalizer` of a tokenizer.json, as Rust's `tokenizers` has them. @throws TunebertError of a type that it does not know */
export const readNormalizer: json.JsonReader<Normalizer> = (value, place) => {
  if (value === null || value === undefined) return (text) => text;
  const { type } = readType(value, place);
  const read = json.own(NORMALIZERS, type);
  if (read === undefined) throw json.fault(type, `${place}.type`, Object.keys(NORMALIZERS).join(", "));
  return read(value, place);
};

const readType = json.object({ type: json.string });

/** `normalizer` of BERT's own tokenizers. */
export const readBertNormalizer: json.JsonReader<BertNormalizer> = (value, place) => {
  const { clean_text, handle_chinese_chars, strip_accents, lowercase } = readBertMembers(value, place);
  return {
    cleanText: clean_text,
    handleChineseChars: handle_chinese_chars,
    stripAccents: strip_accents ?? lowercase,
    lowercase,
  };
};

const readBertMembers = json.object({
  clean_text: json.boolean,
  handle_chinese_chars: json.boolean,
  strip_accents: json.nullable(json.boolean),
  lowercase: json.boolean,
});

const readMembersOfStrip = json.object({ strip_left: json.boolean, strip_right: json.boolean });
const readMembersOfPrepend = json.object({ prepend: json.string });
const readMembersOfReplace = json.object({
  pattern: json.object({ String: json.optional(json.string), Regex: json.optional(json.string) }),
  content: json.string,
});

/** The regular expressions that published tokenizers replace. Those of a stranger may never come to an end. */
const KNOWN_PATTERNS: Readonly<Record<string, RegExp>> = {
  " {2,}": / {2,}/g,
  "\\s+": /\p{White_Space}+/gu,
};

const NORMALIZERS: Readonly<Record<string, json.JsonReader<Normalizer>>> = {
  Sequence(value, place) {
    const { normalizers } = json.object({ normalizers: json.list(readNormalizer) })(value, place);
    return (text) => normalizers.reduce((result, normalise) => normalise(result), text);
  },
  NFC: () => (text) => text.normalize("NFC"),
  NFD: () => (text) => text.normalize("NFD"),
  NFKC: () => (text) => text.normalize("NFKC"),
  NFKD: () => (text) => text.normalize("NFKD"),
  /** Letter by letter, so that a sigma at a word's end is one as others. */
  Lowercase: () => (text) => text.replaceAll("Σ", "σ").toLowerCase(),
  StripAccents: () => (text) => text.replace(/\p{M}/gu, ""),
  Strip(value, place) {
    const { strip_left, strip_right } = readMembersOfStrip(value, place);
    return (text) => strip(text, strip_left, strip_right);
  },
  Prepend(value, place) {
    const { prepend } = readMembersOfPrepend(value, place);
    return (text) => (text === "" ? "" : prepend + text);
  },
  Replace(value, place) {
    const { pattern, content } = readMembersOfReplace(value, place);
    const wanted = pattern.String ?? json.own(KNOWN_PATTERNS, pattern.Regex ?? "");
    if (wanted === undefined) {
      throw json.fault(
        pattern.Regex,
        `${place}.pattern`,
        `a string, or one of ${Object.keys(KNOWN_PATTERNS).join(", ")}`,
      );
    }
    if (wanted === "") throw new TunebertError(`${place}.pattern is empty`);
    return (text) => text.replaceAll(wanted, () => content);
  },
  Precompiled(value, place) {
    const { precompiled_charsmap } = json.object({ precompiled_charsmap: json.nullable(json.string) })(
      value,
      place,
    );
    return precompiled_charsmap === null
      ? (text) => text
      : readPrecompiledMap(precompiled_charsmap, `${place}.precompiled_charsmap`);
  },
  BertNormalizer(value, place) {
    const options = readBertNormalizer(value, place);
    return (text) => normaliseForBert(text, options);
  },
};

function strip(text: string, left: boolean, right: boolean): string {
  const characters = Array.from(text);
  let [start, end] = [0, characters.length];
  const isWhitespace = (at: number) => /^\p{White_Space}$/u.test(characters[at]!);
  while (left && start < end && isWhitespace(start)) start++;
  while (right && end > start && isWhitespace(end - 1)) end--;
  return characters.slice(start, end).join("");
}
