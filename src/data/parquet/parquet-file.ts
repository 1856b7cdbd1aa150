import { parquetMetadata, parquetSchema } from "hyparquet/src/metadata.js";
import type { FileMetaData, SchemaTree } from "hyparquet/src/types.js";
import { TunebertError } from "../../error.js";
import { isBomb, MAX_RATIO } from "../unpack-limit.js";
import { checkThrift } from "./check-thrift.js";
import { damaged, inParquet } from "./damaged.js";

/** What stands at both ends of a Parquet file, and at its end alone where all of it is encrypted. */
export const MAGIC: readonly number[] = [0x50, 0x41, 0x52, 0x31];
const ENCRYPTED = "PARE";

/** A footer tells a few hundred bytes of each column in each row group. */
const MAX_FOOTER_BYTES = 16 * 1024 * 1024;

/** Its length in four bytes, and the magic. */
const TAIL_BYTES = 8;

/** A Parquet file in memory. */
export class ParquetFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly metadata: FileMetaData;
  readonly schema: SchemaTree;
  #unpacked = 0;

  /** Reads the footer. @throws TunebertError that says what is wrong with it */
  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.bytes = bytes;
    this.metadata = inParquet(name, () => readFooter(name, bytes));
    this.schema = inParquet(name, () => parquetSchema(this.metadata));
  }

  /** What is written in the file about its content under a key. */
  note(key: string): string | undefined {
    return this.metadata.key_value_metadata?.find((note) => note.key === key)?.value;
  }

  /** Counts what the file unpacks to. @throws TunebertError when it is more than texts do */
  unpack(bytes: number): void {
    this.#unpacked += bytes;
    if (!isBomb(this.bytes.length, this.#unpacked)) return;
    throw new TunebertError(
      `${this.name}: ${this.bytes.length} bytes of Parquet unpack to more than ${MAX_RATIO} times as many; no texts do. ` +
        "If it is right, convert it to CSV or JSON Lines",
    );
  }
}

function readFooter(name: string, bytes: Uint8Array): FileMetaData {
  const end = String.fromCharCode(...bytes.subarray(-MAGIC.length));
  if (end === ENCRYPTED) throw encrypted(name);
  if (end !== "PAR1" || bytes.length < MAGIC.length + TAIL_BYTES) {
    throw new TunebertError(
      `${name} is a Parquet file that is cut off: it does not end with PAR1; get it again`,
    );
  }
  const tail = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - TAIL_BYTES);
  const length = tail.getUint32(0, true);
  const start = bytes.length - TAIL_BYTES - length;
  if (start < MAGIC.length) throw damaged(`its footer would have ${length} bytes`);
  if (length > MAX_FOOTER_BYTES) {
    throw new TunebertError(
      `${name}: the footer has ${length} bytes; that of a file of texts has at most ${MAX_FOOTER_BYTES}. Write the file with ` +
        "larger row groups",
    );
  }
  checkThrift(bytes.subarray(0, bytes.length - TAIL_BYTES), start);
  const metadata = parquetMetadata(bytes.subarray(start), { geoparquet: false });
  if (metadata.schema.some(({ name }) => typeof name !== "string")) throw damaged("a column without a name");
  return metadata;
}

/** The error that a file, or a column of it, is encrypted. */
export function encrypted(what: string): TunebertError {
  return new TunebertError(`${what} is encrypted; write it without encryption`);
}
