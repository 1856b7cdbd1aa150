import { assembleLists, assembleNested } from "hyparquet/src/assemble.js";
import { parquetHeader } from "hyparquet/src/column.js";
import { convert, convertWithDictionary, DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { decompressPage, readDataPage, readDataPageV2 } from "hyparquet/src/datapage.js";
import { readPlain } from "hyparquet/src/plain.js";
import {
  getMaxDefinitionLevel,
  getMaxRepetitionLevel,
  getTreePath,
  isFlatColumn,
  isListLike,
} from "hyparquet/src/schema.js";
import type {
  ColumnChunk,
  ColumnDecoder,
  Compressors,
  DecodedArray,
  PageHeader,
  RowGroup,
  SchemaTree,
} from "hyparquet/src/types.js";
import { decompressGzip, decompressLz4Raw, decompressZstd } from "hyparquet-compressors";
import { TunebertError } from "../../error.js";
import { decodeUtf8 } from "../decode-utf8.js";
import { checkRuns } from "./check-runs.js";
import { checkThrift } from "./check-thrift.js";
import { damaged } from "./damaged.js";
import { encrypted, type ParquetFile } from "./parquet-file.js";

/** Stands for a text that is not UTF-8. */
export const NOT_UTF8 = Symbol("not UTF-8");

/** What the columns that are read of one row group may unpack to, all together. */
const MAX_GROUP_BYTES = 512 * 1024 * 1024;

/** Memory for a group of rows. */
export class GroupMemory {
  readonly #file: ParquetFile;
  readonly #number: number;
  #used = 0;

  /** @param number the row group's, from 1 */
  constructor(file: ParquetFile, number: number) {
    this.#file = file;
    this.#number = number;
  }

  /** @throws TunebertError when the group takes too much, or the file unpacks to more than texts do */
  take(bytes: number): void {
    this.#used += bytes;
    this.#file.unpack(bytes);
    if (this.#used <= MAX_GROUP_BYTES) return;
    throw new TunebertError(
      `${this.#file.name}: row group ${this.#number} unpacks to more than ${MAX_GROUP_BYTES} bytes; write the file with ` +
        "smaller row groups",
    );
  }
}

/**
 * The values of a column in a row group, one for each row: strings, numbers, booleans, bigints, `null`, lists of them,
 * and {@link NOT_UTF8}. All that the file claims is held against what it has before memory is given to it.
 * @throws TunebertError when the column holds something else or is written in a way that is not read
 * @throws Error when the file is damaged
 */
export function readColumn(
  file: ParquetFile,
  group: RowGroup,
  column: SchemaTree,
  memory: GroupMemory,
): DecodedArray {
  const leaf = leafOf(file, column);
  const rows = Number(group.num_rows);
  const chunk = group.columns.find(
    ({ meta_data }) => meta_data?.path_in_schema.join("\0") === leaf.path.join("\0"),
  );
  if (chunk === undefined) {
    if (group.columns.some(({ meta_data }) => meta_data === undefined))
      throw encrypted(`${file.name}: a column`);
    throw damaged(`no column ${JSON.stringify(column.element.name)} in a row group`);
  }
  const values = new PageReader(file, chunk, leaf, memory).read(rows);
  if (values.length !== rows) throw damaged(`${values.length} values for ${rows} rows`);
  return values;
}

/** The one leaf of a column that holds single values or lists of them. @throws TunebertError where it holds others */
function leafOf({ name }: ParquetFile, column: SchemaTree): SchemaTree {
  let leaf = column;
  if (isListLike(column)) leaf = column.children[0]!.children[0] ?? column.children[0]!;
  const { type, logical_type, converted_type, repetition_type } = leaf.element;
  const isValue =
    leaf.children.length === 0 &&
    (leaf !== column || repetition_type !== "REPEATED") &&
    VALUE_TYPES.has(type) &&
    LOGICAL_TYPES.has(logical_type?.type) &&
    (converted_type === undefined || /^(UTF8|ENUM|JSON|U?INT_\d+)$/.test(converted_type));
  if (isValue) return leaf;
  const found = leaf.children.length > 0 ? "structures" : (logical_type?.type ?? converted_type ?? type);
  throw new TunebertError(
    `${name}: the column ${JSON.stringify(column.element.name)} holds values of the type ${found}; expected strings, numbers, ` +
      "booleans, or lists of them",
  );
}

const VALUE_TYPES: ReadonlySet<unknown> = new Set([
  "BOOLEAN",
  "INT32",
  "INT64",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
]);
const LOGICAL_TYPES: ReadonlySet<unknown> = new Set([undefined, "STRING", "ENUM", "INTEGER", "JSON", "NULL"]);

/** How pages may be compressed; what is not here hyparquet does itself. */
const COMPRESSORS: Compressors = {
  GZIP: decompressGzip,
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
  LZ4_RAW: decompressLz4Raw,
};
const CODECS: ReadonlySet<unknown> = new Set(["UNCOMPRESSED", "SNAPPY", ...Object.keys(COMPRESSORS)]);

/** How values may be written. Lengths of the others cannot be told before they are read. */
const ENCODINGS: ReadonlySet<unknown> = new Set([
  ...["PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE"],
  ...["DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
]);

/** Decodes strings, and says where there are none. */
const stringFromBytes = (bytes: Uint8Array | undefined): unknown => bytes && (decodeUtf8(bytes) ?? NOT_UTF8);

const PARSERS = {
  ...DEFAULT_PARSERS,
  stringFromBytes,
  jsonFromBytes: stringFromBytes,
} as typeof DEFAULT_PARSERS;

/** Reads the pages of one column in one row group. */
class PageReader {
  readonly #file: ParquetFile;
  readonly #memory: GroupMemory;
  readonly #bytes: Uint8Array;
  readonly #decoder: ColumnDecoder;
  readonly #valueCount: number;
  #dictionary: DecodedArray | undefined;

  constructor(file: ParquetFile, chunk: ColumnChunk, leaf: SchemaTree, memory: GroupMemory) {
    const { meta_data: meta } = chunk;
    if (meta === undefined || chunk.crypto_metadata !== undefined) throw encrypted(`${file.name}: a column`);
    if (chunk.file_path)
      throw new TunebertError(`${file.name}: its columns are in other files; write them into one`);
    if (!CODECS.has(meta.codec)) {
      throw new TunebertError(
        `${file.name}: compressed by ${meta.codec}, which is not read; write it with snappy, gzip, zstd, lz4 or uncompressed`,
      );
    }
    this.#file = file;
    this.#memory = memory;
    this.#bytes = bytesOf(file, meta);
    this.#valueCount = Number(meta.num_values);
    memory.take(this.#bytes.length);
    this.#decoder = {
      pathInSchema: leaf.path,
      type: meta.type,
      element: leaf.element,
      schemaPath: getTreePath(file.schema, leaf.path),
      parsers: PARSERS,
      codec: meta.codec,
      compressors: COMPRESSORS,
    } as ColumnDecoder;
    if (meta.type !== leaf.element.type)
      throw damaged(`a column of ${meta.type} for one of ${leaf.element.type}`);
  }

  read(rows: number): DecodedArray {
    const isFlat = isFlatColumn(this.#decoder.schemaPath);
    const limit = isFlat ? rows : this.#valueCount;
    if (!Number.isSafeInteger(limit) || limit < 0) throw damaged(`a column of ${limit} values`);
    const pages: DecodedArray[] = [];
    let lists: DecodedArray = [];
    let seen = 0;
    for (let offset = 0; seen < limit && offset < this.#bytes.length; ) {
      const { header, start, end } = this.#header(offset);
      offset = end;
      // A copy, so that nothing beyond the page can be read as one of its values.
      const bytes = new Uint8Array(this.#bytes.subarray(start, end));
      if (header.type === "DICTIONARY_PAGE") this.#readDictionary(header, bytes);
      else if (header.type === "DATA_PAGE" || header.type === "DATA_PAGE_V2") {
        const page = this.#readPage(header, bytes, limit - seen, isFlat ? [] : lists);
        seen += page.count;
        if (isFlat) pages.push(page.values);
        else lists = page.values;
      }
    }
    const values: unknown[] = isFlat
      ? pages.flatMap((page) => Array.from<unknown>(page))
      : Array.from<unknown>(this.#assemble(lists));
    if (values.includes(undefined)) throw damaged("a value that its dictionary has not");
    return values;
  }

  /** Lists of the column's depth, of those of the leaf's. */
  #assemble(lists: DecodedArray): DecodedArray {
    const { pathInSchema, schemaPath } = this.#decoder;
    const columns = new Map([[pathInSchema.join("."), lists]]);
    assembleNested(columns, schemaPath[1]!, PARSERS);
    const values = columns.get(schemaPath[1]!.element.name);
    if (values === undefined) throw damaged("a list without values");
    return values;
  }

  /** The header of a page, and where its bytes are. */
  #header(offset: number): { readonly header: PageHeader; readonly start: number; readonly end: number } {
    const start = checkThrift(this.#bytes, offset);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    const header = parquetHeader({ view, offset });
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    expectCount(packed, this.#bytes.length - start, "bytes of a page");
    expectCount(unpacked, MAX_GROUP_BYTES, "bytes of an unpacked page");
    this.#memory.take(unpacked);
    return { header, start, end: start + packed };
  }

  #readDictionary(header: PageHeader, packed: Uint8Array): void {
    const { num_values: count } = header.dictionary_page_header ?? {};
    const { type, element } = this.#decoder;
    expectCount(count, 8 * header.uncompressed_page_size, "entries of a dictionary");
    const page = this.#unpack(packed, header.uncompressed_page_size);
    const reader = { view: viewOf(page), offset: 0 };
    this.#memory.take(8 * count);
    this.#dictionary = convert(readPlain(reader, type, count, element.type_length), this.#decoder);
  }

  #readPage(
    header: PageHeader,
    packed: Uint8Array,
    most: number,
    lists: DecodedArray,
  ): { readonly values: DecodedArray; readonly count: number } {
    const about = header.data_page_header_v2 ?? header.data_page_header;
    const { num_values: count, encoding } = about ?? {};
    expectCount(count, most, "values of a page");
    this.#memory.take(8 * count);
    if (!ENCODINGS.has(encoding)) {
      throw new TunebertError(
        `${this.#file.name}: values are written in the encoding ${encoding}, which is not read; write them plainly or with a ` +
          "dictionary",
      );
    }
    const { definitionLevels, repetitionLevels, dataPage } =
      header.type === "DATA_PAGE_V2"
        ? this.#dataV2(header, packed, count)
        : this.#data(header, packed, count);
    const values = convertWithDictionary(dataPage, this.#dictionary, encoding!, this.#decoder);
    const { schemaPath } = this.#decoder;
    return {
      values: assembleLists(lists as unknown[], definitionLevels, repetitionLevels, values, schemaPath),
      count,
    };
  }

  #data(header: PageHeader, packed: Uint8Array, count: number) {
    const about = header.data_page_header!;
    const page = this.#unpack(packed, header.uncompressed_page_size);
    const view = viewOf(page);
    let offset = 0;
    for (const level of this.#levels) {
      if (level === 0) continue;
      checkRuns(page, offset + 4, bitWidth(level), count);
      offset += 4 + view.getUint32(offset, true);
    }
    this.#checkValues(page, offset, about.encoding, count);
    return readDataPage(page, about, this.#decoder);
  }

  #dataV2(header: PageHeader, packed: Uint8Array, count: number) {
    const about = header.data_page_header_v2!;
    const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = about;
    expectCount(about.num_nulls, count, "nulls of a page");
    expectCount(repetition, packed.length, "bytes of levels");
    expectCount(definition, packed.length - repetition, "bytes of levels");
    const levels = repetition + definition;
    const length = header.uncompressed_page_size - levels;
    expectCount(length, MAX_GROUP_BYTES, "bytes of an unpacked page");
    const [repeated, defined] = this.#levels;
    if (repeated > 0) checkRuns(packed, 0, bitWidth(repeated), count);
    if (defined > 0) checkRuns(packed, repetition, bitWidth(defined), count);
    const rest = packed.subarray(levels);
    const values = about.is_compressed && length > 0 ? this.#unpack(rest, length) : rest;
    this.#checkValues(values, 0, about.encoding, count);
    const page = new Uint8Array(levels + values.length);
    page.set(packed.subarray(0, levels));
    page.set(values, levels);
    const plain = { ...header, data_page_header_v2: { ...about, is_compressed: false } };
    return readDataPageV2(page, plain, this.#decoder);
  }

  #checkValues(page: Uint8Array, offset: number, encoding: string, count: number): void {
    if (encoding === "RLE") checkRuns(page, offset + 4, 1, count);
    if (encoding.endsWith("_DICTIONARY")) {
      if (this.#dictionary === undefined) throw damaged("a page without its dictionary");
      checkRuns(page, offset + 1, page[offset] ?? 0, count);
    }
  }

  #unpack(packed: Uint8Array, length: number): Uint8Array {
    const { codec, compressors } = this.#decoder;
    return decompressPage(packed, length, codec, compressors);
  }

  /** The highest levels of repetition and definition. */
  get #levels(): readonly [repetition: number, definition: number] {
    const { schemaPath } = this.#decoder;
    return [getMaxRepetitionLevel(schemaPath), getMaxDefinitionLevel(schemaPath)];
  }
}

function bytesOf(file: ParquetFile, meta: NonNullable<ColumnChunk["meta_data"]>): Uint8Array {
  const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = meta;
  const start = Number(dictionary || data);
  const length = Number(size);
  expectCount(start, file.bytes.length, "bytes before a column");
  expectCount(length, file.bytes.length - start, "bytes of a column");
  return file.bytes.subarray(start, start + length);
}

function expectCount(count: number | undefined, most: number, what: string): asserts count is number {
  if (Number.isSafeInteger(count) && count! >= 0 && count! <= most) return;
  throw damaged(`${count} ${what}`);
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

function bitWidth(level: number): number {
  return 32 - Math.clz32(level);
}
