import fc from "fast-check";
import { expect, test } from "vitest";
import { recordBlocks } from "./record-blocks.js";
import { endOfLines } from "./row-ends.js";

test("blocks hold whole lines and together the whole file", async () => {
  const bytes = new TextEncoder().encode("naïve line\n".repeat(20_000));
  for (const source of [bytes, inPieces(bytes, 7), inPieces(bytes, 100_003)]) {
    const blocks = await collect(recordBlocks(source, endOfLines, "a.txt"));
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks) expect(block.at(-1)).toBe(0x0a);
    expect(Buffer.concat(blocks).equals(bytes)).toBe(true);
  }
});

test("the last record needs no end", async () => {
  const blocks = await collect(recordBlocks(new TextEncoder().encode("a\nb"), endOfLines, "a.txt"));
  expect(Buffer.concat(blocks).toString()).toBe("a\nb");
});

test("a line longer than a block comes whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 60_000, max: 300_000 }),
      fc.integer({ min: 1000, max: 70_000 }),
      async (length, piece) => {
        const bytes = new TextEncoder().encode(`${"x".repeat(length)}\nend\n`);
        const blocks = await collect(recordBlocks(inPieces(bytes, piece), endOfLines, "a.txt"));
        expect(blocks[0]!.length).toBeGreaterThan(length);
        expect(Buffer.concat(blocks).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 20 },
  );
});

test("a file without line ends does not fill the memory", async () => {
  let pieces = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (; ; pieces++) yield new Uint8Array(1 << 20).fill(0x78);
  }
  await expect(collect(recordBlocks(endless(), endOfLines, "big.txt"))).rejects.toThrow(
    /big\.txt: a row does not end within 16777216 bytes/,
  );
  expect(pieces).toBeLessThan(64);
});

test("a stream of strings is refused", async () => {
  async function* strings() {
    yield "text";
  }
  const source = strings() as AsyncIterable<unknown> as AsyncIterable<Uint8Array>;
  await expect(collect(recordBlocks(source, endOfLines, "a.txt"))).rejects.toThrow(
    /open it without an encoding/,
  );
});

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += length) yield bytes.subarray(i, i + length);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
