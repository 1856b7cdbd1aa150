/**
 * What the time of a message costs a step of several processes, whose collective is one within this process that waits before it hands
 * over: measured, and predicted as rounds times that time.
 *
 *   npx tsc -p tsconfig.bench.json && node dist-bench/bench/collective-latency.js
 */
import { cpus } from "node:os";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import { generateSamplePairs } from "../src/data/sample-pairs/sample-pairs.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { Random } from "../src/random.js";
import type { Collective } from "../src/runtime/collective.js";
import { threads } from "../src/runtime/threads/threads.js";
import { classification } from "../src/tasks/classification.js";
import { Trainer } from "../src/train/trainer.js";
import { localCollectives } from "../test/support/local-collective.js";
import { median } from "./statistics.js";

const PAIRS = generateSamplePairs(0, { train: 4000, test: 1 }).train;

console.log(`${cpus()[0]?.model.trim()}, Node ${process.version}, ${new Date().toISOString()}`);
for (const size of [2, 4]) {
  const { seconds: without, rounds } = await measure(size, 0);
  console.log(`${size} processes, no delay: ${without.toFixed(4)} s a step, ${rounds} rounds of messages`);
  for (const delay of [1, 5, 20]) {
    const { seconds } = await measure(size, delay);
    const predicted = without + (rounds * delay) / 1000;
    console.log(
      `  ${delay} ms: ${seconds.toFixed(4)} s, predicted ${predicted.toFixed(4)} s, ${(seconds / predicted).toFixed(2)} of it`,
    );
  }
}

async function measure(size: number, delay: number) {
  const [first] = await Promise.all(localCollectives(size, delay).map(train));
  return first!;
}

/** The median time of a step, and how many rounds it takes. */
async function train(collective: Collective) {
  let exchanges = 0;
  const counted: Collective = {
    ...collective,
    exchange(...pieces) {
      exchanges++;
      return collective.exchange(...pieces);
    },
  };
  const { dataset, tokenizer } = await TextDataset.encodeWithNewVocabulary(PAIRS, {
    maxLength: 32,
    minFrequency: 1,
  });
  const sizes = {
    hidden: 64,
    ffn: 128,
    heads: 4,
    blocks: 2,
    maxPositions: 32,
    vocabularySize: tokenizer.size,
  };
  const model = BertClassifier.fromScratch(sizes, dataset.labelNames, new Random(0));
  const options = { epochs: 1, batchSize: 128, seed: 0 };
  const trainer = new Trainer(classification(model, dataset), threads(1, counted), options);
  const seconds: number[] = [];
  let rounds = 0;
  for await (const event of trainer.fit()) {
    if (event.event !== "step") continue;
    if (event.step > 5) seconds.push(event.seconds);
    rounds = exchanges / event.step;
  }
  return { seconds: median(seconds), rounds: Math.round(rounds) };
}
