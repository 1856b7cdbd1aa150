import { basename } from "node:path";
import type { Command } from "commander";
import { BertClassifier } from "../bert/bert-classifier.js";
import type { BertConfig } from "../bert/config.js";
import { DEFAULT_SIZES, scratchOptions } from "../bert/options.js";
import { isNoLabel } from "../data/no-label.js";
import { readExamples } from "../data/read-examples.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { showAddress } from "../hub/address.js";
import type { Split } from "../hub/catalog.js";
import { streamBytes } from "../hub/files.js";
import type { FolderLock } from "../hub/folder-lock.js";
import { expectFreeFolder, expectKnownFolder } from "../hub/model-folder.js";
import { classifierFrom, loadPretrained } from "../hub/pretrained.js";
import { resolveData } from "../hub/resolve.js";
import type { LabelledExample } from "../predict/answer-labelled.js";
import { Random } from "../random.js";
import { listNames } from "../text/list-names.js";
import type { TextExample } from "../text/text-example.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { trainerOptions } from "../train/options.js";
import { addOptions } from "./add-options.js";
import { checkpointSettings, checkpointToResume } from "./checkpoint-options.js";
import { dataRecord, keepLabelled } from "./data-record.js";
import { fetchOptions } from "./download-options.js";
import { labelNotes, skippedNote } from "./label-notes.js";
import { note, print } from "./print.js";
import { runFingerprint } from "./run-fingerprint.js";
import { type TrainFlags, trainOptionGroups } from "./train-options.js";
import { inRunFolder, runTraining } from "./training-run.js";

/** Position rows of a model from scratch; a longer `--max-length` makes more. */
const POSITIONS = 512;

