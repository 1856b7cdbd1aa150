import { expect, test } from "vitest";
import { drawShare } from "./draw-share.js";

const examples = Array.from({ length: 6000 }, (_, i) => ({ text: `text ${i >> 1}`, textPair: `${i}` }));

async function draw(from: typeof examples, seed = 0) {
  const test: typeof examples = [];
  const train: typeof examples = [];
  for await (const example of drawShare(from, { share: 0.1, seed }, test)) train.push(example as never);
  return { train, test };
}

test("draws about as many as were asked for, all with one first text together", async () => {
  const { train, test } = await draw(examples);
  expect(train.length + test.length).toBe(examples.length);
  expect(test.length / examples.length).toBeCloseTo(0.1, 1);
  const texts = new Set(train.map(({ text }) => text));
  expect(test.filter(({ text }) => texts.has(text))).toEqual([]);
});

test("draws the same whatever the order, and others by another seed", async () => {
  const names = ({ test }: Awaited<ReturnType<typeof draw>>) => test.map(({ textPair }) => textPair).sort();
  const first = names(await draw(examples));
  expect(names(await draw([...examples].reverse()))).toEqual(first);
  expect(names(await draw(examples, 1))).not.toEqual(first);
});
