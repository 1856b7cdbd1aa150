import { expect, test } from "vitest";
import { Random } from "../random.js";
import { initialise } from "./initialise.js";

const shapes = new Map([
  ["encoder.token_embedding.weight", [100, 64]],
  ["encoder.blks.0.addnorm1.ln.weight", [64]],
  ["encoder.blks.0.addnorm1.ln.bias", [64]],
  ["encoder.blks.0.ffn.dense1.weight", [100, 64]],
  ["encoder.blks.0.ffn.dense1.bias", [400]],
]);
const drawn = initialise(shapes, new Random(0), { embeddingStd: 0.5 });
const values = (name: string) => [...drawn.get(name)!.data];

const deviation = (numbers: number[]) =>
  Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);

test("embeddings are normal with the given standard deviation", () => {
  const embedding = values("encoder.token_embedding.weight");
  expect(deviation(embedding)).toBeCloseTo(0.5, 1);
  expect(Math.max(...embedding)).toBeGreaterThan(1.5);
});

test("LayerNorm begins as the identity", () => {
  expect(new Set(values("encoder.blks.0.addnorm1.ln.weight"))).toEqual(new Set([1]));
  expect(new Set(values("encoder.blks.0.addnorm1.ln.bias"))).toEqual(new Set([0]));
});

test.each(["weight", "bias"])("a linear layer's %s is uniform within 1 / √inputs", (part) => {
  const layer = values(`encoder.blks.0.ffn.dense1.${part}`);
  const bound = 1 / 8;
  const largest = Math.max(...layer.map(Math.abs));
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.98 * bound);
  expect(deviation(layer) / bound).toBeCloseTo(1 / Math.sqrt(3), 1);
});
