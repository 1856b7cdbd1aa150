import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomDataset, range } from "../../test/support/random-dataset.js";
import { type MicroBatch, type MicroBatchGroup, microBatches } from "./micro-batches.js";

const lengthsArbitrary = fc.array(fc.integer({ min: 3, max: 40 }), { minLength: 1, maxLength: 40 });
const optionsArbitrary = fc.record({
  maxTokens: fc.integer({ min: 1, max: 300 }),
  replicas: fc.integer({ min: 1, max: 6 }),
  perGroup: fc.integer({ min: 1, max: 5 }),
});

describe("microBatches", () => {
  test("holds every example of the batch exactly once", () => {
    fc.assert(
      fc.property(lengthsArbitrary, optionsArbitrary, fc.nat(), (lengths, options, skip) => {
        const dataset = randomDataset(lengths, { vocabularySize: 50 });
        const examples = range(lengths.length).filter((i) => i !== skip);
        const found = flat(microBatches(dataset, examples, options)).flatMap((batch) => [...batch.examples]);
        expect(found.sort((a, b) => a - b)).toEqual([...examples]);
      }),
    );
  });

  test("fills groups with as many micro-batches as asked for, or one, and none is empty", () => {
    fc.assert(
      fc.property(lengthsArbitrary, optionsArbitrary, (lengths, options) => {
        const dataset = randomDataset(lengths, { vocabularySize: 50 });
        for (const groups of microBatches(dataset, range(lengths.length), options)) {
          const sizes = new Set(groups.map(({ batches }) => batches.length));
          expect(sizes.size).toBeLessThanOrEqual(1);
          for (const size of sizes) expect([options.perGroup, 1]).toContain(size);
          for (const { batches } of groups)
            for (const { examples } of batches) expect(examples.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("describes its examples as the dataset does", () => {
    fc.assert(
      fc.property(lengthsArbitrary, optionsArbitrary, (lengths, options) => {
        const dataset = randomDataset(lengths, { vocabularySize: 50 });
        for (const group of microBatches(dataset, range(lengths.length), options).flat()) {
          const occur = new Set(
            group.batches.flatMap(({ examples }) => [...examples].flatMap((i) => [...dataset.ids(i)])),
          );
          expect(new Set(group.distinct)).toEqual(occur);
          expect(group.distinct).toHaveLength(occur.size);
          for (const batch of group.batches) {
            expect(batch.length).toBe(Math.max(...batch.lengths));
            batch.examples.forEach((example, b) => {
              expect(idsOf(group, batch, b)).toEqual([...dataset.ids(example)]);
              expect(batch.lengths[b]).toBe(dataset.length(example));
              expect(batch.firstLengths[b]).toBe(dataset.firstLengths[example]);
              expect(batch.labels[b]).toBe(dataset.labels[example]);
            });
          }
        }
      }),
    );
  });

  test("cuts a share into parts of similar length, with about equally many tokens", () => {
    const lengths = Array.from({ length: 200 }, (_, i) => 5 + ((i * 37) % 40));
    const dataset = randomDataset(lengths, { vocabularySize: 50 });
    const options = { replicas: 2, perGroup: 5, maxTokens: 10_000 };
    const lanes = microBatches(dataset, range(200), options);
    for (const groups of lanes) {
      expect(groups).toHaveLength(1);
      const { batches } = groups[0]!;
      const tokens = batches.map((batch) => batch.tokens.length);
      expect(Math.max(...tokens) - Math.min(...tokens)).toBeLessThanOrEqual(50);
      for (const [i, batch] of batches.slice(1).entries()) {
        expect(Math.min(...batch.lengths)).toBeGreaterThanOrEqual(Math.max(...batches[i]!.lengths));
      }
    }
    const shares = lanes.map((groups) => sum(groups[0]!.batches.map((batch) => batch.tokens.length)));
    expect(Math.abs(shares[0]! - shares[1]!)).toBeLessThanOrEqual(40);
  });

  test("makes more groups of a share with more tokens than one may have", () => {
    const dataset = randomDataset(new Array(40).fill(10), { vocabularySize: 50 });
    const groups = microBatches(dataset, range(40), { replicas: 1, perGroup: 4, maxTokens: 100 })[0]!;
    expect(groups.map(({ batches }) => batches.map(({ tokens }) => tokens.length))).toEqual(
      new Array(4).fill([30, 20, 30, 20]),
    );
  });

  test("shares out a batch of similar lengths evenly", () => {
    const dataset = randomDataset(new Array(12).fill(20), { vocabularySize: 50 });
    for (const replicas of [1, 2, 3, 4, 6, 12]) {
      const lanes = microBatches(dataset, range(12), { replicas, perGroup: 1, maxTokens: 10_000 });
      const examples = lanes.map((groups) => sum(flat([groups]).map((batch) => batch.examples.length)));
      expect(examples).toEqual(new Array(replicas).fill(12 / replicas));
    }
  });

  test("leaves replicas without work when there are too few examples", () => {
    const dataset = randomDataset([8], { vocabularySize: 50 });
    const lanes = microBatches(dataset, range(1), { replicas: 3, perGroup: 2, maxTokens: 100 });
    expect(lanes.map((groups) => groups.length).sort()).toEqual([0, 0, 1]);
  });

  test("does not depend on the order of the examples", () => {
    const dataset = randomDataset([9, 5, 7, 5, 12, 5], { vocabularySize: 50 });
    const options = { replicas: 2, perGroup: 2, maxTokens: 30 };
    const shuffled = Int32Array.of(3, 5, 0, 1, 4, 2);
    expect(microBatches(dataset, shuffled, options)).toEqual(microBatches(dataset, range(6), options));
    expect([...shuffled]).toEqual([3, 5, 0, 1, 4, 2]);
  });

  test("of nothing is nothing", () => {
    const dataset = randomDataset([5], { vocabularySize: 50 });
    const options = { replicas: 2, perGroup: 3, maxTokens: 10 };
    expect(microBatches(dataset, range(0), options)).toEqual([[], []]);
  });
});

function flat(lanes: readonly (readonly MicroBatchGroup[])[]): MicroBatch[] {
  return lanes.flat().flatMap(({ batches }) => batches);
}

/** Walks through the tokens as they are numbered: the first of each example that has one, then the second, … */
function idsOf({ distinct }: MicroBatchGroup, { tokens, lengths, length }: MicroBatch, b: number): number[] {
  const ids: number[] = [];
  let m = 0;
  for (let t = 0; t < length; t++) {
    for (let other = 0; other < lengths.length; other++) {
      if (t >= lengths[other]!) continue;
      if (other === b) ids.push(distinct[tokens[m]!]!);
      m++;
    }
  }
  return ids;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
