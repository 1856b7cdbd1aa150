import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { TunebertError } from "../../error.js";
import { quote } from "../../weights/show.js";
import { isLeftByMacOs } from "./entry-path.js";
import type { Unpacking } from "./unpacking.js";

/**
 * Unpacks a tar archive (ustar, pax and GNU), compressed by gzip or not. Files that macOS adds are left out.
 * @throws TunebertError, and whatever tar or zlib finds wrong with the archive
 */
export async function untar(
  archive: string,
  unpacking: Unpacking,
  { gzip }: { gzip: boolean },
): Promise<void> {
  const source = createReadStream(archive, { highWaterMark: 1 << 18 });
  const bytes = gzip ? source.pipe(createGunzip()) : source;
  source.on("error", (error) => bytes.destroy(error));
  try {
    await new EntryQueue(unpacking).parse(bytes);
  } finally {
    source.destroy();
  }
}

/** Names are a few hundred bytes; nothing else in a header matters to us. */
const MAX_HEADER = 1 << 16;

/** Unpacks entries one after the other while the parser reads on no further than the one being written. */
class EntryQueue {
  readonly #unpacking: Unpacking;
  readonly #failed = new AbortController();
  #current: ReadEntry | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #decompressed = 0;
  #complete = false;

  constructor(unpacking: Unpacking) {
    this.#unpacking = unpacking;
  }

  async parse(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      await this.#feed(source, this.#createParser());
    } catch (error) {
      this.#fail(error);
    }
    // Nothing may be written any more once the archive is refused.
    this.#current?.destroy(this.#failed.signal.reason);
    await this.#work;
    this.#failed.signal.throwIfAborted();
  }

  #createParser(): Parser {
    const formats = { gzip: false, brotli: false, zstd: false };
    const parser = new Parser({ ...formats, strict: true, maxMetaEntrySize: MAX_HEADER });
    parser.on("error", (error) => this.#fail(error));
    parser.on("entry", (entry: ReadEntry) => {
      this.#work = this.#work.then(() => this.#unpack(entry)).catch((error) => this.#fail(error));
    });
    parser.on("eof", () => {
      this.#complete = true;
    });
    parser.on("ignoredEntry", (entry: ReadEntry) => this.#fail(refused(entry)));
    return parser;
  }

  #fail(error: unknown): void {
    this.#failed.abort(error);
  }

  async #feed(source: AsyncIterable<Uint8Array>, parser: Parser): Promise<void> {
    const { signal } = this.#failed;
    for await (const bytes of source) {
      this.#decompressed += bytes.length;
      this.#unpacking.expectBytes(this.#decompressed);
      const goesOn = parser.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      if (!goesOn) await once(parser, "drain", { signal });
      signal.throwIfAborted();
    }
    const ended = once(parser, "end", { signal });
    parser.end();
    await ended;
    await this.#work;
    if (!this.#complete) throw new TunebertError("it is cut off: its end mark is missing");
  }

  async #unpack(entry: ReadEntry): Promise<void> {
    this.#failed.signal.throwIfAborted();
    this.#current = entry;
    this.#unpacking.count();
    if (isLeftByMacOs(entry.path)) entry.resume();
    else if (FOLDERS.has(entry.type)) {
      await this.#unpacking.folder(entry.path);
      entry.resume();
    } else if (FILES.has(entry.type)) await this.#unpacking.file(entry.path, entry);
    else throw refused(entry);
  }
}

const FOLDERS = new Set<string>(["Directory", "GNUDumpDir"]);
const FILES = new Set<string>(["File", "OldFile", "ContiguousFile"]);

function refused({ path, type }: ReadEntry): TunebertError {
  return new TunebertError(`the entry ${quote(path)} is a ${type}; expected files and folders alone`);
}
