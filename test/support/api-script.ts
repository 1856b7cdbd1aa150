/** Programs of a user of the built package, each run in a process of its own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const BUILT = new URL("../../dist/index.js", import.meta.url).href;

/** A model with answers of no sense, a predictor, training, and pairs for both. */
const PREAMBLE = `
const BUILT = ${JSON.stringify(BUILT)};
import { BertClassifier, classification, TextDataset, Predictor, Random, threads, Trainer, Vocabulary, WordTokenizer } from ${JSON.stringify(BUILT)};

const words = Array.from({ length: 200 }, (_, i) => "w" + i);
const vocabulary = Vocabulary.build(words.map((word) => [word, 1]), 1);
const tokenizer = new WordTokenizer(vocabulary);
const sizes = { hidden: 192, ffn: 512, heads: 2, blocks: 2, maxPositions: 64 };
const config = { ...sizes, vocabularySize: vocabulary.size };
const labels = ["a", "b"];
const model = BertClassifier.fromScratch(config, labels, new Random(1));
const somePairs = (count) =>
  Array.from({ length: count }, (_, i) => ({
    text: words.slice(i % 100, (i % 100) + 25).join(" "),
    textPair: words.slice(i % 150, (i % 150) + 25).join(" "),
    label: labels[i % 2],
  }));
const startPredictor = () => Predictor.start({ model, tokenizer, maxLength: 64, device: threads(2) });
const fit = async (options) => {
  const dataset = await TextDataset.encode(somePairs(120), tokenizer, { maxLength: 64, labels });
  return new Trainer(classification(model, dataset), threads(2), { batchSize: 60, ...options }).fit();
};
`;

/** Writes a program that begins with a preamble, and returns its path. */
export function apiScript(folder: string, name: string, body: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, PREAMBLE + body);
  return path;
}
