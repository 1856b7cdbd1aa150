/**
 * How fast tunebert pretrains, beside PyTorch on the same examples: padded as the book does, and sorted by length. Runs take turns.
 *
 *   npx tsc -p tsconfig.bench.json && node dist-bench/bench/pretraining.js --text FILE --python python3 [--hidden 128 …]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BertForPretraining } from "../src/bert/bert-for-pretraining.js";
import { Corpus } from "../src/data/corpus.js";
import { PretrainingExamples } from "../src/data/pretraining-examples.js";
import { readSentences } from "../src/data/sentences.js";
import { streamBytes } from "../src/hub/files/files.js";
import { Random } from "../src/random.js";
import { threads as threadsOf } from "../src/runtime/threads/threads.js";
import { pretraining } from "../src/tasks/pretraining.js";
import { Trainer } from "../src/train/trainer.js";
import { median } from "./statistics.js";

const { values } = parseArgs({
  options: {
    text: { type: "string" },
    python: { type: "string", default: "python3" },
    hidden: { type: "string", default: "128" },
    ffn: { type: "string", default: "256" },
    heads: { type: "string", default: "2" },
    blocks: { type: "string", default: "2" },
    threads: { type: "string", default: "2" },
    steps: { type: "string", default: "10" },
    runs: { type: "string", default: "3" },
  },
});
const [hidden, ffn, heads, blocks, threads, steps, runs] = (
  ["hidden", "ffn", "heads", "blocks", "threads", "steps", "runs"] as const
).map((name) => Number(values[name])) as [number, number, number, number, number, number, number];
const fileName = values.text ?? "";
const [batchSize, maxLength, dropout] = [512, 64, 0.1];

const sentences = readSentences(streamBytes(fileName), { fileName });
const { corpus, tokenizer } = await Corpus.encodeWithNewVocabulary(sentences, { minFrequency: 5 });
const examples = new PretrainingExamples(corpus, tokenizer, { maxLength, nextSentence: true });
const sizes = { vocabularySize: tokenizer.size, hidden, ffn, heads, blocks, maxPositions: maxLength };
const folder = mkdtempSync(join(tmpdir(), "tunebert-bench-"));
try {
  const data = join(folder, "examples.json");
  const random = new Random(0);
  const order = random.shuffle([...Array(examples.size).keys()]);
  const drawn = order
    .slice(0, 20 * batchSize)
    .map((i) => examples.draw(i, random))
    .filter(({ isNext }) => isNext !== undefined);
  const plain = drawn.map(({ packed, places, tokens, isNext }) => ({
    ...{ ids: [...packed.ids], firstLength: packed.firstLength },
    ...{ places: [...places], tokens: [...tokens], isNext },
  }));
  writeFileSync(data, JSON.stringify(plain));
  const mean = plain.reduce((sum, { ids }) => sum + ids.length, 0) / plain.length;
  console.log(
    `${cpus()[0]?.model.trim()}, ${threads} threads, ${new Date().toISOString()}: hidden ${hidden}, ffn ${ffn}, ${heads} heads, ` +
      `${blocks} blocks, ${tokenizer.size} words, batches of ${batchSize}, ${mean.toFixed(1)} tokens a pair`,
  );
  const rates: Record<string, number[]> = { tunebert: [], padded: [], sorted: [] };
  for (let run = 0; run < runs; run++) {
    rates.tunebert!.push(await ours());
    for (const mode of ["padded", "sorted"]) rates[mode]!.push(peer(data, mode));
  }
  const [own, ...others] = Object.entries(rates).map(([name, all]) => [name, median(all)] as const);
  console.log(`${own![0]}: ${own![1].toFixed(0)} pairs/s`);
  for (const [name, rate] of others) {
    console.log(
      `PyTorch ${name}: ${rate.toFixed(0)} pairs/s, of which tunebert's are ${(own![1] / rate).toFixed(2)} times as many`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Pairs a second over so many steps, after one that does not count. */
async function ours(): Promise<number> {
  const model = BertForPretraining.fromScratch(
    sizes,
    { tiedDecoder: false, nextSentence: true },
    new Random(0),
  );
  const trainer = new Trainer(pretraining(model, examples, { dropout }), threadsOf(threads), {
    ...{ batchSize, epochs: 100, learningRate: 1e-3 },
  });
  let seconds = 0;
  for await (const event of trainer.fit()) {
    if (event.event !== "step") continue;
    if (event.step > 1) seconds += event.seconds;
    if (event.step > steps) break;
  }
  return (steps * batchSize) / seconds;
}

function peer(data: string, mode: string): number {
  const script = fileURLToPath(new URL("../../bench/pretraining-peer.py", import.meta.url));
  const slots = Math.round(0.15 * maxLength);
  const model = { ...sizes, dropout };
  const asked = JSON.stringify({ data, mode, threads, batchSize, maxLength, slots, steps, model });
  return JSON.parse(execFileSync(values.python, [script, asked], { encoding: "utf8" })).pairs;
}
