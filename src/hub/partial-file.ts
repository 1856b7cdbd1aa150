import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFailure } from "./write-failure.js";

/** What a download that was cut off is a part of. */
export interface PartOf {
  readonly url: string;
  /** The server's name for this version of the file, to be sent back as `If-Range`. */
  readonly validator?: string | undefined;
  /** Bytes of the whole file, where the server told. */
  readonly total?: number | undefined;
}

/** The beginning of a file, kept beside where the whole will be, so that a later attempt goes on from there. */
export class PartialFile {
  readonly path: string;
  #file: FileHandle | undefined;
  #size: number;
  #of: PartOf | undefined;
  #pieced: boolean;

  private constructor(path: string, size: number, of: PartOf | undefined) {
    this.path = path;
    this.#size = size;
    this.#of = of;
    this.#pieced = size > 0;
  }

  /** @param target where the whole file will be; its folder is made */
  static async open(target: string): Promise<PartialFile> {
    const path = `${target}.part`;
    try {
      await mkdir(dirname(path), { recursive: true });
    } catch (error) {
      throw writeFailure(dirname(path), error);
    }
    try {
      const of: PartOf = JSON.parse(await readFile(`${path}.json`, "utf8"));
      return new PartialFile(path, (await stat(path)).size, of);
    } catch {
      return new PartialFile(path, 0, undefined);
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
    await this.#writing(async () => {
      await this.#file?.close();
      this.#file = await open(this.path, "w");
      await writeFile(`${this.path}.json`, JSON.stringify(of));
    });
    this.#size = 0;
    this.#of = of;
    this.#pieced = false;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#writing(async () => {
      if (!this.#file) {
        this.#file = await open(this.path, "a");
        this.#pieced = true;
      }
      await this.#file.writeFile(bytes);
    });
    this.#size += bytes.length;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Makes it the whole file, once its bytes are on the disk. */
  async moveTo(target: string): Promise<void> {
    await this.close();
    await this.#writing(async () => {
      const file = await open(this.path, "r+");
      await file.sync().finally(() => file.close());
      await rename(this.path, target);
    });
    await rm(`${this.path}.json`, { force: true });
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await rm(`${this.path}.json`, { force: true });
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
