/** What frozen blocks put out, computed once, is what they put out anew in each epoch. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import type { BertConfig } from "../src/bert/config.js";
import type { Freeze } from "../src/bert/freeze.js";
import { classifierFrom, loadPretrained } from "../src/hub/store/pretrained.js";
import { Random } from "../src/random.js";
import type { Device } from "../src/runtime/engine.js";
import { threads } from "../src/runtime/threads/threads.js";
import { classification } from "../src/tasks/classification.js";
import { keptOf } from "../src/tasks/fine-tuning.js";
import { Trainer } from "../src/train/trainer.js";
import { randomDataset } from "./support/random-dataset.js";

const FIXTURES = fileURLToPath(new URL("fixtures/hugging-face", import.meta.url));
const SIZES: BertConfig = { vocabularySize: 80, hidden: 16, ffn: 24, heads: 2, blocks: 3, maxPositions: 32 };
const labels = ["label 0", "label 1", "label 2"];
const train = randomDataset(
  Array.from({ length: 40 }, (_, i) => 4 + ((i * 7) % 17)),
  { vocabularySize: 80 },
);
const options = { epochs: 2, batchSize: 8, learningRate: 1e-2, dropout: 0 };

async function trained(model: BertClassifier, freeze: Freeze, keeps: boolean) {
  const { prepare, ...task } = classification(model, train, { ...options, freeze });
  const device = threads(2);
  let opened = 0;
  const counting: Device = {
    shape: device.shape,
    open: (programs, parameters) => {
      opened++;
      return device.open(programs, parameters);
    },
  };
  const trainer = new Trainer(keeps && prepare ? { ...task, prepare } : task, counting, options);
  const losses: number[] = [];
  for await (const event of trainer.fit({ test: train })) {
    if (event.event === "step") losses.push(event.loss);
    if (event.event === "epoch") losses.push(event.test!.loss!);
  }
  return { losses, opened, parameters: model.parameters };
}

const fixture = async (name: string) =>
  classifierFrom(await loadPretrained(join(FIXTURES, name)), labels, new Random(0));
const fresh = async () => BertClassifier.fromScratch(SIZES, labels, new Random(1), { embeddingStd: 0.1 });

test.each<[string, Freeze, () => Promise<BertClassifier>]>([
  ["the book's BERT", 1, fresh],
  ["the book's BERT", 2, fresh],
  ["the book's BERT", "encoder", fresh],
  ["a published BERT", 1, () => fixture("bert-gelu")],
  ["one whose mean is read", 1, () => fixture("bert-mean")],
  ["one whose mean is read", "encoder", () => fixture("bert-mean")],
  ["an ELECTRA", "encoder", () => fixture("electra")],
])("%s, frozen: %s", async (_, freeze, make) => {
  const kept = await trained(await make(), freeze, true);
  const anew = await trained(await make(), freeze, false);
  expect([kept.opened, anew.opened]).toEqual([2, 1]);
  expect(kept.losses).toBeCloseToTensor(anew.losses, { absolute: 1e-5 });
  for (const [name, { data }] of anew.parameters) {
    expect(kept.parameters.get(name)!.data, name).toBeCloseToTensor(data, { absolute: 1e-5 });
  }
});

test("nothing is kept where nothing is frozen, blocks drop, or it would not fit", async () => {
  const kept = (freeze: Freeze, more: object = {}, set = train, config = SIZES) =>
    keptOf(config, set, { freeze, dropout: 0, ...more });
  expect(kept("nothing").blocks).toBe(0);
  expect(kept("embeddings").blocks).toBe(0);
  expect(kept(2)).toEqual({ blocks: 2, bytes: train.tokenIds.length * 16 * 4 });
  expect(kept("encoder")).toEqual({ blocks: 3, bytes: train.size * 16 * 4 });
  expect(kept(2, { dropout: 0.1 })).toMatchObject({ blocks: 0, why: "dropout" });
  const wide = { ...SIZES, hidden: 2 ** 21 };
  expect(kept(2, {}, train, wide)).toMatchObject({ blocks: 0, why: "memory" });
  const published = (await fixture("bert-gelu")).config;
  expect(kept(2, { dropout: undefined }, train, published).blocks).toBe(2);
});
