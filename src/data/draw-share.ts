import { Random } from "../random.js";
import type { TextExample } from "../text/text-example.js";

/** How a data set is divided. */
export interface Share {
  /** About what part of the examples is for testing; between 0 and 1. */
  readonly share: number;
  readonly seed: number;
}

/**
 * The examples to train on. The others are put into `drawn`: which ones, the first text and the seed decide, so that all
 * pairs with one first text are on the same side, whatever their order.
 */
export async function* drawShare(
  examples: Iterable<TextExample> | AsyncIterable<TextExample>,
  { share, seed }: Share,
  drawn: TextExample[],
): AsyncGenerator<TextExample> {
  for await (const example of examples) {
    if (isDrawn(example.text, share, seed)) drawn.push(example);
    else yield example;
  }
}

function isDrawn(text: string, share: number, seed: number): boolean {
  return new Random(hash(text) ^ seed).uniform() < share;
}

/** FNV-1a (Fowler, Noll, Vo) over UTF-16 units, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
