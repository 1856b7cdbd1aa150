import type { AddedToken } from "./added-tokens.js";

/** A token as the vocabulary writes it, by its id. */
export type TokenNames = (id: number) => string;

type Vocabulary = ReadonlyMap<string, number>;

/** Looked through when first asked. */
export function tokenNames(vocabulary: Vocabulary, addedTokens: readonly AddedToken[]): TokenNames {
  let names: Map<number, string> | undefined;
  return (id) => {
    names ??= new Map([
      ...[...vocabulary].map(([token, place]) => [place, token] as const),
      ...addedTokens.map(({ id: place, content }) => [place, content] as const),
    ]);
    return names.get(id) ?? "\ufffd";
  };
}

/** The id of the token that stands for one that is not shown, as BERT and RoBERTa call it. */
export function maskOf(vocabulary: Vocabulary, addedTokens: readonly AddedToken[]): number | undefined {
  const names = ["[MASK]", "<mask>"];
  const added = addedTokens.find(({ content }) => names.includes(content))?.id;
  return added ?? vocabulary.get(names.find((name) => vocabulary.has(name)) ?? "");
}

/** What SentencePiece puts before a word. */
const WORD_START = /^\u2581/u;

/** What byte-pair encoding on bytes writes for a space. */
const SPACE = "\u0120";

/** A token of byte-pair encoding on bytes, or of SentencePiece, as text. */
export function readable(token: string, vocabulary: Vocabulary): string {
  if (!vocabulary.has(SPACE)) return token.replace(WORD_START, " ");
  const bytes = Array.from(token, (character) => BYTES.get(character));
  if (!bytes.every((byte) => byte !== undefined)) return token;
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** The bytes behind the characters that GPT-2's encoding writes for them: those that can be printed stand for themselves. */
const BYTES: ReadonlyMap<string, number> = (() => {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const others = all.filter((byte) => !isPrintable(byte));
  return new Map([
    ...all.filter(isPrintable).map((byte) => [String.fromCodePoint(byte), byte] as const),
    ...others.map((byte, i) => [String.fromCodePoint(256 + i), byte] as const),
  ]);
})();
