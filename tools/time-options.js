// Times an optimizer step with training options, each in turn with a step of the defaults, and prints the median ratios
// as a Markdown table: bert.small's sizes, random pairs about as long as SNLI's, whose words are as unevenly frequent.
//
//   npm run build && node tools/time-options.js
import { BertClassifier, Random, TextDataset, Trainer } from "../dist/index.js";

const OPTIONS = {
  "none, for comparison": {},
  "`--clip-norm 1`": { clipNorm: 1 },
  "`--weight-decay 0.01`": { weightDecay: 0.01 },
  "`--label-smoothing 0.1 --class-weights balanced`": { labelSmoothing: 0.1, classWeights: "balanced" },
  "`--freeze embeddings`": { freeze: "embeddings" },
  "`--freeze 1`": { freeze: 1 },
  "`--freeze encoder`": { freeze: "encoder" },
};
const BATCH = 512;
const WARM_UP_STEPS = 4;
const STEPS = 15;

const config = { vocabularySize: 60_005, hidden: 256, ffn: 512, heads: 4, blocks: 2, maxPositions: 512 };
const train = randomPairs(BATCH * (WARM_UP_STEPS + STEPS));

console.log("| options | seconds per step | of the defaults' |\n|---|---:|---:|");
for (const [name, options] of Object.entries(OPTIONS)) {
  const [seconds, reference] = await time(options);
  console.log(`| ${name} | ${seconds.toFixed(3)} | ${(seconds / reference).toFixed(2)} |`);
}

/** Median seconds of a step with the options, and with the defaults. */
async function time(options) {
  const runs = [options, {}].map((given) => {
    const model = BertClassifier.fromScratch(config, train.labelNames, new Random(0));
    return { events: new Trainer(model, { ...given, batchSize: BATCH, epochs: 1 }).fit(train), times: [] };
  });
  for (let step = 0; step < WARM_UP_STEPS + STEPS; step++) {
    for (const { events, times } of runs) {
      const started = performance.now();
      await events.next();
      if (step >= WARM_UP_STEPS) times.push((performance.now() - started) / 1000);
    }
  }
  for (const { events } of runs) await events.return();
  return runs.map(({ times }) => times.sort((a, b) => a - b)[times.length >> 1]);
}

function randomPairs(count) {
  const random = new Random(1);
  const normal = (mean, deviation, least) => Math.max(least, Math.round(mean + deviation * random.normal()));
  const lengths = Int32Array.from({ length: count }, () => normal(27, 9, 8));
  const offsets = new Int32Array(count + 1);
  lengths.forEach((length, i) => {
    offsets[i + 1] = offsets[i] + length;
  });
  return new TextDataset({
    tokenIds: Int32Array.from({ length: offsets[count] }, () =>
      Math.floor(config.vocabularySize ** random.uniform()),
    ),
    offsets,
    firstLengths: lengths.map((length) => Math.ceil(length * 0.6)),
    labels: Int32Array.from({ length: count }, () => random.below(3)),
    labelNames: ["entailment", "contradiction", "neutral"],
    truncated: 0,
    skipped: 0,
  });
}
