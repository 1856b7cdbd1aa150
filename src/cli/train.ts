import { basename } from "node:path";
import { type Command, Option } from "commander";
import { BertClassifier } from "../bert/bert-classifier.js";
import type { BertConfig } from "../bert/config.js";
import { isNoLabel } from "../data/no-label.js";
import { PairDataset } from "../data/pair-dataset.js";
import { readPairs } from "../data/read-pairs.js";
import { TunebertError } from "../error.js";
import type { Split } from "../hub/fetch/catalog.js";
import { resolveData } from "../hub/fetch/resolve.js";
import { showAddress } from "../hub/files/address.js";
import { classifierFrom, loadPretrained } from "../hub/store/pretrained.js";
import { keepLabelled, type LabelledPair } from "../predict/answer-labelled.js";
import { Random } from "../random.js";
import type { DataRecord } from "../report/files/run-record.js";
import { DataFile } from "../run/data-file.js";
import { startFingerprint } from "../run/run-fingerprint.js";
import { inRunFolder, type RunFolder } from "../run/run-folder.js";
import { listNames } from "../text/list-names.js";
import { DEFAULT_TRUNCATION, type TruncationName, truncations } from "../text/truncate-pair.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { addCheckpointOptions, type CheckpointFlags } from "./checkpoint-options.js";
import { type DownloadFlags, downloadOptions, fetchOptions } from "./download-options.js";
import { labelNotes, skippedNote } from "./label-notes.js";
import {
  type ColumnFlags,
  columnOptions,
  keyOption,
  type LabelFlags,
  noLabelOption,
  positiveNumber,
  positiveWholeNumber,
} from "./options.js";
import { note, print } from "./print.js";
import { trainInTerminal } from "./train-in-terminal.js";
import { addTrainingOptions, type TrainingFlags, trainerOptionsOf } from "./training-options.js";

interface TrainFlags extends ColumnFlags, LabelFlags, DownloadFlags, TrainingFlags, CheckpointFlags {
  readonly train: string;
  readonly validation?: string;
  readonly test?: string;
  readonly out: string;
  readonly tensorboard: boolean;
  readonly overwrite: boolean;
  readonly manyLabels: boolean;
  readonly limit?: number;
  readonly maxLength: number;
  readonly truncation: TruncationName;
  readonly minFrequency: number;
  readonly pretrained?: string;
  readonly key?: string;
  readonly hidden?: number;
  readonly ffn?: number;
  readonly heads?: number;
  readonly blocks?: number;
  readonly vocabSize?: number;
  readonly embeddingStd?: number;
  readonly logFormat: "text" | "json";
}

/** Position rows of a model from scratch; a longer `--max-length` makes more. */
const POSITIONS = 512;

/** Sizes of a model from scratch: those of d2l's bert.small. */
const SIZES = { hidden: 256, ffn: 512, heads: 4, blocks: 2 };

