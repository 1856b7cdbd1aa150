import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { TunebertError } from "../../error.js";
import { quote } from "../../weights/show.js";
import type { ArchiveLimits } from "./archive-limits.js";
import { entryPath } from "./entry-path.js";

export interface UnpackedFile {
  /** Path below the folder, with `/` between its parts. */
  readonly name: string;
  readonly size: number;
}

/**
 * A folder that the entries of an untrusted archive are unpacked into, whatever the archive's format. Every name,
 * and every byte as it comes, is held against the limits.
 */
export class Unpacking {
  readonly files: UnpackedFile[] = [];
  readonly #folder: string;
  readonly #archiveBytes: number;
  readonly #limits: ArchiveLimits;
  /** By the name that systems see which ignore case and composition. */
  readonly #taken = new Map<string, { readonly name: string; readonly kind: "file" | "folder" }>();
  readonly #made = new Set<string>();
  #entries = 0;
  #bytes = 0;

  /** @param folder exists, and is empty */
  constructor(folder: string, archiveBytes: number, limits: ArchiveLimits) {
    this.#folder = folder;
    this.#archiveBytes = archiveBytes;
    this.#limits = limits;
  }

  /** Counts an entry, be it one that is left out. */
  count(): void {
    this.expectEntries(++this.#entries);
  }

  /** @throws TunebertError when there are too many */
  expectEntries(entries: number): void {
    const { maxEntries } = this.#limits;
    if (entries > maxEntries) {
      throw new TunebertError(`it has more than ${maxEntries} entries, which no data set or model needs`);
    }
  }

  /** @throws TunebertError when so many bytes in all are too many, or too many for the archive's size */
  expectBytes(bytes: number): void {
    const { maxBytes, maxRatio, ratioFreeBytes } = this.#limits;
    if (bytes > maxBytes) throw new TunebertError(`it unpacks to more than the ${maxBytes} bytes allowed`);
    if (bytes > ratioFreeBytes && bytes > maxRatio * this.#archiveBytes) {
      throw new TunebertError(
        `it unpacks to more than ${maxRatio} times its size, as archives made to fill disks do`,
      );
    }
  }

  async folder(name: string): Promise<void> {
    const parts = entryPath(name, this.#limits.maxPathLength);
    this.#takeFolders(parts);
    await this.#makeFolder(parts);
  }

  /** Nothing is flushed: see {@link unpackInto}. */
  async file(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const parts = entryPath(name, this.#limits.maxPathLength);
    if (parts.length === 0) throw new TunebertError(`the entry ${quote(name)} names no file`);
    this.#takeFolders(parts.slice(0, -1));
    this.#take(parts, "file");
    await this.#makeFolder(parts.slice(0, -1));
    const before = this.#bytes;
    const file = await open(join(this.#folder, ...parts), "wx", 0o644);
    try {
      for await (const bytes of content) {
        this.#bytes += bytes.length;
        this.expectBytes(this.#bytes);
        await file.writeFile(bytes);
      }
    } finally {
      await file.close();
    }
    this.files.push({ name: parts.join("/"), size: this.#bytes - before });
  }

  async #makeFolder(parts: readonly string[]): Promise<void> {
    const path = join(this.#folder, ...parts);
    if (this.#made.has(path)) return;
    await mkdir(path, { recursive: true, mode: 0o755 });
    this.#made.add(path);
  }

  #takeFolders(parts: readonly string[]): void {
    for (let depth = 1; depth <= parts.length; depth++) this.#take(parts.slice(0, depth), "folder");
  }

  #take(parts: readonly string[], kind: "file" | "folder"): void {
    const name = parts.join("/");
    const seen = name.normalize("NFC").toLowerCase();
    const other = this.#taken.get(seen);
    if (!other) this.#taken.set(seen, { name, kind });
    else if (kind === "file" || other.kind === "file" || other.name !== name) {
      const how =
        other.name === name ? "twice" : `beside ${quote(other.name)}, which many systems hold for the same`;
      throw new TunebertError(`it holds ${quote(name)} ${how}`);
    }
  }
}
