import { basename } from "node:path";
import type { Command } from "commander";
import { BertClassifier } from "../bert/bert-classifier.js";
import type { BertConfig } from "../bert/config.js";
import { DEFAULT_SIZES, scratchOptions } from "../bert/options.js";
import { isNoLabel } from "../data/no-label.js";
import { readExamples } from "../data/read-examples.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import type { Split } from "../hub/fetch/catalog.js";
import { resolveData } from "../hub/fetch/resolve.js";
import { showAddress } from "../hub/files/address.js";
import { classifierFrom, loadPretrained } from "../hub/store/pretrained.js";
import { keepLabelled, type LabelledExample } from "../predict/answer-labelled.js";
import { Random } from "../random.js";
import type { DataRecord } from "../report/files/run-record.js";
import { DataFile } from "../run/data-file.js";
import { runOptions } from "../run/options.js";
import { startFingerprint } from "../run/run-fingerprint.js";
import { inRunFolder, type RunFolder } from "../run/run-folder.js";
import { listNames } from "../text/list-names.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { addOptions } from "./add-options.js";
import { fetchOptions } from "./download-options.js";
import { labelNotes, skippedNote } from "./label-notes.js";
import { note, print } from "./print.js";
import { trainInTerminal } from "./train-in-terminal.js";
import { type TrainFlags, trainOptionGroups } from "./train-options.js";

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
  const { out, overwrite, resume } = flags;
  await inRunFolder(out, { overwrite, resume, onNotice: note }, (folder) => trainIn(folder, flags));
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

async function trainIn(folder: RunFolder, flags: TrainFlags): Promise<void> {
  const { out, tensorboard, maxLength, truncation, noLabel, pretrained, embeddingStd } = flags;
  const say = speaker(flags);
  const { train, model, tokenizer } =
    pretrained === undefined ? await fromScratch(flags) : await fineTuned(flags, pretrained, say);
  const heldOut = async (name: "validation" | "test", split: Split) => {
    const given = flags[name];
    if (given === undefined) return undefined;
    const { file, examples } = await openData(given, split, flags);
    const labelled: LabelledExample[] = [];
    const options = { maxLength, truncation, texts: train.set.texts, labels: model.labels, noLabel };
    const isNone = (label: string) => isNoLabel(label, model.labels, noLabel);
    const set = await TextDataset.encode(keepLabelled(examples, labelled, isNone), tokenizer, options);
    return { set, examples: labelled, record: await file.record(set) };
  };
  const validation = await heldOut("validation", "dev");
  const test = await heldOut("test", "test");
  say(describe("train", train.set));
  if (validation) say(describe("validation", validation.set));
  if (test) say(describe("test", test.set));
  say(`vocabulary of ${tokenizer.size} tokens, ${model.labels.length} labels: ${listNames(model.labels)}`);
  note(labelNotes(train.set, noLabel));
  const { checkpoints, checkpointEvery: every, keep } = flags;
  await trainInTerminal({
    ...{ model, tokenizer, maxLength, truncation, texts: train.set.texts, tensorboard },
    train: train.set,
    validation: validation?.set,
    test: test?.set,
    heldOut: (test ?? validation)?.examples,
    out: folder,
    options: runOptions(flags),
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
  readonly train: { readonly set: TextDataset; readonly record: DataRecord };
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
  const { tokenizer, labels: preferredLabels } = pretrained;
  const { file, examples } = await openData(flags.train, "train", flags);
  const set = await TextDataset.encode(examples, tokenizer, { ...flags, preferredLabels });
  const model = classifierFrom(pretrained, labelsOf(set, flags.train), new Random(flags.seed));
  say(`output layer: ${model.keepsOutput ? "kept from the checkpoint" : "fresh"}`);
  return { train: { set, record: await file.record(set) }, model, tokenizer };
}

async function fromScratch(flags: TrainFlags): Promise<Prepared> {
  const { file, examples } = await openData(flags.train, "train", flags);
  const { dataset: set, tokenizer } = await TextDataset.encodeWithNewVocabulary(examples, flags);
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
  const labels = labelsOf(set, flags.train);
  const model = BertClassifier.fromScratch(config, labels, new Random(flags.seed), flags);
  return { train: { set, record: await file.record(set) }, model, tokenizer };
}

/** A file of examples, and the examples in it, to be read once. */
async function openData(name: string, split: Split, flags: TrainFlags) {
  const file = new DataFile(await resolveData(name, split, fetchOptions(flags)));
  // What stands for no label is told when all labels are there.
  const options = { ...flags, noLabel: [], fileName: file.path, onNotice: note };
  return { file, examples: readExamples(file.bytes(), options) };
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