export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description("Fine-tune a pretrained BERT on labelled pairs of texts, or train one from scratch.")
    .optionsGroup("Data:")
    .requiredOption(
      "--train <file>",
      "labelled pairs to train on: SNLI's .txt, or .tsv, .csv or .jsonl with named columns, as they are or as .gz; or snli, which is fetched",
    )
    .option(
      "--validation <file>",
      "labelled pairs by which the best epoch's model is chosen and kept; snli means its dev pairs",
    )
    .option(
      "--test <file>",
      "labelled pairs to measure accuracy on after each epoch; snli means its test pairs",
    )
    .addOption(columnOptions({ label: true })[0]!)
    .addOption(columnOptions({ label: true })[1]!)
    .addOption(columnOptions({ label: true })[2]!)
    .addOption(columnOptions({ label: true })[3]!)
    .addOption(columnOptions({ label: true })[4]!)
    .addOption(columnOptions({ label: true })[5]!)
    .addOption(noLabelOption())
    .option("--many-labels", "take labels that are more than one in five pairs, or fractions", false)
    .addOption(downloadOptions()[0]!)
    .addOption(downloadOptions()[1]!)
    .option("--limit <n>", "train on the first n pairs only", positiveWholeNumber)
    .option(
      "--max-length <n>",
      "longest input in tokens; longer pairs are truncated",
      positiveWholeNumber,
      128,
    )
    .addOption(
      new Option(
        "--truncation <how>",
        "of pairs that are longer: cut the end of the longer text first, or of both and keep the ratio of their lengths",
      )
        .choices(Object.keys(truncations))
        .default(DEFAULT_TRUNCATION),
    )
    .optionsGroup("Model:")
    .option(
      "--pretrained <folder>",
      "start from vocab.json and pretrained.params in this folder, from a trained model, or from a model that " +
        "tunebert fetch knows",
    )
    .option(...keyOption)
    .option(
      "--heads <n>",
      `attention heads (default: ${SIZES.heads}; of a pretrained model: hidden size / 64)`,
      positiveWholeNumber,
    )
    .option("--hidden <n>", `hidden size, from scratch (default: ${SIZES.hidden})`, positiveWholeNumber)
    .option(
      "--ffn <n>",
      `width of the feed-forward layers, from scratch (default: ${SIZES.ffn})`,
      positiveWholeNumber,
    )
    .option(
      "--blocks <n>",
      `Transformer blocks, from scratch (default: ${SIZES.blocks})`,
      positiveWholeNumber,
    )
    .option(
      "--vocab-size <n>",
      "rows of the token embedding, from scratch (default: as many as there are tokens)",
      positiveWholeNumber,
    )
    .option(
      "--min-frequency <n>",
      "how often a token must occur to enter the vocabulary, from scratch",
      positiveWholeNumber,
      2,
    )
    .option(
      "--embedding-std <x>",
      "standard deviation of fresh embeddings, from scratch (default: 1)",
      positiveNumber,
    );
  addTrainingOptions(command);
  addCheckpointOptions(command);
  command
    .optionsGroup("Output:")
    .requiredOption("--out <folder>", "where the model, its metrics and its report go")
    .option(
      "--tensorboard",
      "write the figures of each step for TensorBoard too, to tensorboard in that folder",
      false,
    )
    .option("--overwrite", "replace the model and the checkpoints that are in the folder", false)
    .addOption(
      new Option(
        "--log-format <format>",
        "what goes to standard output: lines to read, or each event as JSON",
      )
        .choices(["text", "json"])
        .default("text"),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ tunebert train --train snli --test snli --pretrained bert.small --out nli
  $ tunebert train --train pairs.csv --label-column verdict --epochs 3 --learning-rate 5e-4 --out nli`,
    )
    .action(train);
}

async function train(flags: TrainFlags, command: Command): Promise<void> {
  for (const name of ["metric", "patience"]) {
    if (command.getOptionValueSource(name) === "cli" && flags.validation === undefined) {
      command.error(`error: --${name} needs pairs to measure on; give them with --validation`);
    }
  }
  if (flags.key !== undefined && flags.pretrained === undefined) {
    command.error(
      "error: --key says which tensors of a pretrained model are meant; give one with --pretrained",
    );
  }
  const { out, overwrite, resume } = flags;
  await inRunFolder(out, { overwrite, resume, onNotice: note }, (folder) => trainIn(folder, flags, command));
}

async function trainIn(folder: RunFolder, flags: TrainFlags, command: Command): Promise<void> {
  const { out, tensorboard, maxLength, truncation, noLabel, pretrained, embeddingStd } = flags;
  const say = speaker(flags);
  const { train, model, vocabulary } =
    pretrained === undefined ? await fromScratch(flags) : await fineTuned(flags, pretrained, command);
  const heldOut = async (name: "validation" | "test", split: Split) => {
    const given = flags[name];
    if (given === undefined) return undefined;
    const { file, pairs } = await openData(given, split, flags);
    const labelled: LabelledPair[] = [];
    const options = { maxLength, truncation, labels: model.labels, noLabel };
    const isNone = (label: string) => isNoLabel(label, model.labels, noLabel);
    const set = await PairDataset.encode(keepLabelled(pairs, labelled, isNone), vocabulary, options);
    return { set, pairs: labelled, record: await file.record(set) };
  };
  const validation = await heldOut("validation", "dev");
  const test = await heldOut("test", "test");
  say(describe("train", train.set));
  if (validation) say(describe("validation", validation.set));
  if (test) say(describe("test", test.set));
  say(`vocabulary of ${vocabulary.size} tokens, ${model.labels.length} labels: ${listNames(model.labels)}`);
  note(labelNotes(train.set, noLabel));
  const { checkpoints, checkpointEvery: every, keep } = flags;
  await trainInTerminal({
    ...{ model, vocabulary, maxLength, truncation, tensorboard },
    train: train.set,
    validation: validation?.set,
    test: test?.set,
    heldOut: (test ?? validation)?.pairs,
    out: folder,
    options: trainerOptionsOf(flags),
    checkpoints: checkpoints && { every, keep },
    fingerprint: await startFingerprint({ pretrained, embeddingStd, out, model }),
    json: flags.logFormat === "json",
    description: {
      settings: settingsOf(flags),
      pretrained: pretrained && basename(showAddress(pretrained)),
      data: { train: train.record, validation: validation?.record, test: test?.record },
    },
  });
}

/** What was chosen beside the settings of the trainer and the sizes of the model. */
function settingsOf(flags: TrainFlags): Record<string, unknown> {
  const { limit, noLabel, pretrained, minFrequency, embeddingStd } = flags;
  return { limit, noLabel, ...(pretrained === undefined ? { minFrequency, embeddingStd } : {}) };
}

interface Prepared {
  readonly train: { readonly set: PairDataset; readonly record: DataRecord };
  readonly model: BertClassifier;
  readonly vocabulary: Vocabulary;
}

async function fineTuned(flags: TrainFlags, folder: string, command: Command): Promise<Prepared> {
  for (const name of ["hidden", "ffn", "blocks", "vocabSize", "embeddingStd"] as const) {
    if (flags[name] !== undefined) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      command.error(`error: --${flag} is for a model from scratch; leave it out with --pretrained`);
    }
  }
  const pretrained = await loadPretrained(folder, {
    ...fetchOptions(flags),
    heads: flags.heads,
    key: flags.key,
  });
  for (const note of pretrained.notes) speaker(flags)(`pretrained: ${note}`);
  expectPositions(flags.maxLength, pretrained.config);
  const { vocabulary, labels: preferredLabels } = pretrained;
  const { file, pairs } = await openData(flags.train, "train", flags);
  const set = await PairDataset.encode(pairs, vocabulary, { ...flags, preferredLabels });
  const model = classifierFrom(pretrained, labelsOf(set, flags.train), new Random(flags.seed));
  speaker(flags)(`output layer: ${model.keepsOutput ? "kept from the checkpoint" : "fresh"}`);
  return { train: { set, record: await file.record(set) }, model, vocabulary };
}

async function fromScratch(flags: TrainFlags): Promise<Prepared> {
  const { file, pairs } = await openData(flags.train, "train", flags);
  const { dataset: set, vocabulary } = await PairDataset.encodeWithNewVocabulary(pairs, flags);
  const { vocabSize = vocabulary.size } = flags;
  if (vocabSize < vocabulary.size) {
    throw new TunebertError(
      `the vocabulary has ${vocabulary.size} tokens; --vocab-size ${vocabSize} leaves no row for some of them. ` +
        "Raise it, or raise --min-frequency",
    );
  }
  const config = {
    vocabularySize: vocabSize,
    hidden: flags.hidden ?? SIZES.hidden,
    ffn: flags.ffn ?? SIZES.ffn,
    heads: flags.heads ?? SIZES.heads,
    blocks: flags.blocks ?? SIZES.blocks,
    maxPositions: Math.max(POSITIONS, flags.maxLength),
  };
  const labels = labelsOf(set, flags.train);
  const model = BertClassifier.fromScratch(config, labels, new Random(flags.seed), flags);
  return { train: { set, record: await file.record(set) }, model, vocabulary };
}

/** A file of pairs, and the pairs in it, to be read once. */
async function openData(name: string, split: Split, flags: TrainFlags) {
  const file = new DataFile(await resolveData(name, split, fetchOptions(flags)));
  // What stands for no label is told when all labels are there.
  const options = { ...flags, noLabel: [], fileName: file.path, onNotice: note };
  return { file, pairs: readPairs(file.bytes(), options) };
}

function labelsOf({ labels, labelNames, ...skipped }: PairDataset, file: string): readonly string[] {
  if (labels.some((label) => label !== labels[0])) return labelNames;
  const others = skipped.skipped > 0 ? `; ${skippedNote(skipped)}` : "";
  throw new TunebertError(
    `${showAddress(file)}: every pair has the label ${labelNames[labels[0]!]}; a classifier needs at least two labels${others}`,
  );
}

function expectPositions(maxLength: number, { maxPositions }: BertConfig): void {
  if (maxLength > maxPositions) {
    throw new TunebertError(
      `--max-length ${maxLength} is beyond the ${maxPositions} positions of the pretrained model; ` +
        `use --max-length ${maxPositions} or less`,
    );
  }
}

/** As d2l does, with what was left out or cut. */
function describe(name: string, dataset: PairDataset): string {
  const { size, skipped, truncated } = dataset;
  const notes = [skipped > 0 && skippedNote(dataset), truncated > 0 && `${truncated} truncated`];
  const details = notes.filter(Boolean).join(", ");
  return `read ${size} ${name} examples${details && ` (${details})`}`;
}

/** Standard output is for JSON alone where that is asked for. */
function speaker({ logFormat }: TrainFlags): (line: string) => void {
  return logFormat === "json" ? note : print;
}
