import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { TextDataset } from "../data/text-dataset.js";
import type { Packed } from "../text/pack.js";
import { Batcher, type BatcherOptions, Overloaded, TooLate } from "./batcher.js";

const row = (id: number, length = 3): Packed => ({
  ids: new Int32Array(length).fill(id),
  firstLength: length,
  truncated: false,
  empty: false,
});

/** Answers an example with its own id and twice that, and tells of each batch. Until it is let go, nothing is answered. */
function batcher(options: Partial<BatcherOptions> = {}) {
  const batches: number[][] = [];
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const logits = async (examples: TextDataset) => {
    const ids = Array.from({ length: examples.size }, (_, i) => examples.ids(i)[0]!);
    batches.push(ids);
    await held;
    if (ids.includes(666)) throw new Error("not a number");
    return Float32Array.from(ids.flatMap((id) => [id, 2 * id]));
  };
  const made = new Batcher(logits, 2, { maxWait: 0, batchTokens: 9, maxQueue: 100, ...options });
  return { made, batches, go };
}

describe("many callers", () => {
  test("are answered together, in the order in which they came, each with its own", async () => {
    const { made, batches, go } = batcher();
    const answers = [1, 2, 3, 4, 5].map((id) => made.answer([row(id)]));
    await setTimeout(5);
    expect(made.waiting).toBe(2);
    go();
    expect((await Promise.all(answers)).map(([logits]) => [...logits!])).toEqual(
      [1, 2, 3, 4, 5].map((id) => [id, 2 * id]),
    );
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(made.waiting).toBe(0);
  });

  test("wait for each other, but not when there are enough", async () => {
    const { made, batches, go } = batcher({ maxWait: 20 });
    go();
    const first = made.answer([row(1)]);
    await setTimeout(2);
    expect(batches).toEqual([]);
    await Promise.all([first, made.answer([row(2)])]);
    expect(batches).toEqual([[1, 2]]);
    const { made: slow, batches: cut, go: goOn } = batcher({ maxWait: 60_000 });
    goOn();
    await slow.answer([row(1), row(2), row(3)]);
    expect(cut).toEqual([[1, 2, 3]]);
  });

  test("an example that is longer than a batch is one; those of a request may be parted", async () => {
    const { made, batches, go } = batcher();
    go();
    const answers = await made.answer([row(1), row(2, 50), row(3), row(4)]);
    expect(answers.map(([id]) => id)).toEqual([1, 2, 3, 4]);
    expect(batches).toEqual([[1], [2], [3, 4]]);
  });

  test("are told to come back where too many wait", async () => {
    const { made, go } = batcher({ maxQueue: 3 });
    const answers = [1, 2, 3].map((id) => made.answer([row(id)]));
    await expect(made.answer([row(4)])).rejects.toThrow(Overloaded);
    go();
    await Promise.all(answers);
    expect(await made.answer([row(4)])).toHaveLength(1);
  });

  test("whoever gives up is not answered, and the others are", async () => {
    const { made, batches, go } = batcher();
    let isWanted = true;
    const answers = [1, 2, 3].map((id) => made.answer([row(id)]));
    await setTimeout(2);
    const given = made.answer([row(4), row(5)], () => isWanted);
    const kept = made.answer([row(6)]);
    isWanted = false;
    go();
    await expect(given).rejects.toThrow(TooLate);
    await Promise.all([...answers, kept]);
    expect(batches).toEqual([[1, 2, 3], [6]]);
    await expect(made.answer([row(7)], () => isWanted)).rejects.toThrow(TooLate);
  });

  test("one that has no answer does not take the others' away", async () => {
    const { made, go } = batcher();
    go();
    const answers = await Promise.allSettled([1, 666, 2].map((id) => made.answer([row(id)])));
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("are all answered before it is drained", async () => {
    const { made, go } = batcher({ maxWait: 60_000 });
    const answers = [1, 2, 3, 4].map((id) => made.answer([row(id)]));
    const drained = made.drained();
    go();
    await drained;
    expect(await Promise.all(answers)).toHaveLength(4);
    await made.drained();
  });
});
