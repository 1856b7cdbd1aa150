import { TunebertError } from "../error.js";
import type { Activation } from "../nn/activation.js";
import type { DropoutRates } from "../nn/network.js";
import { expectFits } from "../option.js";
import { count, fraction, wholeNumber } from "../option-kinds.js";

/** The sizes of a BERT encoder as d2l section 15.8 defines it. */
export interface BertConfig {
  /** V, rows of the token embedding */
  readonly vocabularySize: number;
  /** H */
  readonly hidden: number;
  /** F, width of the feed-forward layers */
  readonly ffn: number;
  /** N, attention heads; divides H */
  readonly heads: number;
  /** number of Transformer blocks */
  readonly blocks: number;
  /** the longest sequence: rows of the position embedding, but for those before the first position */
  readonly maxPositions: number;
  /** how it differs from d2l's BERT, where it does */
  readonly variant?: BertVariant | undefined;
}

/**
 * What published BERTs (Devlin et al., 2019) have and d2l's has not: the sum of the embeddings is normalised, and dropout
 * stands behind it and before the output layer.
 */
export interface BertVariant {
  readonly activation: Activation;
  /** added to the variance in layer normalisation */
  readonly epsilon: number;
  /** rows of the segment embedding; 0 where there is none, 1 where all texts share it */
  readonly segments: number;
  /** what the output layer reads */
  readonly pooling: VariantPooling;
  /** Whether dropout stands before the hidden layer too. Default: false. */
  readonly dropoutBeforeHidden?: boolean | undefined;
  /** Whether dropout stands between attention and its residual. Default: true. */
  readonly dropoutAfterAttention?: boolean | undefined;
  /** The row of the position embedding that is the first token's; no token has those before it. Default: 0. */
  readonly firstPosition?: number | undefined;
  /** Probabilities of dropping an element in training, unless others are asked for. */
  readonly dropout?: DropoutRates | undefined;
  /** E, the width of the embeddings, where a linear layer makes H of it. Default: H, without such a layer. */
  readonly embedding?: number | undefined;
}

/** What a hidden layer with this activation makes of the first token, or the mean over the tokens. */
export type VariantPooling = "tanh" | "relu" | "gelu" | "mean";

/** All of them. */
export const POOLINGS: readonly VariantPooling[] = ["tanh", "relu", "gelu", "mean"];

/**
 * The deepest BERTs have 48. ONNX Runtime takes time in proportion to the square of the graph's length to open it, so
 * that a small file of very many and very narrow blocks would keep the program busy for hours.
 */
const MAX_BLOCKS = 64;

/**
 * Returns the config when its sizes are possible.
 * @throws TunebertError that names the size that is not
 */
export function checkConfig(config: BertConfig): BertConfig {
  const { variant, ...sizes } = config;
  for (const [name, size] of Object.entries(sizes)) expectFits(name, count, size);
  if (variant) {
    const { segments, firstPosition = 0, embedding = config.hidden } = variant;
    expectFits("segments", wholeNumber(), segments);
    expectFits("firstPosition", wholeNumber(), firstPosition);
    expectFits("embedding", count, embedding);
    for (const rate of Object.values(variant.dropout ?? {})) expectFits("dropout", fraction, rate);
  }
  if (variant && !(variant.epsilon > 0 && variant.epsilon < 1)) {
    throw new TunebertError(`epsilon is ${variant.epsilon}; it must be between 0 and 1`);
  }
  if (config.blocks > MAX_BLOCKS) {
    throw new TunebertError((blocks) => `${blocks} is ${config.blocks}; it must be at most ${MAX_BLOCKS}`, {
      option: "blocks",
    });
  }
  if (config.hidden % config.heads !== 0) {
    throw new TunebertError(
      `${config.heads} heads do not divide the hidden size ${config.hidden}; choose a number of heads that does`,
      { option: "heads" },
    );
  }
  return config;
}

export function blockName(index: number): string {
  return `encoder.blks.${index}`;
}
