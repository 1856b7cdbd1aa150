import { TunebertError } from "../error.js";
import { ByteReader } from "./byte-reader.js";
import { crc32 } from "./crc32.js";
import { quote } from "./show.js";

/** An open zip archive. */
export interface ZipDirectory {
  /** The names in the order of the central directory. */
  readonly names: readonly string[];
  /**
   * The bytes of an entry, its CRC-32 checked: a view where it is not compressed.
   * @throws TunebertError when there is no such entry, it cannot be decompressed, or its bytes are damaged
   */
  read(name: string): Uint8Array;
}

/** Undoes the compression "deflate" (RFC 1951) of an entry that is `size` bytes long. */
export type Inflate = (data: Uint8Array, size: number, name: string) => Uint8Array;

/** Whether the bytes begin as a zip archive does, one without entries included. */
export function isZip(bytes: Uint8Array): boolean {
  const [p, k, ...kind] = bytes.subarray(0, 4);
  return p === 0x50 && k === 0x4b && (kind.join() === "3,4" || kind.join() === "5,6");
}

/**
 * Opens a zip archive, zip64 included. Compressed entries can be read where `inflate` is given.
 * Source: PKWARE's .ZIP File Format Specification (APPNOTE.TXT), sections 4.3.7, 4.3.12 to 4.3.16 and 4.5.3.
 * @throws TunebertError when the directory is missing, truncated, contradictory or points outside the file
 */
export function openZip(bytes: Uint8Array, inflate?: Inflate): ZipDirectory {
  const entries = readEntries(bytes, findDirectory(bytes));
  return {
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name);
      if (!entry) throw new TunebertError(`the zip archive has no entry ${quote(name)}`);
      return readEntry(bytes, entry, inflate);
    },
  };
}

interface Directory {
  readonly start: number;
  readonly size: number;
  readonly entryCount: number;
}

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerStart: number;
}

function findDirectory(bytes: Uint8Array): Directory {
  const end = findEndRecord(bytes);
  const directory = readZip64EndRecord(bytes, end) ?? readEndRecord(bytes, end);
  if (directory.entryCount > MAX_ENTRIES) {
    throw new TunebertError(
      `the zip archive has more than ${MAX_ENTRIES} entries; no weights file has so many`,
    );
  }
  if (directory.start + directory.size > end || directory.entryCount * ENTRY_HEADER_BYTES > directory.size) {
    throw new TunebertError(
      `the zip archive's directory is damaged: ${directory.entryCount} entries in ${directory.size} bytes from ` +
        `byte ${directory.start} do not fit before byte ${end}`,
    );
  }
  return directory;
}

/** The end record is the last thing in the file save its own comment, whose length it knows. */
function findEndRecord(bytes: Uint8Array): number {
  const last = bytes.length - END_RECORD_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
    if (view.getUint32(at, true) === END_RECORD && view.getUint16(at + 20, true) === last - at) return at;
  }
  throw new TunebertError(
    "the zip archive is truncated: the directory at its end is missing; fetch or copy the file again",
  );
}

function readEndRecord(bytes: Uint8Array, at: number): Directory {
  const reader = new ByteReader(bytes, at + 10, READING);
  const entryCount = reader.uint16();
  const size = reader.uint32();
  return { entryCount, size, start: reader.uint32() };
}

function readZip64EndRecord(bytes: Uint8Array, end: number): Directory | undefined {
  const locatorStart = end - ZIP64_LOCATOR_BYTES;
  if (locatorStart < 0) return undefined;
  const locator = new ByteReader(bytes, locatorStart, READING);
  if (locator.uint32() !== ZIP64_LOCATOR) return undefined;
  locator.take(4);
  const recordStart = locator.uint64();
  const reader = new ByteReader(bytes, recordStart, READING);
  if (reader.uint32() !== ZIP64_END_RECORD) {
    throw new TunebertError(`the zip archive is damaged: no zip64 end record at byte ${recordStart}`);
  }
  reader.take(28);
  const entryCount = reader.uint64();
  const size = reader.uint64();
  return { entryCount, size, start: reader.uint64() };
}

