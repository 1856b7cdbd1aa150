import { existsSync } from "node:fs";
import { lstat, readdir, rm, rmdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { TunebertError } from "../../error.js";
import { expectFits } from "../../option.js";
import { count } from "../../option-kinds.js";
import { systemReason } from "../../system-error.js";
import { inFile } from "../files/files.js";
import { makeFolder } from "../files/make-folder.js";
import { readCheckpoint, type StoredCheckpoint, writeCheckpoint } from "./checkpoint-file.js";

/** What the folder has to know of a checkpoint's state. */
export interface CheckpointPlace {
  /** steps taken */
  readonly step: number;
  /** the best so far by its step, which is kept */
  readonly best: { readonly step: number } | null;
}

/** What becomes of older checkpoints. */
export interface CheckpointFolderOptions {
  /** How many of the latest checkpoints stay, besides the best; default 2. */
  readonly keep?: number;
}

/** A checkpoint that was read, and where it was. */
export interface FoundCheckpoint extends StoredCheckpoint {
  readonly file: string;
  readonly bytes: number;
}

export const DEFAULT_KEEP = 2;

/**
 * Keeps the latest checkpoints of a run, and the best, in `checkpoints/` of the model's folder.
 * @example
 * const { model } = await loadModel("nli");
 * const examples = readExamples(streamBytes("train.csv"), { fileName: "train.csv" });
 * const { dataset } = await TextDataset.encodeWithNewVocabulary(examples, { labels: model.labels });
 * const checkpoints = new CheckpointFolder("run", { keep: 2 });
 * for await (const event of new Trainer(classification(model, dataset), threads()).fit({ checkpoints })) {
 *   if (event.event === "checkpoint") console.log(event.file);
 * }
 */
export class CheckpointFolder {
  readonly #folder: string;
  readonly #keep: number;

  /** @throws TunebertError when fewer than one would be kept */
  constructor(folder: string, { keep = DEFAULT_KEEP }: CheckpointFolderOptions = {}) {
    expectFits("keep", count, keep);
    this.#folder = folder;
    this.#keep = keep;
  }

  /**
   * Writes a checkpoint, whole or not at all, and then removes those that are no longer to be kept.
   * @throws TunebertError when it cannot be written; those before it stay
   */
  async save(checkpoint: StoredCheckpoint<CheckpointPlace>): Promise<{ file: string; bytes: number }> {
    const { step, best } = checkpoint.state;
    const folder = checkpointsPath(this.#folder);
    const file = join(folder, fileName(step));
    await expectOwnFolder(folder);
    await inFolder(folder, () => makeFolder(folder));
    const bytes = await writeCheckpoint(file, checkpoint);
    await inFolder(folder, () => this.#prune(step, best?.step));
    return { file, bytes };
  }

  /** Checkpoints of later steps are of a past that was left, by going on from one before them. */
  async #prune(step: number, best: number | undefined): Promise<void> {
    const found = await listCheckpoints(this.#folder);
    const past = found.filter((path) => stepOf(path) <= step);
    const kept = new Set(past.slice(-this.#keep));
    for (const path of found) {
      if (!kept.has(path) && stepOf(path) !== best) await rm(path, { force: true });
    }
  }
}

/**
 * The latest checkpoint in a model's folder that is not damaged.
 * @param onDamaged is told of every one that is
 * @param check throws a TunebertError where a checkpoint is whole but its state is none to go on from; it is damaged then
 * @throws TunebertError when there is none
 * @example
 * const { state } = await latestCheckpoint("nli");
 * console.log(state.epoch);
 */
export async function latestCheckpoint(
  folder: string,
  onDamaged: (error: TunebertError) => void = () => {},
  check: (state: FoundCheckpoint["state"]) => void = () => {},
): Promise<FoundCheckpoint> {
  const found = await listCheckpoints(folder);
  if (found.length === 0) {
    throw new TunebertError(`${checkpointsPath(folder)} holds no checkpoint, so there is nothing to resume`);
  }
  for (const file of found.toReversed()) {
    try {
      const checkpoint = readCheckpoint(file);
      inFile(file, () => check(checkpoint.state));
      return { ...checkpoint, file };
    } catch (error) {
      if (!(error instanceof TunebertError)) throw error;
      onDamaged(error);
    }
  }
  throw new TunebertError(
    (overwrite) =>
      `none of the checkpoints in ${checkpointsPath(folder)} can be used: ${found.map((path) => basename(path)).join(", ")}. ` +
      `Train anew, with ${overwrite} if it is to be in this folder`,
    { option: "overwrite" },
  );
}

/** Where the checkpoints of a model's folder are. */
export function checkpointsPath(folder: string): string {
  return join(folder, "checkpoints");
}

/** The files of the checkpoints, earliest first. */
export async function listCheckpoints(folder: string): Promise<string[]> {
  const path = checkpointsPath(folder);
  const names = existsSync(path) ? await readdir(path) : [];
  const files = names.filter((name) => FILE_NAME.test(name)).map((name) => join(path, name));
  return files.sort((a, b) => stepOf(a) - stepOf(b));
}

/** Removes the checkpoints, and their folder if nothing else is in it; where that is a link, the link alone. */
export async function removeCheckpoints(folder: string): Promise<void> {
  if (await isLink(checkpointsPath(folder))) return rm(checkpointsPath(folder));
  for (const file of await listCheckpoints(folder)) await rm(file, { force: true });
  await rmdir(checkpointsPath(folder)).catch(() => {});
}

/** @throws TunebertError when the path is a link, through which files elsewhere would be written */
export async function expectOwnFolder(path: string): Promise<void> {
  if (!(await isLink(path))) return;
  throw new TunebertError(
    `${path} is a link; tunebert writes to no folder elsewhere. Put the folder itself in its place`,
  );
}

async function isLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() ?? false;
}

/** Does something that changes the folder. @throws TunebertError that names it and says why it could not be done */
async function inFolder(folder: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    throw new TunebertError(`cannot write to ${folder}: ${systemReason(cause)}`, { cause });
  }
}

const FILE_NAME = /^step-(\d{1,15})\.safetensors$/;

function fileName(step: number): string {
  return `step-${step}.safetensors`;
}

function stepOf(path: string): number {
  return Number(FILE_NAME.exec(basename(path))![1]);
}
