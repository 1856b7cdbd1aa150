import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from "yauzl";
import { TunebertError } from "../../error.js";
import { crc32 } from "../../weights/crc32.js";
import { quote } from "../../weights/show.js";
import { isLeftByMacOs } from "./entry-path.js";
import type { Unpacking } from "./unpacking.js";

/**
 * Unpacks a zip archive, zip64 included, and checks each file's CRC-32. Files that macOS adds are left out.
 * @throws TunebertError, and whatever yauzl finds wrong with the archive
 */
export async function unzip(archive: string, unpacking: Unpacking): Promise<void> {
  const zip = await openPromise(archive, { decodeStrings: false, autoClose: false });
  try {
    unpacking.expectEntries(zip.entryCount);
    for await (const entry of zip.eachEntry()) {
      unpacking.count();
      const name = nameOf(entry);
      if (isLeftByMacOs(name)) continue;
      expectPlain(entry, name);
      if (name.endsWith("/")) await unpacking.folder(name);
      else await unpacking.file(name, contentOf(entry, name, zip));
    }
  } finally {
    zip.close();
  }
}

/** As it stands in the archive: yauzl would refuse some names in words of its own, and repair others. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
}

const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

/** The upper half of the attributes is the mode that Unix has for the file, or 0. */
function expectPlain(entry: Entry, name: string): void {
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  if (type !== 0 && type !== REGULAR && type !== FOLDER) {
    throw new TunebertError(`the entry ${quote(name)} is a link or a special file, not data`);
  }
  if (entry.isEncrypted()) throw new TunebertError(`the entry ${quote(name)} is encrypted`);
}

async function* contentOf(entry: Entry, name: string, zip: ZipFile): AsyncGenerator<Uint8Array> {
  let crc = 0;
  for await (const bytes of await zip.openReadStreamPromise(entry)) {
    crc = crc32(bytes, crc);
    yield bytes;
  }
  if (crc !== entry.crc32) {
    throw new TunebertError(`the entry ${quote(name)} is damaged: its CRC-32 does not fit`);
  }
}
