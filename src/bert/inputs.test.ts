import { expect, test } from "vitest";
import type { MicroBatchGroup } from "../data/micro-batches.js";
import { encoderRun } from "./inputs.js";

/** Two examples: 5 7 | 7 and 5 | 9, the second padded; and one more, 9 | 5, in a micro-batch of its own. */
const group: MicroBatchGroup = {
  distinct: Int32Array.of(5, 7, 9),
  batches: [
    {
      examples: Int32Array.of(4, 2),
      length: 3,
      tokens: Int32Array.of(0, 0, 1, 2, 1),
      lengths: Int32Array.of(3, 2),
      firstLengths: Int32Array.of(2, 1),
      labels: Int32Array.of(1, 0),
    },
    {
      examples: Int32Array.of(7),
      length: 2,
      tokens: Int32Array.of(2, 0),
      lengths: Int32Array.of(2),
      firstLengths: Int32Array.of(1),
      labels: Int32Array.of(2),
    },
  ],
};

test("a run tells the graph each token's row, position, segment and place, and what is padding", () => {
  const { feeds, rows, symbols, microBatches } = encoderRun(group, {});
  expect(microBatches).toBe(2);
  expect(symbols).toEqual({ U: 3, P: 4, B0: 2, T0: 3, M0: 5, B1: 1, T1: 2, M1: 2 });
  expect(feeds["tokens.0"]).toEqual({ data: Int32Array.of(0, 0, 1, 2, 1), dims: [5] });
  expect(feeds["position_segments.0"]).toEqual({ data: Int32Array.of(0, 0, 1, 2, 3), dims: [5] });
  expect(feeds["token_at.0"]).toEqual({ data: Int32Array.of(0, 2, 4, 1, 3, 0), dims: [2, 3] });
  expect(feeds["place_of.0"]).toEqual({ data: Int32Array.of(0, 3, 1, 4, 2), dims: [5] });
  expect(feeds["attention_mask.0"]).toEqual({
    data: Float32Array.of(0, 0, 0, 0, 0, -1e6),
    dims: [2, 1, 3],
  });
  expect(feeds["tokens.1"]).toEqual({ data: Int32Array.of(2, 0), dims: [2] });
  expect(feeds["position_segments.1"]).toEqual({ data: Int32Array.of(0, 2), dims: [2] });
  expect(feeds.segment_of).toEqual({ data: Int32Array.of(0, 0, 1, 1), dims: [4] });
  expect(rows).toEqual({
    "encoder.token_embedding.weight": Int32Array.of(5, 7, 9),
    "encoder.pos_embedding": Int32Array.of(0, 1, 1, 2),
  });
});
