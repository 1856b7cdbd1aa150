import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { TunebertError } from "../../error.js";
import { isFileSystemError, writeFailure } from "../files/write-failure.js";
import { type ArchiveLimits, archiveLimits } from "./archive-limits.js";
import { type UnpackedFile, Unpacking } from "./unpacking.js";

/**
 * Unpacks a zip, tar or tar.gz archive, told by its content, whole or not at all. Links and special files, paths
 * that lead out of the folder and names that collide are refused, and so is what goes beyond the limits.
 *
 * @param folder must not exist yet, and exists only when everything is in it
 * @returns the files
 * @throws TunebertError that names the archive and what is wrong with it
 */
export async function unpackArchive(
  archive: string,
  folder: string,
  limits: Partial<ArchiveLimits> = {},
): Promise<readonly UnpackedFile[]> {
  if (existsSync(folder)) throw new TunebertError(`cannot unpack ${archive}: ${folder} exists already`);
  const { format, size } = await examine(archive);
  const temporary = `${folder}.partial-${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
    await mkdir(temporary, { mode: 0o755 });
    const unpacking = new Unpacking(temporary, size, { ...archiveLimits, ...limits });
    await unpackEntries(archive, format, unpacking);
    if (unpacking.files.length === 0) throw new TunebertError("it holds no files");
    await rename(temporary, folder);
    return unpacking.files;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw failureOf(error, archive, folder);
  }
}

/** Loads what it takes only now: most runs of the command unpack nothing. */
async function unpackEntries(archive: string, format: Format, unpacking: Unpacking): Promise<void> {
  if (format === "zip") {
    const { unzip } = await import("./unzip.js");
    await unzip(archive, unpacking);
  } else {
    const { untar } = await import("./untar.js");
    await untar(archive, unpacking, { gzip: format === "gzip" });
  }
}

/** Whether an archive could not be unpacked because of what it holds, and not for want of space or permission. */
export function isArchiveFault(error: unknown): boolean {
  if (!(error instanceof TunebertError)) return false;
  return (error.cause as NodeJS.ErrnoException | undefined)?.syscall === undefined;
}

/** Endings of the names of archives that can be unpacked. */
export function isArchiveName(name: string): boolean {
  return /\.(zip|tar|tar\.gz|tgz)$/i.test(name);
}

type Format = "zip" | "gzip" | "tar";

async function examine(archive: string): Promise<{ format: Format; size: number }> {
  const file = await open(archive).catch((cause) => {
    throw new TunebertError(`cannot read ${archive}: ${cause.message}`, { cause });
  });
  try {
    const { buffer } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const start = buffer.toString("latin1");
    const { size } = await file.stat();
    if (start.startsWith("PK\u0003\u0004")) return { format: "zip", size };
    if (start.startsWith("\u001f\u008b")) return { format: "gzip", size };
    if (start.startsWith("ustar", 257)) return { format: "tar", size };
  } finally {
    await file.close();
  }
  throw new TunebertError(`${archive} is not an archive; expected zip, tar or tar.gz`);
}

function failureOf(error: unknown, archive: string, folder: string): unknown {
  if (isFileSystemError(error)) return writeFailure(folder, error);
  const { message } = error as Error;
  return new TunebertError(`${archive} cannot be unpacked: ${message}. Nothing of it was kept`, {
    cause: error,
  });
}
