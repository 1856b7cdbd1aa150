import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readHolder, stateOf, thisHolder } from "../files/holder.js";
import { writeFailure } from "../files/write-failure.js";
import { readCacheJson, writeCacheJson } from "./cache-json.js";

/** What a download that was cut off is a part of. */
export interface PartOf {
  /** Digest of the address, which may hold secrets. */
  readonly address: string;
  /** The server's name for this version of the file, to be sent back as `If-Range`. */
  readonly validator?: string | undefined;
  /** Bytes of the whole file, where the server told. */
  readonly total?: number | undefined;
}

export function digestOf(url: string): string {
  return createHash("sha256").update(url).digest("hex");
}

export function isOf({ address }: PartOf, url: string): boolean {
  return address === digestOf(url);
}

/**
 * The beginning of a file, beside where the whole will be. While it is written it has a name of its own, so that
 * nobody else writes to it; when its download is given up it is left under a common one, `<name>.part`, for a later
 * attempt to go on from. What a process has left that was killed is taken over as well.
 */
export class PartialFile {
  readonly path: string;
  readonly #target: string;
  #file: FileHandle | undefined;
  #size: number;
  #of: PartOf | undefined;
  #pieced: boolean;

  private constructor(path: string, target: string, size: number, of: PartOf | undefined) {
    this.path = path;
    this.#target = target;
    this.#size = size;
    this.#of = of;
    this.#pieced = size > 0;
  }

  /**
   * What of other parts is not taken over is removed: whoever may still write to one has lost the lock.
   * @param target where the whole file will be; its folder is made
   * @param options.fresh whether nothing is taken over
   */
  static async open(target: string, { fresh = false } = {}): Promise<PartialFile> {
    const folder = dirname(target);
    const path = `${target}.part-${randomBytes(8).toString("hex")}`;
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 });
      const left = (await readdir(folder)).filter((name) => name.startsWith(`${basename(target)}.part`));
      const taken = fresh ? undefined : await takeOver(left, target, path);
      // Windows removes nothing that a process has open.
      for (const name of left) await rm(join(folder, name), { force: true, recursive: true }).catch(() => {});
      return new PartialFile(path, target, taken?.size ?? 0, taken?.of);
    } catch (error) {
      throw writeFailure(folder, error);
    }
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#size;
  }

  get of(): PartOf | undefined {
    return this.#of;
  }

  /** Whether it came in more than one piece, which may be of different versions of the file. */
  get pieced(): boolean {
    return this.#pieced;
  }

  /** Forgets what is there: another file begins. */
  async restart(of: PartOf): Promise<void> {
    await this.discard();
    await this.#writing(async () => {
      this.#file = await open(this.path, "wx", 0o644);
      await writeNote(this.path, { ...of, holder: thisHolder() });
    });
    this.#of = of;
    this.#pieced = false;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#writing(async () => {
      if (!this.#file) {
        this.#file = await open(this.path, APPEND_NO_LINK);
        this.#pieced = true;
      }
      await this.#file.writeFile(bytes);
    });
    this.#size += bytes.length;
  }

  /** @returns the bytes that are in the file, whatever was counted */
  async measure(): Promise<number> {
    if (this.#file) this.#size = (await this.#file.stat()).size;
    return this.#size;
  }

  async close(): Promise<void> {
    await this.measure();
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Puts its bytes on the disk. */
  async flush(): Promise<void> {
    await this.close();
    await this.#writing(async () => {
      const file = await open(this.path, "r+");
      await file.sync().finally(() => file.close());
    });
  }

  /** Makes it the whole file. */
  async complete(): Promise<void> {
    await this.#writing(() => rename(this.path, this.#target));
    await rm(noteOf(this.path), { force: true });
  }

  /** Leaves it for a later attempt, of this process or another. */
  async release(): Promise<void> {
    await this.close();
    if (this.#size === 0 || !this.#of) return this.discard();
    const common = `${this.#target}.part`;
    await this.#writing(async () => {
      await rename(this.path, common);
      await rename(noteOf(this.path), noteOf(common));
    });
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await rm(noteOf(this.path), { force: true });
    this.#size = 0;
    this.#of = undefined;
  }

  async #writing(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      throw writeFailure(this.path, error);
    }
  }
}

/** Windows has no flag for links. */
const APPEND_NO_LINK = constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

/** Gives the first part that nobody holds another name. */
async function takeOver(
  names: readonly string[],
  target: string,
  path: string,
): Promise<{ readonly of: PartOf; readonly size: number } | undefined> {
  for (const name of names.filter((name) => !name.endsWith(".json"))) {
    const part = join(dirname(target), name);
    const note = await readNote(part);
    const file = await lstat(part);
    // What is linked from elsewhere would be written to there.
    if (!note || !file.isFile() || file.nlink > 1) continue;
    if (part !== `${target}.part` && stateOf(readHolder(note.holder)) !== "over") continue;
    const { holder: _, ...of } = note;
    await writeNote(path, { ...of, holder: thisHolder() });
    await rename(part, path);
    return { of, size: file.size };
  }
  return undefined;
}

interface Note extends PartOf {
  readonly holder?: unknown;
}

function noteOf(path: string): string {
  return `${path}.json`;
}

async function writeNote(path: string, note: Note): Promise<void> {
  await writeCacheJson(noteOf(path), note);
}

/** What is noted of a part, unless it is damaged. */
async function readNote(path: string): Promise<Note | undefined> {
  const { address, validator, total, holder } = ((await readCacheJson(noteOf(path))) ?? {}) as Partial<Note>;
  const sound =
    typeof address === "string" &&
    (validator === undefined || (typeof validator === "string" && /^[\x20-\x7e]+$/.test(validator))) &&
    (total === undefined || (Number.isSafeInteger(total) && total >= 0));
  return sound ? { address, validator, total, holder } : undefined;
}
