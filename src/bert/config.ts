import { TunebertError } from "../error.js";

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
  /** rows of the position embedding: the longest sequence */
  readonly maxPositions: number;
}

/** Far more than any model has; a file that claims more must not keep the program busy listing their parameters. */
const MAX_BLOCKS = 1000;

/**
 * Returns the config when its sizes are possible.
 * @throws TunebertError that names the size that is not
 */
export function checkConfig(config: BertConfig): BertConfig {
  for (const [name, size] of Object.entries(config)) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new TunebertError(`${name} is ${size}; it must be a whole number of at least 1`);
    }
  }
  if (config.blocks > MAX_BLOCKS) {
    throw new TunebertError(`blocks is ${config.blocks}; it must be at most ${MAX_BLOCKS}`);
  }
  if (config.hidden % config.heads !== 0) {
    throw new TunebertError(
      `${config.heads} heads do not divide the hidden size ${config.hidden}; choose a number of heads that does`,
    );
  }
  return config;
}

export function blockName(index: number): string {
  return `encoder.blks.${index}`;
}
