/** The smallest corpus, model and checkpoint that show whether everything works together. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BertClassifier } from "../../src/bert/bert-classifier.js";
import type { BertConfig } from "../../src/bert/config.js";
import { Random } from "../../src/random.js";
import { Vocabulary } from "../../src/text/vocabulary.js";
import { serializeSafetensors } from "../../src/weights/safetensors.js";
import type { StateDict } from "../../src/weights/tensor.js";

export interface LabelledExample {
  readonly text: string;
  readonly textPair: string;
  readonly label: string;
}

const LABELS = ["entailment", "contradiction", "neutral"];

/** Pairs of which the hypothesis says it all, so that a model learns them within seconds. 36 pairs, 12 of each label. */
export function tinyPairs(): LabelledExample[] {
  return ["otter", "heron", "baker", "pilot"].flatMap((who) =>
    ["calm", "loud", "tall"].flatMap((how) => {
      const text = `the ${how} ${who} waits`;
      return [
        { text, textPair: `some ${who} waits`, label: LABELS[0]! },
        { text, textPair: `no ${who} waits`, label: LABELS[1]! },
        { text, textPair: `the ${who} sings`, label: LABELS[2]! },
      ];
    }),
  );
}

export function toCsv(pairs: readonly LabelledExample[]): string {
  const rows = pairs.map(({ text, textPair, label }) => `${text},${textPair},${label}`);
  return ["premise,hypothesis,label", ...rows, ""].join("\n");
}

/** Flags of a model from scratch that trains in a moment: 36 pairs are three steps an epoch. */
export const TINY_SIZES = ["--hidden", "16", "--ffn", "32", "--heads", "2", "--blocks", "1"];
export const TINY_TRAINING = [
  "--recipe",
  "book",
  "--batch-size",
  "12",
  "--threads",
  "1",
  "--max-length",
  "16",
];

/** What two epochs of them report, checkpoints aside. */
export const TWO_EPOCHS_OF_EVENTS = [
  ...["step", "step", "step", "epoch"],
  ...["step", "step", "step", "epoch"],
  "done",
];

export const TINY_CONFIG: Omit<BertConfig, "vocabularySize"> = {
  hidden: 16,
  ffn: 32,
  heads: 2,
  blocks: 1,
  maxPositions: 24,
};

/** The vocabulary of the tiny pairs. */
export function tinyVocabulary(): Vocabulary {
  const words = tinyPairs().flatMap(({ text, textPair }) => `${text} ${textPair}`.split(" "));
  return Vocabulary.build(
    words.map((word) => [word, 1] as const),
    1,
  );
}

/** A checkpoint without an output layer, as pretraining leaves it. */
export function tinyCheckpoint(): StateDict {
  const config = { ...TINY_CONFIG, vocabularySize: tinyVocabulary().size };
  const state = BertClassifier.fromScratch(config, LABELS, new Random(7), { embeddingStd: 0.1 }).stateDict();
  state.delete("output.weight");
  state.delete("output.bias");
  return state;
}

/** Writes vocabulary and weights where `--pretrained` finds them. */
export function writePretrained(
  folder: string,
  { vocabulary = tinyVocabulary().toJSON(), state = tinyCheckpoint() }: PretrainedFiles = {},
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "vocab.json"), JSON.stringify(vocabulary));
  writeFileSync(join(folder, "pretrained.params"), serializeSafetensors(state));
  return folder;
}

export interface PretrainedFiles {
  readonly vocabulary?: readonly string[];
  readonly state?: StateDict;
}

/** Makes a committed weights file the weights of a pretrained folder. */
export function copyWeights(fixture: string, folder: string): void {
  const file = fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url));
  copyFileSync(file, join(folder, "pretrained.params"));
}
