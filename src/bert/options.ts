import { option } from "../option.js";
import { count, positiveNumber } from "../option-kinds.js";

/** Sizes of a model from scratch: those of d2l's bert.small. */
export const DEFAULT_SIZES = { hidden: 256, ffn: 512, heads: 4, blocks: 2 };

/** Of any model. */
export const headsOptions = {
  /** attention heads; default: 4, or of a pretrained model H / 64 */
  heads: option(count, {
    defaultText: `${DEFAULT_SIZES.heads}; of a pretrained model: hidden size / 64`,
    help: "attention heads",
  }),
};

/** Of a model from scratch: what a pretrained one brings along. None has a value unless it is given. */
export const scratchOptions = {
  /** H; default 256 */
  hidden: option(count, { defaultText: `${DEFAULT_SIZES.hidden}`, help: "hidden size, from scratch" }),
  /** F; default 512 */
  ffn: option(count, {
    defaultText: `${DEFAULT_SIZES.ffn}`,
    help: "width of the feed-forward layers, from scratch",
  }),
  /** default 2 */
  blocks: option(count, { defaultText: `${DEFAULT_SIZES.blocks}`, help: "Transformer blocks, from scratch" }),
  /** V; default: as many as the vocabulary has tokens */
  vocabSize: option(count, {
    defaultText: "as many as there are tokens",
    help: "rows of the token embedding, from scratch",
  }),
  /** of all embeddings; default: the recipe's, or 1, as in PyTorch */
  embeddingStd: option(positiveNumber, {
    defaultText: "the recipe's; the book's is 1",
    help: "standard deviation of fresh embeddings, from scratch",
  }),
};
