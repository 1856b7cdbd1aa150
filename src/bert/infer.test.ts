import { expect, test } from "vitest";
import { randomDataset } from "../../test/support/random-dataset.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { Random } from "../random.js";
import { threads } from "../runtime/threads/threads.js";
import { BertClassifier } from "./bert-classifier.js";
import { infer, inferencePrograms } from "./infer.js";

const config = { vocabularySize: 300, hidden: 8, ffn: 8, heads: 2, blocks: 6, maxPositions: 32 };
const device = threads(2);
const { shape } = device;

/** Enough for a chunk with full runs of several micro-batches, and another chunk with less. */
const lengths = Array.from({ length: 4500 }, (_, i) => 3 + ((i * 7) % 13));

function only(dataset: TextDataset, example: number): TextDataset {
  const ids = dataset.ids(example);
  return new TextDataset({
    ...dataset,
    tokenIds: ids,
    offsets: Int32Array.of(0, ids.length),
    firstLengths: dataset.firstLengths.slice(example, example + 1),
    labels: dataset.labels.slice(example, example + 1),
  });
}

test("every example has the logits that it has alone, in the order of the dataset", async () => {
  const dataset = randomDataset(lengths, { vocabularySize: config.vocabularySize });
  const model = BertClassifier.fromScratch(config, dataset.labelNames, new Random(0));
  const inference = inferencePrograms(model, shape);
  expect(inference.map(({ microBatches }) => microBatches)).toEqual([4, 1]);
  const engine = await device.open({ inference }, model.parameters);
  const logits = await infer(engine, dataset, model, { shape });
  expect(logits).toHaveLength(3 * dataset.size);
  for (let example = 0; example < dataset.size; example += 250) {
    const alone = await infer(engine, only(dataset, example), model, { shape });
    expect(logits.subarray(3 * example, 3 * example + 3)).toBeCloseToTensor(alone, { absolute: 1e-5 });
  }
  expect(await infer(engine, randomDataset([], config), model, { shape })).toHaveLength(0);
  await engine.close();
});

test("the first example whose answer is not a number is named", async () => {
  const dataset = randomDataset([9, 4, 12, 5], { vocabularySize: config.vocabularySize });
  const model = BertClassifier.fromScratch(config, dataset.labelNames, new Random(0));
  model.parameters.get("output.bias")!.data[1] = Number.NEGATIVE_INFINITY;
  const inference = inferencePrograms(model, shape);
  const engine = await device.open({ inference }, model.parameters);
  await expect(infer(engine, dataset, model, { shape })).rejects.toThrow(
    "example 1: the model answers -Infinity, not a number; its weights are too large or damaged",
  );
  const notFinite = (example: number, logit: number) => new TunebertError(`${example}: ${logit}`);
  const last = only(dataset, 3);
  await expect(infer(engine, last, model, { shape, notFinite })).rejects.toThrow("1: -Infinity");
  await engine.close();
});
