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
  for (const [name, size] of Object.entries(config)) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new TunebertError((named) => `${named} is ${size}; it must be a whole number of at least 1`, {
        option: name,
      });
    }
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

/** Names and shapes of the encoder's and the hidden layer's parameters, in the order of a PyTorch state dict. */
export function bertParameterShapes(config: BertConfig): Map<string, number[]> {
  const { vocabularySize, hidden, ffn, blocks, maxPositions } = config;
  const shapes = new Map<string, number[]>([
    ["encoder.pos_embedding", [1, maxPositions, hidden]],
    ["encoder.token_embedding.weight", [vocabularySize, hidden]],
    ["encoder.segment_embedding.weight", [2, hidden]],
  ]);
  const linear = (name: string, inputs: number, outputs: number) => {
    shapes.set(`${name}.weight`, [outputs, inputs]).set(`${name}.bias`, [outputs]);
  };
  const layerNorm = (name: string) => {
    shapes.set(`${name}.weight`, [hidden]).set(`${name}.bias`, [hidden]);
  };
  for (let i = 0; i < blocks; i++) {
    const block = blockName(i);
    for (const projection of ["W_q", "W_k", "W_v", "W_o"])
      linear(`${block}.attention.${projection}`, hidden, hidden);
    layerNorm(`${block}.addnorm1.ln`);
    linear(`${block}.ffn.dense1`, hidden, ffn);
    linear(`${block}.ffn.dense2`, ffn, hidden);
    layerNorm(`${block}.addnorm2.ln`);
  }
  linear("hidden.0", hidden, hidden);
  return shapes;
}

/** Names and shapes of the output layer that a classifier adds. */
export function outputParameterShapes(hidden: number, labels: number): Map<string, number[]> {
  return new Map([
    ["output.weight", [labels, hidden]],
    ["output.bias", [labels]],
  ]);
}

export function blockName(index: number): string {
  return `encoder.blks.${index}`;
}
