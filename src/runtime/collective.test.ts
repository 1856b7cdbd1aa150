import { describe, expect, test } from "vitest";
import { localCollectives } from "../../test/support/local-collective.js";
import { allGather, sumOverRanks } from "./collective.js";

describe.each([1, 2, 3, 5])("%i processes", (size) => {
  test("gather bytes of any length from each", async () => {
    const all = await Promise.all(
      localCollectives(size).map((one) => allGather(one, new Uint8Array(one.rank * 3).fill(one.rank))),
    );
    const expected = Array.from({ length: size }, (_, rank) => new Uint8Array(rank * 3).fill(rank));
    for (const found of all) expect(found).toEqual(expected);
  });

  test("sum lists of any length in the order of the ranks, and all have the same", async () => {
    const numbers = (rank: number, length: number) =>
      Float32Array.from({ length }, (_, i) => Math.sin(i + 7 * rank) * 10 ** (rank % 3));
    const lists = Array.from({ length: size }, (_, rank) =>
      [0, 1, 2, 7, 100].map((length) => numbers(rank, length)),
    );
    const expected = [0, 1, 2, 7, 100].map((length) => {
      const sum = numbers(0, length);
      for (let rank = 1; rank < size; rank++) {
        const more = numbers(rank, length);
        for (let i = 0; i < length; i++) sum[i] = sum[i]! + more[i]!;
      }
      return sum;
    });
    await Promise.all(localCollectives(size).map((one) => sumOverRanks(one, lists[one.rank]!)));
    for (const found of lists) expect(found).toEqual(expected);
  });
});
