import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { basename } from "node:path";
import type { TextDataset } from "../data/text-dataset.js";
import { streamBytes } from "../hub/files/files.js";
import { type DataRecord, dataRecord } from "../report/files/run-record.js";

/** A file of data, of which a run remembers what it was: it is read and hashed in one pass. */
export class DataFile {
  readonly path: string;
  readonly #hash = createHash("sha256");
  #read = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** The file in pieces, from where reading stopped before. @throws TunebertError as {@link streamBytes} */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for await (const bytes of streamBytes(this.path, this.#read)) {
      this.#hash.update(bytes);
      this.#read += bytes.length;
      yield bytes;
    }
  }

  /** What is to be remembered of the file when the dataset has been read from it; of what it did not need the hash alone. */
  async record(dataset: TextDataset): Promise<DataRecord> {
    return dataRecord({ name: basename(this.path), sha256: await this.#sha256() }, dataset);
  }

  /** `undefined` of what is no file, such as a pipe, which may have no end. */
  async #sha256(): Promise<string | undefined> {
    if (!statSync(this.path).isFile()) return undefined;
    const rest = this.bytes();
    while (!(await rest.next()).done);
    return this.#hash.copy().digest("hex");
  }
}
