import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cost, randomDataset, range } from "../../test/support/random-dataset.js";
import { type MicroBatch, microBatches } from "./micro-batches.js";

const lengthsArbitrary = fc.array(fc.integer({ min: 3, max: 40 }), { minLength: 1, maxLength: 40 });
const optionsArbitrary = fc.record({
  maxTokens: fc.integer({ min: 1, max: 300 }),
  replicas: fc.integer({ min: 1, max: 6 }),
  cost: fc.constant(cost),
});

describe("microBatches", () => {
  test("holds every example of the batch exactly once", () => {
    fc.assert(
      fc.property(lengthsArbitrary, optionsArbitrary, fc.nat(), (lengths, options, skip) => {
        const dataset = randomDataset(lengths, { vocabularySize: 50 });
        const examples = range(lengths.length).filter((i) => i !== skip);
        const found = microBatches(dataset, examples, options)
          .flat()
          .flatMap((batch) => [...batch.examples]);
        expect(found.sort((a, b) => a - b)).toEqual([...examples]);
      }),
    );
  });

  test("keeps to the limit, unless one example alone is beyond it", () => {
    fc.assert(
      fc.property(lengthsArbitrary, optionsArbitrary, (lengths, options) => {
        const dataset = randomDataset(lengths, { vocabularySize: 50 });
        for (const { examples, length } of microBatches(dataset, range(lengths.length), options).flat()) {
          expect(examples.length * length <= options.maxTokens || examples.length === 1).toBe(true);
        }
      }),
    );
  });

  test("describes its examples as the dataset does", () => {
    fc.assert(
      fc.property(lengthsArbitrary, optionsArbitrary, (lengths, options) => {
        const dataset = randomDataset(lengths, { vocabularySize: 50 });
        for (const batch of microBatches(dataset, range(lengths.length), options).flat()) {
          expect(batch.length).toBe(Math.max(...batch.lengths));
          expect(new Set(batch.distinct).size).toBe(batch.distinct.length);
          batch.examples.forEach((example, b) => {
            expect(idsOf(batch, b)).toEqual([...dataset.ids(example)]);
            expect(batch.lengths[b]).toBe(dataset.length(example));
            expect(batch.premiseLengths[b]).toBe(dataset.premiseLengths[example]);
            expect(batch.labels[b]).toBe(dataset.labels[example]);
          });
        }
      }),
    );
  });

  test("lists the tokens that occur and no others, and pads with the first of them", () => {
    const dataset = randomDataset([5, 6], { vocabularySize: 50 });
    const [batch] = microBatches(dataset, range(2), { replicas: 1, maxTokens: 100, cost }).flat();
    expect(new Set(batch!.distinct)).toEqual(new Set(dataset.tokenIds));
    expect(batch!.tokens).toHaveLength(2 * 6);
    expect(batch!.tokens[5 * 2]).toBe(0);
  });

  test("gives one replica the cheapest of all ways to cut the examples, sorted by length", () => {
    const lengths = fc.array(fc.integer({ min: 3, max: 60 }), { minLength: 1, maxLength: 9 });
    const perRun = fc.integer({ min: 0, max: 200 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 3, max: 400 }), perRun, (unsorted, maxTokens, fixed) => {
        // In a batch of fewer tokens, their number sets the limit.
        fc.pre(maxTokens <= sum(unsorted));
        const dataset = randomDataset(unsorted, { vocabularySize: 50 });
        const cost = (size: number, length: number) => size * length + fixed;
        const options = { replicas: 1, maxTokens, cost };
        const batches = microBatches(dataset, range(unsorted.length), options).flat();
        const sorted = unsorted.toSorted((a, b) => a - b);
        const found = sum(batches.map(({ examples, length }) => cost(examples.length, length)));
        expect(found).toBe(cheapest(sorted, maxTokens, cost));
      }),
      { numRuns: 60 },
    );
  });

  test("shares out a batch of similar lengths evenly", () => {
    const dataset = randomDataset(new Array(12).fill(20), { vocabularySize: 50 });
    for (const replicas of [1, 2, 3, 4, 6, 12]) {
      const hands = microBatches(dataset, range(12), { replicas, maxTokens: 10_000, cost });
      const examples = hands.map((batches) => sum(batches.map((batch) => batch.examples.length)));
      expect(examples).toEqual(new Array(replicas).fill(12 / replicas));
    }
  });

  test("cuts more finely where the last replica then finishes sooner", () => {
    const dataset = randomDataset([12, 4, 12, 6], { vocabularySize: 50 });
    const cost = (size: number, length: number) => size * length + 10;
    const hands = microBatches(dataset, range(4), { replicas: 2, maxTokens: 1000, cost });
    // The fewest micro-batches, 4 with 6, 12, and 12, would keep one replica busy for 44, the other for 22.
    const lengths = hands.map((batches) => batches.map((batch) => [...batch.lengths]));
    expect(lengths).toEqual([
      [[12], [6]],
      [[12], [4]],
    ]);
  });

  test("leaves replicas without work when there are too few examples", () => {
    const dataset = randomDataset([8], { vocabularySize: 50 });
    const hands = microBatches(dataset, range(1), { replicas: 3, maxTokens: 100, cost });
    expect(hands.map((batches) => batches.length).sort()).toEqual([0, 0, 1]);
  });

  test("does not depend on the order of the examples", () => {
    const dataset = randomDataset([9, 5, 7, 5, 12, 5], { vocabularySize: 50 });
    const options = { replicas: 2, maxTokens: 30, cost };
    const shuffled = Int32Array.of(3, 5, 0, 1, 4, 2);
    expect(microBatches(dataset, shuffled, options)).toEqual(microBatches(dataset, range(6), options));
    expect([...shuffled]).toEqual([3, 5, 0, 1, 4, 2]);
  });

  test("of nothing is nothing", () => {
    const dataset = randomDataset([5], { vocabularySize: 50 });
    expect(microBatches(dataset, range(0), { replicas: 2, maxTokens: 10, cost })).toEqual([[], []]);
  });
});

function idsOf({ tokens, distinct, lengths, examples }: MicroBatch, b: number): number[] {
  return Array.from({ length: lengths[b]! }, (_, t) => distinct[tokens[t * examples.length + b]!]!);
}

/** The least cost over all 2^(n-1) ways to cut ascending lengths into groups within the limit. */
function cheapest(lengths: readonly number[], limit: number, costOf: typeof cost): number {
  let best = Number.POSITIVE_INFINITY;
  for (let cuts = 0; cuts < 2 ** (lengths.length - 1); cuts++) {
    let total = 0;
    let start = 0;
    for (let end = 1; end <= lengths.length; end++) {
      if (end < lengths.length && !(cuts & (1 << (end - 1)))) continue;
      const [size, length] = [end - start, lengths[end - 1]!];
      total += size > 1 && size * length > limit ? Number.POSITIVE_INFINITY : costOf(size, length);
      start = end;
    }
    best = Math.min(best, total);
  }
  return best;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
