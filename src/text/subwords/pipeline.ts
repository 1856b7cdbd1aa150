import { type AddedToken, AddedTokens } from "./added-tokens.js";
import type { Normalizer } from "./normalizer.js";
import type { PreTokenizer } from "./pre-tokenizer.js";

/** The steps from a text to its ids, as Rust's `tokenizers` has them. */
export interface PipelineSteps {
  /** Found in the text before anything is done to it, or in what it is normalised to. */
  readonly addedTokens: readonly AddedToken[];
  readonly normalise: Normalizer;
  readonly split: PreTokenizer;
  /** The ids of a word's tokens. */
  readonly pieces: (word: string) => readonly number[];
}

/** The ids of a text's tokens, without special ones around it. */
export function pipeline({
  addedTokens,
  normalise,
  split,
  pieces,
}: PipelineSteps): (text: string) => number[] {
  const of = (normalized: boolean) => addedTokens.filter((token) => token.normalized === normalized);
  const raw = AddedTokens.of(of(false), (content) => content);
  const normalised = AddedTokens.of(of(true), normalise);
  return (text) => {
    const ids: number[] = [];
    const cut = (part: string, isStart: boolean) => {
      if (part === "") return;
      for (const word of split(part, isStart)) for (const id of pieces(word)) ids.push(id);
    };
    for (const [i, part] of (raw ? raw.split(text) : [text]).entries()) {
      if (typeof part === "number") {
        ids.push(part);
        continue;
      }
      const known = normalise(part);
      for (const [j, piece] of (normalised ? normalised.split(known) : [known]).entries()) {
        if (typeof piece === "number") ids.push(piece);
        else cut(piece, i === 0 && j === 0);
      }
    }
    return ids;
  };
}
