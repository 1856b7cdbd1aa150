import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { writeFailure } from "../files/write-failure.js";
import { writeWhole } from "../files/write-whole.js";

/** A model in the cache of the Hugging Face hub, in the layout that its Python library reads and writes. */
export class HubCache {
  /** `models--org--name` */
  readonly folder: string;

  /** @param cache the folder of all models @param repository `org/name` */
  constructor(cache: string, repository: string) {
    this.folder = join(cache, `models--${repository.replaceAll("/", "--")}`);
  }

  /** The commit that a branch or a tag was at when it was last asked for; a commit is itself. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const text = await readFile(join(this.folder, "refs", revision), "utf8").catch(() => "");
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  async setCommit(revision: string, commit: string): Promise<void> {
    const path = join(this.folder, "refs", revision);
    if (isCommit(revision) || (await this.commitOf(revision)) === commit) return;
    await makeFolder(dirname(path));
    await writeWhole(path, commit);
  }

  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  /** Whether a file is there, `undefined` where that is not known: it has never been asked for. */
  async has(commit: string, file: string): Promise<boolean | undefined> {
    if (await isFile(join(this.snapshot(commit), file))) return true;
    return (await isFile(this.#absent(commit, file))) ? false : undefined;
  }

  /** Remembers that a commit has no such file. */
  async setAbsent(commit: string, file: string): Promise<void> {
    const path = this.#absent(commit, file);
    await makeFolder(dirname(path));
    await writeFile(path, "").catch((error) => {
      throw writeFailure(path, error);
    });
  }

  /** Where content is kept, by its name. */
  blob(etag: string): string {
    return join(this.folder, "blobs", etag);
  }

  /** Puts content into a snapshot: a link to it, or where there are none a copy. */
  async add(commit: string, file: string, etag: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    const blob = this.blob(etag);
    try {
      await mkdir(dirname(path), { recursive: true });
      await rm(path, { force: true });
      await symlink(relative(dirname(path), blob), path).catch(() => copyWhole(blob, path));
    } catch (error) {
      throw writeFailure(path, error);
    }
  }

  #absent(commit: string, file: string): string {
    return join(this.folder, ".no_exist", commit, file);
  }
}

/** Whether this is the name of a commit. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw writeFailure(folder, error);
  });
}

async function copyWhole(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  await copyFile(from, part);
  await rename(part, to);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
