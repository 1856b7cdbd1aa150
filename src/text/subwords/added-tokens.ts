import { TunebertError } from "../../error.js";
import * as json from "../json-reader.js";
import { showJson } from "../show-json.js";

/** A token that is found in a text as it is, such as `[SEP]`. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Whether it is looked for in the normalised text. */
  readonly normalized: boolean;
  /** Whether it takes the whitespace before it along. */
  readonly lstrip: boolean;
  /** Whether it takes the whitespace behind it along. */
  readonly rstrip: boolean;
}

/** Tokens that are found in texts as they are; of several that begin at one place the longest. */
export class AddedTokens {
  readonly #tokens: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp;

  private constructor(tokens: ReadonlyMap<string, AddedToken>) {
    this.#tokens = tokens;
    const longestFirst = [...tokens.keys()].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(
      longestFirst.map((content) => content.replace(/[^\w\s]/gu, "\\$&")).join("|"),
      "g",
    );
  }

  /** @param written what a token's content is in the texts that are searched */
  static of(tokens: readonly AddedToken[], written: (content: string) => string): AddedTokens | undefined {
    const byContent = new Map(tokens.map((token) => [written(token.content), token]));
    byContent.delete("");
    return byContent.size === 0 ? undefined : new AddedTokens(byContent);
  }

  /** The ids of these tokens, and the text between them. */
  split(text: string): readonly (string | number)[] {
    const parts: (string | number)[] = [];
    let end = 0;
    let strips = false;
    const add = (between: string, stripsRight: boolean) => {
      const from = strips ? between.search(NO_WHITESPACE) : 0;
      const rest = from < 0 ? "" : between.slice(from);
      const kept = stripsRight ? withoutEnd(rest) : rest;
      if (kept !== "") parts.push(kept);
    };
    for (const { 0: content, index } of text.matchAll(this.#pattern)) {
      const { id, lstrip, rstrip } = this.#tokens.get(content)!;
      add(text.slice(end, index), lstrip);
      parts.push(id);
      end = index + content.length;
      strips = rstrip;
    }
    add(text.slice(end), false);
    return parts;
  }
}

const NO_WHITESPACE = /\P{White_Space}/u;
const WHITESPACE = /\p{White_Space}/u;

/** Without the whitespace at its end, in linear time. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && WHITESPACE.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** Characters of all added tokens: texts are searched for each of them. */
const MAX_CHARACTERS = 10_000;

/** `added_tokens` of a tokenizer.json. */
export const readAddedTokens: json.JsonReader<readonly AddedToken[]> = (value, place) => {
  const tokens = readTokens(value, place) ?? [];
  const characters = tokens.reduce((sum, { content }) => sum + content.length, 0);
  if (characters > MAX_CHARACTERS) {
    throw new TunebertError(
      `the added tokens have ${characters} characters; expected at most ${MAX_CHARACTERS}`,
    );
  }
  return tokens;
};

const readMembers = json.object({
  id: json.count,
  content: json.string,
  single_word: json.boolean,
  normalized: json.boolean,
  lstrip: json.optional(json.boolean),
  rstrip: json.optional(json.boolean),
});

const readTokens = json.optional(
  json.list<AddedToken>((value, place) => {
    const {
      id,
      content,
      single_word,
      normalized,
      lstrip = false,
      rstrip = false,
    } = readMembers(value, place);
    if (single_word) {
      throw new TunebertError(
        `the added token ${showJson(content)} counts as a word of its own alone (single_word), which tunebert does not know`,
      );
    }
    return { id, content, normalized, lstrip, rstrip };
  }),
);
