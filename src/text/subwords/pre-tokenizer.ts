import * as json from "../json-reader.js";
import { bertWords } from "./bert-words.js";
import { ByteLevelPreTokenizer } from "./library.js";
import { remembered } from "./remembered.js";

/**
 * Takes a normalised text apart; no piece of it is part of a token with its neighbour's.
 * @param isStart whether the text is the beginning of a whole one
 */
export type PreTokenizer = (text: string, isStart: boolean) => readonly string[];

/** The `pre_tokenizer` of a tokenizer.json, as Rust's `tokenizers` has them. @throws TunebertError of a type that it does not know */
export const readPreTokenizer: json.JsonReader<PreTokenizer> = (value, place) => {
  if (value === null || value === undefined) return (text) => [text];
  const { type } = readType(value, place);
  const read = json.own(PRE_TOKENIZERS, type);
  if (read === undefined) throw json.fault(type, `${place}.type`, Object.keys(PRE_TOKENIZERS).join(", "));
  return read(value, place);
};

const readType = json.object({ type: json.string });

const readMembersOfByteLevel = json.object({
  add_prefix_space: json.boolean,
  use_regex: json.optional(json.boolean),
});
const readMembersOfMetaspace = json.object({
  replacement: json.string,
  prepend_scheme: json.optional(json.string),
  add_prefix_space: json.optional(json.boolean),
  split: json.optional(json.boolean),
});

/** GPT-2's words (Radford et al., 2019): each takes the space before it along. */
const GPT2_WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Bytes as the characters that stand for them, without any other splitting. */
const byteLevel = new ByteLevelPreTokenizer({
  ...{ type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
});

const PRE_TOKENIZERS: Readonly<Record<string, json.JsonReader<PreTokenizer>>> = {
  Sequence(value, place) {
    const { pretokenizers } = json.object({ pretokenizers: json.list(readPreTokenizer) })(value, place);
    return (text, isStart) =>
      pretokenizers.reduce<readonly string[]>(
        (pieces, split) => pieces.flatMap((piece, i) => split(piece, isStart && i === 0)),
        [text],
      );
  },
  ByteLevel(value, place) {
    const { add_prefix_space, use_regex = true } = readMembersOfByteLevel(value, place);
    const asBytes = remembered((word) => byteLevel.pre_tokenize_text(word));
    return (text) => {
      const spaced = add_prefix_space && !text.startsWith(" ") ? ` ${text}` : text;
      const words = use_regex ? (spaced.match(GPT2_WORDS) ?? []) : [spaced];
      return words.flatMap(asBytes);
    };
  },
  /** SentencePiece's words: the mark of a space belongs to the word behind it. */
  Metaspace(value, place) {
    const { replacement, add_prefix_space, split = true, ...rest } = readMembersOfMetaspace(value, place);
    const scheme = rest.prepend_scheme ?? (add_prefix_space === false ? "never" : "always");
    if (!["always", "first", "never"].includes(scheme)) {
      throw json.fault(scheme, `${place}.prepend_scheme`, "always, first or never");
    }
    return (text, isStart) => {
      const marked = text.replaceAll(" ", () => replacement);
      const lacks =
        !marked.startsWith(replacement) && (scheme === "always" || (scheme === "first" && isStart));
      const whole = lacks ? replacement + marked : marked;
      return split ? beforeEach(whole, replacement) : [whole];
    };
  },
  WhitespaceSplit: () => (text) => text.match(/\P{White_Space}+/gu) ?? [],
  Whitespace: () => (text) => text.match(WORDS_AND_OTHERS) ?? [],
  BertPreTokenizer: () => bertWords,
  Digits(value, place) {
    const { individual_digits } = json.object({ individual_digits: json.boolean })(value, place);
    const pattern = individual_digits ? /\p{N}|\P{N}+/gu : /\p{N}+|\P{N}+/gu;
    return (text) => text.match(pattern) ?? [];
  },
};

/** What Rust's regular expressions call a word. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
const WORDS_AND_OTHERS = new RegExp(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`, "gu");

/** Splits a text before each mark. */
function beforeEach(text: string, mark: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = text.indexOf(mark, 1); at >= 0; at = text.indexOf(mark, at + mark.length)) {
    pieces.push(text.slice(start, at));
    start = at;
  }
  pieces.push(text.slice(start));
  return pieces.filter((piece) => piece !== "");
}
