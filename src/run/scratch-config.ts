import type { BertConfig } from "../bert/config.js";
import { DEFAULT_SIZES, type headsOptions, type scratchOptions } from "../bert/options.js";
import { TunebertError } from "../error.js";
import type { GivenOptions } from "../option.js";
import type { Tokenizer } from "../text/tokenizer.js";

/** Position rows of a model from scratch; a longer `maxLength` makes more. */
const POSITIONS = 512;

/** What the sizes of a model from scratch follow from. */
export interface ScratchSizes extends GivenOptions<typeof scratchOptions & typeof headsOptions> {
  /** The longest input. */
  readonly maxLength: number;
  /** Rows of the position embedding. Default: 512, or `maxLength` if that is more. */
  readonly positions?: number | undefined;
}

/** The sizes of a model from scratch. @throws TunebertError when the embedding has no row for some of the tokens */
export function scratchConfig(
  { maxLength, positions, vocabSize, ...sizes }: ScratchSizes,
  { size }: Pick<Tokenizer, "size">,
): BertConfig {
  if (vocabSize !== undefined && vocabSize < size) {
    throw new TunebertError(
      (vocabSizeName, minFrequency) =>
        `the vocabulary has ${size} tokens; ${vocabSizeName} ${vocabSize} leaves no row for some of them. ` +
        `Raise it, or raise ${minFrequency}`,
      { option: ["vocabSize", "minFrequency"] },
    );
  }
  return {
    vocabularySize: vocabSize ?? size,
    hidden: sizes.hidden ?? DEFAULT_SIZES.hidden,
    ffn: sizes.ffn ?? DEFAULT_SIZES.ffn,
    heads: sizes.heads ?? DEFAULT_SIZES.heads,
    blocks: sizes.blocks ?? DEFAULT_SIZES.blocks,
    maxPositions: positions ?? Math.max(POSITIONS, maxLength),
  };
}