function readEntries(bytes: Uint8Array, directory: Directory): Map<string, Entry> {
  const reader = new ByteReader(
    bytes.subarray(0, directory.start + directory.size),
    directory.start,
    READING,
  );
  const entries = new Map<string, Entry>();
  let total = 0;
  for (let i = 0; i < directory.entryCount; i++) {
    const entry = readEntryHeader(reader);
    if (entries.has(entry.name)) {
      throw new TunebertError(`the zip archive has two entries named ${quote(entry.name)}`);
    }
    entries.set(entry.name, entry);
    total += entry.compressedSize;
  }
  // Entries that share bytes could ask for more reading than the file is long, so overlap is refused here.
  if (total > directory.start) {
    throw new TunebertError(
      `the zip archive is damaged: its entries declare ${total} bytes, but only ${directory.start} are there`,
    );
  }
  return entries;
}

function readEntryHeader(reader: ByteReader): Entry {
  const at = reader.position;
  if (reader.uint32() !== ENTRY_HEADER) {
    throw new TunebertError(`the zip archive's directory is damaged: no entry at byte ${at}`);
  }
  reader.take(4);
  const flags = reader.uint16();
  const method = reader.uint16();
  reader.take(4);
  const crc = reader.uint32();
  const compressedSize = reader.uint32();
  const size = reader.uint32();
  const nameLength = reader.uint16();
  const extraLength = reader.uint16();
  const commentLength = reader.uint16();
  reader.take(8);
  const headerStart = reader.uint32();
  const name = utf8.decode(reader.take(nameLength));
  const extra = reader.take(extraLength);
  reader.take(commentLength);

  // A field of all ones has its true value in the zip64 extra field, in this order.
  const zip64 = zip64Fields(extra);
  const wide = (value: number) => (value === 0xffffffff && zip64 ? zip64.uint64() : value);
  const wideSize = wide(size);
  const wideCompressedSize = wide(compressedSize);
  const wideStart = wide(headerStart);
  return {
    name,
    flags,
    method,
    crc,
    size: wideSize,
    compressedSize: wideCompressedSize,
    headerStart: wideStart,
  };
}

function zip64Fields(extra: Uint8Array): ByteReader | undefined {
  const reader = new ByteReader(extra, 0, "a zip entry's extra field");
  while (reader.position + 4 <= extra.length) {
    const id = reader.uint16();
    const field = reader.take(reader.uint16());
    if (id === ZIP64_EXTRA_FIELD) return new ByteReader(field, 0, "a zip entry's zip64 field");
  }
  return undefined;
}

function readEntry(bytes: Uint8Array, entry: Entry, inflate: Inflate | undefined): Uint8Array {
  const name = quote(entry.name);
  if (entry.flags & ENCRYPTED) {
    throw new TunebertError(`the zip archive's entry ${name} is encrypted; decrypt it first`);
  }
  const inflates = inflate && entry.method === DEFLATED;
  if (!inflates && (entry.method !== STORED || entry.size !== entry.compressedSize)) {
    throw new TunebertError(
      `the zip archive's entry ${name} is compressed (method ${entry.method}); ` +
        (inflate
          ? "expected none or deflate: save it again with numpy.savez"
          : "weights are read from uncompressed archives only, as torch.save writes them, so unpack it first"),
    );
  }
  const reader = new ByteReader(bytes, entry.headerStart, `the zip archive's entry ${name}`);
  if (reader.uint32() !== LOCAL_HEADER) {
    throw new TunebertError(`the zip archive is damaged: ${name} is not at byte ${entry.headerStart}`);
  }
  reader.take(22);
  const nameLength = reader.uint16();
  reader.take(nameLength + reader.uint16());
  const stored = reader.take(entry.compressedSize);
  const data = inflates ? inflate(stored, entry.size, entry.name) : stored;
  const found = crc32(data);
  if (found !== entry.crc) {
    throw new TunebertError(
      `the zip archive's entry ${name} is damaged: its CRC-32 is ${hex(found)}, expected ${hex(entry.crc)}; ` +
        "fetch the file again, or save it again without torch.serialization.set_crc32_options(False)",
    );
  }
  return data;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}

const utf8 = new TextDecoder();
const READING = "the zip archive";
const LOCAL_HEADER = 0x04034b50;
const ENTRY_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const ZIP64_END_RECORD = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_EXTRA_FIELD = 0x0001;
const ENTRY_HEADER_BYTES = 46;
const END_RECORD_BYTES = 22;
const ZIP64_LOCATOR_BYTES = 20;
/** The comment's length is a 16-bit number. */
const MAX_COMMENT_BYTES = 0xffff;
/** One entry per tensor and a handful more; the table of entries stays within memory. */
const MAX_ENTRIES = 1_000_000;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
