import { TunebertError } from "../error.js";
import { crc32 } from "./crc32.js";
import { quote } from "./show.js";

/** A file within a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
}

/**
 * A zip archive of uncompressed entries, each of whose data begin at a multiple of 64 bytes, so that readers may
 * take them as they lie. Equal entries give equal bytes: no clock is read.
 * Source: PKWARE's .ZIP File Format Specification (APPNOTE.TXT), sections 4.3.7, 4.3.12 and 4.3.16.
 * @throws TunebertError when the archive would pass 4 GiB or 65,535 entries, or a name 65,535 bytes
 */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array {
  const placed = place(entries);
  const directoryStart = placed.at(-1)?.end ?? 0;
  const directorySize = placed.reduce((sum, { name }) => sum + DIRECTORY_HEADER_BYTES + name.length, 0);
  const size = directoryStart + directorySize + END_RECORD_BYTES;
  if (size > MAX_32_BITS || placed.length > MAX_16_BITS) {
    throw new TunebertError(
      `the zip archive would have ${size} bytes and ${placed.length} entries; at most 4 GiB and ${MAX_16_BITS} ` +
        "entries are written: choose safetensors",
    );
  }
  const writer = new Writer(size);
  for (const entry of placed) writeEntry(writer, entry);
  for (const entry of placed) writeDirectoryEntry(writer, entry);
  writer.uint32(END_RECORD);
  writer.uint16(0, 0, placed.length, placed.length);
  writer.uint32(directorySize, directoryStart);
  writer.uint16(0);
  return writer.bytes;
}

interface PlacedEntry {
  readonly name: Uint8Array;
  readonly data: Uint8Array;
  readonly crc: number;
  readonly start: number;
  /** Bytes of the extra field that moves the data to an aligned place. */
  readonly padding: number;
  readonly end: number;
}

function place(entries: readonly ZipEntry[]): PlacedEntry[] {
  const placed: PlacedEntry[] = [];
  let start = 0;
  for (const { name: text, data } of entries) {
    const name = new TextEncoder().encode(text);
    if (name.length > MAX_16_BITS) {
      throw new TunebertError(`the name ${quote(text)} is too long for a zip archive: ${name.length} bytes`);
    }
    const unpadded = start + LOCAL_HEADER_BYTES + name.length + EXTRA_HEADER_BYTES;
    const padding = EXTRA_HEADER_BYTES + ((ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT);
    const end = start + LOCAL_HEADER_BYTES + name.length + padding + data.length;
    placed.push({ name, data, crc: crc32(data), start, padding, end });
    start = end;
  }
  return placed;
}

function writeEntry(writer: Writer, entry: PlacedEntry): void {
  const { name, data, padding } = entry;
  writer.uint32(LOCAL_HEADER);
  writeFacts(writer, entry, padding);
  writer.raw(name);
  writer.uint16(PADDING_FIELD, padding - EXTRA_HEADER_BYTES);
  writer.raw(new Uint8Array(padding - EXTRA_HEADER_BYTES));
  writer.raw(data);
}

function writeDirectoryEntry(writer: Writer, entry: PlacedEntry): void {
  writer.uint32(DIRECTORY_HEADER);
  writer.uint16(VERSION);
  writeFacts(writer, entry, 0);
  // comment length, disk, internal and external attributes
  writer.uint16(0, 0, 0, 0, 0);
  writer.uint32(entry.start);
  writer.raw(entry.name);
}

/** What an entry's own header and the directory both say. */
function writeFacts(writer: Writer, { name, data, crc }: PlacedEntry, extraLength: number): void {
  writer.uint16(VERSION, UTF8_NAMES, STORED, MIDNIGHT, FIRST_OF_1980);
  writer.uint32(crc, data.length, data.length);
  writer.uint16(name.length, extraLength);
}

class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  uint16(...values: number[]): void {
    for (const value of values) {
      this.#view.setUint16(this.#at, value, true);
      this.#at += 2;
    }
  }

  uint32(...values: number[]): void {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true);
      this.#at += 4;
    }
  }

  raw(data: Uint8Array): void {
    this.bytes.set(data, this.#at);
    this.#at += data.length;
  }
}

/** What PyTorch aligns its records to. */
const ALIGNMENT = 64;
/** The id under which PyTorch's own archives have their padding. */
const PADDING_FIELD = 0x4246;
const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_HEADER_BYTES = 46;
const END_RECORD_BYTES = 22;
const EXTRA_HEADER_BYTES = 4;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const STORED = 0;
const MIDNIGHT = 0;
const FIRST_OF_1980 = 0x0021;
const MAX_16_BITS = 0xffff;
const MAX_32_BITS = 0xffffffff;
