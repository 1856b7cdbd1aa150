import { type FolderLock, withFolderLock } from "../hub/files/folder-lock.js";
import { type FoundCheckpoint, latestCheckpoint } from "../hub/store/checkpoint-folder.js";
import { expectFreeFolder, expectKnownFolder } from "../hub/store/model-folder.js";
import { loadCharts } from "../report/charts/draw-svg.js";
import { checkState } from "../train/check-state.js";

/** What a run may do with what it finds in its folder. */
export interface RunFolderOptions {
  /** Whether a model and checkpoints that are there are replaced; default: no, they are refused. */
  readonly overwrite?: boolean | undefined;
  /** Whether training goes on from the latest checkpoint that is there; default: no. */
  readonly resume?: boolean | undefined;
  /** Is told of damaged checkpoints that are passed over, and of waiting for another process. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/** A folder that one run has for itself. */
export interface RunFolder {
  readonly path: string;
  readonly lock: FolderLock;
  readonly overwrite: boolean;
  /** The checkpoint from which training goes on. */
  readonly resumeFrom: FoundCheckpoint | undefined;
}

/** What a run has to know of its folder before it starts. */
export interface StartFolder extends Pick<RunFolder, "path" | "resumeFrom"> {
  /** Whether another process writes into it. Default: no. */
  readonly isOthers?: boolean;
}

/**
 * Prepares a run and runs it, once it is known that the folder is for it alone, that nothing in it is lost, and that
 * what the end of the run needs is there. {@link trainInFolder} does this by itself; it is for whoever reads much data
 * first.
 * @throws TunebertError when another process trains in the folder, it holds what must not be lost or nothing to go on
 *   from, or cannot be written
 * @example
 * const saved = await loadModel("nli");
 * const train = await TextDataset.encode(readExamples(streamBytes("train.csv"), { fileName: "train.csv" }), saved.tokenizer, {
 *   maxLength: saved.maxLength,
 *   labels: saved.model.labels,
 * });
 * await inRunFolder("run", { overwrite: true }, (out) => trainInFolder({ ...saved, train, out, options: { epochs: 1 } }));
 */
export async function inRunFolder<T>(
  path: string,
  { overwrite = false, resume = false, onNotice = () => {} }: RunFolderOptions,
  action: (folder: RunFolder) => Promise<T>,
): Promise<T> {
  if (!resume) await expectKnownFolder(path);
  await loadCharts();
  const runIn = async (lock: FolderLock) => {
    if (!resume) await expectFreeFolder(path, { overwrite });
    const resumeFrom = resume ? await latestCheckpointIn(path, onNotice) : undefined;
    return action({ path, lock, overwrite, resumeFrom });
  };
  return withFolderLock(path, runIn, { onWait: onNotice });
}

/** The latest that is neither damaged nor of a state from which nobody can go on. */
export function latestCheckpointIn(
  path: string,
  onNotice: (message: string) => void = () => {},
): Promise<FoundCheckpoint> {
  return latestCheckpoint(
    path,
    ({ message }) => onNotice(`${message}; trying the checkpoint before it`),
    checkState,
  );
}
