import { TunebertError } from "../error.js";
import { type BertConfig, blockName } from "./config.js";
import { modelParameters } from "./model-program.js";

/**
 * What training leaves as it is: nothing, the embeddings, these and a number of blocks, the lowest first, or the
 * whole encoder. The hidden and the output layer are always trained.
 */
export type Freeze = "nothing" | "embeddings" | "encoder" | number;

/**
 * The names of the parameters that are frozen.
 * @throws TunebertError when the encoder has fewer blocks than are to be frozen
 */
export function frozenParameters(config: BertConfig, freeze: Freeze): ReadonlySet<string> {
  if (freeze === "nothing") return new Set();
  const blocks = frozenBlocks(config, freeze);
  const trained = Array.from({ length: config.blocks - blocks }, (_, i) => `${blockName(blocks + i)}.`);
  const encoder = [...modelParameters(config, 1).keys()].filter((name) => name.startsWith("encoder."));
  return new Set(encoder.filter((name) => !trained.some((block) => name.startsWith(block))));
}

/** How many of the lowest blocks are frozen. @throws TunebertError when the encoder has fewer */
export function frozenBlocks({ blocks }: BertConfig, freeze: Freeze): number {
  if (freeze === "nothing" || freeze === "embeddings") return 0;
  if (freeze === "encoder") return blocks;
  if (freeze > blocks) {
    throw new TunebertError(`cannot freeze the lowest ${freeze} blocks: the model has ${blocks}`, {
      option: "freeze",
    });
  }
  return freeze;
}