export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description(
      "Fine-tune a pretrained BERT on labelled texts or pairs of texts, or train one from scratch.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ tunebert train --train snli --test snli --pretrained bert.small --out nli
  $ tunebert train --train pairs.csv --label-column verdict --epochs 3 --learning-rate 5e-4 --out nli`,
    )
    .action(train);
  for (const [heading, options] of Object.entries(trainOptionGroups)) addOptions(command, options, heading);
}

async function train(flags: TrainFlags, command: Command): Promise<void> {
  expectTogether(flags, command);
  if (!flags.resume) await expectKnownFolder(flags.out);
  await inRunFolder(flags.out, (lock) => trainIn(lock, flags));
}

/** Refuses options that mean nothing beside others, or without them. */
function expectTogether(flags: TrainFlags, command: Command): void {
  for (const name of ["metric", "patience"]) {
    if (command.getOptionValueSource(name) === "cli" && flags.validation === undefined) {
      command.error(`error: --${name} needs examples to measure on; give them with --validation`);
    }
  }
  if (flags.key !== undefined && flags.pretrained === undefined) {
    command.error(
      "error: --key says which tensors of a pretrained model are meant; give one with --pretrained",
    );
  }
  const sizes = command.options.filter((option) => Object.hasOwn(scratchOptions, option.attributeName()));
  const size = sizes.find((option) => command.getOptionValue(option.attributeName()) !== undefined);
  if (size && flags.pretrained !== undefined) {
    command.error(`error: ${size.long} is for a model from scratch; leave it out with --pretrained`);
  }
}

async function trainIn(lock: FolderLock, flags: TrainFlags): Promise<void> {
  const { out, overwrite, tensorboard, maxLength, truncation, noLabel } = flags;
  const say = speaker(flags);
  const resumeFrom = await checkpointToResume(flags);
  if (!resumeFrom) await expectFreeFolder(out, { overwrite });
  const { trainSet, model, tokenizer } = flags.pretrained
    ? await fineTuned(flags, flags.pretrained, say)
    : await fromScratch(flags);
  const recordOf = async (file: string, split: Split, dataset: TextDataset) =>
    dataRecord(await resolveData(file, split, fetchOptions(flags)), dataset);
  const unseen = async (name: "validation" | "test", split: Split) => {
    const file = flags[name];
    if (file === undefined) return undefined;
    const examples: LabelledExample[] = [];
    const options = { maxLength, truncation, texts: trainSet.texts, labels: model.labels, noLabel };
    const isNone = (label: string) => isNoLabel(label, model.labels, noLabel);
    const read = keepLabelled(examplesOf(file, split, flags), examples, isNone);
    return { data: name, examples, set: await TextDataset.encode(read, tokenizer, options) };
  };
  const validation = await unseen("validation", "dev");
  const test = await unseen("test", "test");
  say(describe("train", trainSet));
  if (validation) say(describe("validation", validation.set));
  if (test) say(describe("test", test.set));
  say(`vocabulary of ${tokenizer.size} tokens, ${model.labels.length} labels: ${listNames(model.labels)}`);
  note(labelNotes(trainSet, noLabel));
  const fingerprint = await runFingerprint(flags, { model, tokenizer });
  await runTraining({
    model,
    tokenizer,
    maxLength,
    truncation,
    train: trainSet,
    validation: validation?.set,
    test: test?.set,
    out,
    lock,
    overwrite,
    options: trainerOptions(flags),
    checkpoints: checkpointSettings(flags, { resumeFrom, fingerprint }),
    json: flags.logFormat === "json",
    tensorboard,
    description: {
      settings: settingsOf(flags),
      pretrained: flags.pretrained && basename(showAddress(flags.pretrained)),
      data: {
        train: await recordOf(flags.train, "train", trainSet),
        validation: validation && (await recordOf(flags.validation!, "dev", validation.set)),
        test: test && (await recordOf(flags.test!, "test", test.set)),
      },
      unseen: test ?? validation,
    },
  });
}

/** What was chosen beside the settings of the trainer and the sizes of the model. */
function settingsOf(flags: TrainFlags): Record<string, unknown> {
  const { limit, noLabel, pretrained, minFrequency, embeddingStd } = flags;
  return { limit, noLabel, ...(pretrained === undefined ? { minFrequency, embeddingStd } : {}) };
}

interface Prepared {
  readonly trainSet: TextDataset;
  readonly model: BertClassifier;
  readonly tokenizer: Tokenizer;
}

async function fineTuned(flags: TrainFlags, folder: string, say: (line: string) => void): Promise<Prepared> {
  const pretrained = await loadPretrained(folder, {
    ...fetchOptions(flags),
    heads: flags.heads,
    key: flags.key,
  });
  for (const note of pretrained.notes) say(`pretrained: ${note}`);
  expectPositions(flags.maxLength, pretrained.config);
  const trainSet = await TextDataset.encode(examplesOf(flags.train, "train", flags), pretrained.tokenizer, {
    ...flags,
    preferredLabels: pretrained.labels,
  });
  const model = classifierFrom(pretrained, labelsOf(trainSet, flags.train), new Random(flags.seed));
  say(`output layer: ${model.keepsOutput ? "kept from the checkpoint" : "fresh"}`);
  return { trainSet, model, tokenizer: pretrained.tokenizer };
}

async function fromScratch(flags: TrainFlags): Promise<Prepared> {
  const { dataset, tokenizer } = await TextDataset.encodeWithNewVocabulary(
    examplesOf(flags.train, "train", flags),
    flags,
  );
  const { vocabSize: rows = tokenizer.size } = flags;
  if (rows < tokenizer.size) {
    throw new TunebertError(
      (vocabSize, minFrequency) =>
        `the vocabulary has ${tokenizer.size} tokens; ${vocabSize} ${rows} leaves no row for some of them. ` +
        `Raise it, or raise ${minFrequency}`,
      { option: ["vocabSize", "minFrequency"] },
    );
  }
  const config = {
    vocabularySize: rows,
    hidden: flags.hidden ?? DEFAULT_SIZES.hidden,
    ffn: flags.ffn ?? DEFAULT_SIZES.ffn,
    heads: flags.heads ?? DEFAULT_SIZES.heads,
    blocks: flags.blocks ?? DEFAULT_SIZES.blocks,
    maxPositions: Math.max(POSITIONS, flags.maxLength),
  };
  const labels = labelsOf(dataset, flags.train);
  const model = BertClassifier.fromScratch(config, labels, new Random(flags.seed), flags);
  return { trainSet: dataset, model, tokenizer };
}

async function* examplesOf(name: string, split: Split, flags: TrainFlags): AsyncGenerator<TextExample> {
  const file = await resolveData(name, split, fetchOptions(flags));
  // What stands for no label is told when all labels are there.
  const options = { ...flags, noLabel: [], fileName: file, onNotice: note };
  yield* readExamples(streamBytes(file), options);
}

function labelsOf({ labels, labelNames, ...skipped }: TextDataset, file: string): readonly string[] {
  if (labels.some((label) => label !== labels[0])) return labelNames;
  const others = skipped.skipped > 0 ? `; ${skippedNote(skipped)}` : "";
  throw new TunebertError(
    `${showAddress(file)}: every example has the label ${labelNames[labels[0]!]}; a classifier needs at least two labels${others}`,
  );
}

function expectPositions(maxLength: number, { maxPositions }: BertConfig): void {
  if (maxLength > maxPositions) {
    throw new TunebertError(
      (named) =>
        `${named} ${maxLength} is beyond the ${maxPositions} positions of the pretrained model; ` +
        `use ${named} ${maxPositions} or less`,
      { option: "maxLength" },
    );
  }
}

/** As d2l does, with what was left out or cut. */
function describe(name: string, dataset: TextDataset): string {
  const { size, skipped, truncated, texts } = dataset;
  const notes = [
    texts === 1 && "of one text each",
    skipped > 0 && skippedNote(dataset),
    truncated > 0 && `${truncated} truncated`,
  ];
  const details = notes.filter(Boolean).join(", ");
  return `read ${size} ${name} examples${details && ` (${details})`}`;
}

/** Standard output is for JSON alone where that is asked for. */
function speaker({ logFormat }: TrainFlags): (line: string) => void {
  return logFormat === "json" ? note : print;
}
