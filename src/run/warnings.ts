import { taskOf } from "../data/answers.js";
import type { TextDataset } from "../data/text-dataset.js";
import type { DataRecord, RunRecord } from "../report/files/run-record.js";
import { formatThings } from "../report/terminal/format-quantity.js";
import type { RunOptions } from "./options.js";

/** What may keep a model from learning, or its figures from being true, a sentence each with the remedy. */

/** The sets of a run, or what is known of the files that they come from. */
export interface RunData<T> {
  readonly train: T;
  readonly validation: T | undefined;
  readonly test: T | undefined;
}

const FEW_STEPS = 100;
/** Beyond these shares it is said. */
const MUCH_TRUNCATED = 0.05;
const MANY_UNKNOWN = 0.2;
const MANY_SHARED = 0.01;
/** How many times as many examples as the rarest label the most frequent one may have. */
const LOPSIDED = 10;

/** Of a run's examples, before it starts. @param unknown the id of words that the tokenizer does not know */
export function dataWarnings(
  sets: RunData<TextDataset>,
  files: RunData<DataRecord>,
  { batchSize, accumulate, epochs, classWeights }: RunOptions,
  unknown: number | undefined,
): string[] {
  const { train } = sets;
  const heldOut = (
    [
      ["validation", sets.validation],
      ["test", sets.test],
    ] as const
  ).flatMap(([name, set]) => (set === undefined ? [] : [{ name, set, file: files[name] }]));
  const steps = epochs * Math.ceil(train.size / (batchSize * accumulate));
  const all = [{ name: "training", set: train }, ...heldOut];
  return [
    steps < FEW_STEPS &&
      `only ${formatThings(steps, "step")} of training: take more --epochs or a smaller --batch-size, or leave both to the recipe`,
    ...all.flatMap(({ name, set }) => setWarnings(name, set)),
    classWeights === "equal" && lopsided(train),
    ...heldOut.flatMap(({ name, set, file }) =>
      isSameFile(files.train, file)
        ? `the training examples are the ${name} examples too, so their figures say nothing of others: give another file, ` +
          "or --test-share 0.1"
        : overlap(train, set, name, unknown),
    ),
  ].filter((warning) => typeof warning === "string");
}

/** Of words that a model does not know; `undefined` where there are not many. @param name of the examples */
export function unknownWarning(name: string, share: number): string | undefined {
  if (share <= MANY_UNKNOWN) return undefined;
  return (
    `${percent(share)} of the words of the ${name} examples are unknown to the model: it was trained on other texts, or on ` +
    "too few; train on texts such as these, with --min-frequency 1 if they are few"
  );
}

/** Of what a run came to. */
export function outcomeWarnings({ evaluation, multiLabel, regression }: RunRecord): string[] {
  if (regression && regression.meanSquaredError >= regression.variance) {
    return [
      `the guesses on the ${regression.data} examples are no nearer than their mean would be: ${MORE_LEARNING}`,
    ];
  }
  if (multiLabel && multiLabel.microF1 === 0) {
    return [`no label of the ${multiLabel.data} examples is answered right: ${MORE_LEARNING}`];
  }
  if (!evaluation) return [];
  const supports = evaluation.perClass.map(({ support }) => support);
  const majority = supports.reduce((most, support) => Math.max(most, support), 0) / evaluation.examples;
  if (evaluation.accuracy > majority) return [];
  return [
    `the accuracy on the ${evaluation.data} examples, ${percent(evaluation.accuracy)}, is not above the share of their most ` +
      `frequent label, ${percent(majority)}: ${MORE_LEARNING}`,
  ];
}

const MORE_LEARNING =
  "train for more --epochs, with a smaller --batch-size or a higher --learning-rate, on more examples, or from a " +
  "--pretrained model";

function setWarnings(name: string, set: TextDataset): (string | undefined | false)[] {
  const { empty } = set;
  const truncated = set.truncated / set.size;
  return [
    name !== "training" && unknownWarning(name, set.unknownShare),
    truncated > MUCH_TRUNCATED &&
      `${percent(truncated)} of the ${name} examples lose their end: give them room with a larger --max-length`,
    empty > 0 &&
      `${formatThings(empty, "example")} of the ${name} examples ${empty === 1 ? "has" : "have"} an empty text: look whether the right columns ` +
        "are read",
  ];
}

function lopsided({ answers, labels, labelNames, labelCounts: counts }: TextDataset): string | undefined {
  if (taskOf(answers) !== "classification") return undefined;
  const there = counts.filter((count) => count > 0);
  const most = there.reduce((a, b) => Math.max(a, b), 0);
  const least = there.reduce((a, b) => Math.min(a, b), labels.length);
  if (counts.length === 0 || most < LOPSIDED * least) return undefined;
  const [frequent, rare] = [labelNames[counts.indexOf(most)], labelNames[counts.indexOf(least)]];
  return (
    `${frequent} has ${formatThings(most, "training example")}, ${rare} ${least}: a model may pass over what is rare; ` +
    "--class-weights balanced makes up for it"
  );
}

function isSameFile(train: DataRecord, other: DataRecord | undefined): boolean {
  return train.sha256 !== undefined && train.sha256 === other?.sha256;
}

/** Of examples of a set that were trained on too, as far as all of their words are known. */
function overlap(
  train: TextDataset,
  set: TextDataset,
  name: string,
  unknown: number | undefined,
): string | undefined {
  const seen = new Set(keysOf(train));
  const shared = keysOf(set).filter((key, i) => seen.has(key) && !set.ids(i).includes(unknown ?? -1)).length;
  if (shared <= MANY_SHARED * set.size) return undefined;
  return (
    `${formatThings(shared, `${name} example`)} of ${set.size} ${shared === 1 ? "is a training example" : "are training examples"} too, ` +
    "so the figures are better than they would be on others: take them out of one of the files"
  );
}

/** The token ids of each example as one text. */
function keysOf(set: TextDataset): string[] {
  return Array.from({ length: set.size }, (_, i) => set.ids(i).join());
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
