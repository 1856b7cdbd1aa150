import type { MicroBatch, MicroBatchGroup } from "../data/micro-batches.js";
import type { TextDataset } from "../data/text-dataset.js";
import type { Network } from "../nn/network.js";
import type { Value } from "../onnx/graph.js";
import type { Feed, Run } from "../runtime/program.js";
import type { BertConfig } from "./config.js";
import { poolAfter } from "./encoder.js";
import { declareLayout, encoderRun } from "./inputs.js";

/** What the lowest blocks put out for the examples of a dataset, computed once: nothing in them changes. */
export interface KeptStates {
  /** How many blocks that are. */
  readonly blocks: number;
  /** [R, H]: of each token, one example after another, or, of all blocks, what a classifier reads of each example. */
  readonly states: Float32Array;
}

/** The most bytes that are kept: 2 GB. */
export const MOST_KEPT = 2e9;

/** How many rows there are for a dataset. */
export function keptRows(
  { tokenIds, size }: TextDataset,
  { blocks: all }: BertConfig,
  blocks: number,
): number {
  return blocks === all ? size : tokenIds.length;
}

/** What a classifier reads, [B, H] for each micro-batch, where the states behind the lowest blocks are fed by {@link keptRun}. */
export function poolKept(
  network: Network,
  config: BertConfig,
  blocks: number,
  microBatches: number,
): Value[] {
  const { graph } = network;
  const { hidden } = config;
  const numbers = Array.from({ length: microBatches }, (_, i) => i);
  if (blocks === config.blocks)
    return numbers.map((i) => graph.input(`kept.${i}`, "float32", [`B${i}`, hidden]));
  const states = numbers.map((i) => ({
    x: graph.input(`kept.${i}`, "float32", [`M${i}`, hidden]),
    layout: declareLayout(graph, i),
  }));
  return poolAfter(network, config, states, blocks);
}

/** Micro-batches as a run of a program that reads their states instead of their tokens. */
export function keptRun(
  group: MicroBatchGroup,
  config: BertConfig,
  dataset: TextDataset,
  { blocks, states }: KeptStates,
): Run {
  const { feeds: all, ...run } = encoderRun(group, config);
  const isPooled = blocks === config.blocks;
  const feeds: Record<string, Feed> = {};
  for (const [name, feed] of Object.entries(all)) {
    if (!isPooled && /^(token_at|place_of|attention_mask)\./.test(name)) feeds[name] = feed;
  }
  const { hidden } = config;
  group.batches.forEach((batch, i) => {
    const rows = isPooled ? batch.examples : tokenRows(batch, dataset);
    const data = new Float32Array(rows.length * hidden);
    rows.forEach((row, place) => {
      data.set(states.subarray(row * hidden, (row + 1) * hidden), place * hidden);
    });
    feeds[`kept.${i}`] = { data, dims: [rows.length, hidden] };
  });
  return { ...run, feeds, rows: {} };
}

/** (M): where the tokens of a micro-batch stand in its dataset; the first ones of all examples, then the second ones. */
export function tokenRows({ examples, length, lengths }: MicroBatch, { offsets }: TextDataset): Int32Array {
  const rows: number[] = [];
  for (let t = 0; t < length; t++) {
    examples.forEach((example, b) => {
      if (t < lengths[b]!) rows.push(offsets[example]! + t);
    });
  }
  return Int32Array.from(rows);
}
