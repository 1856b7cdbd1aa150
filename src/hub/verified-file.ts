import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/** That a file's SHA-1 was computed when the file had this size and time. */
interface Mark {
  readonly sha1: string;
  readonly size: number;
  readonly modified: number;
}

/** The SHA-1 of a file, in hexadecimal. */
export async function sha1Of(path: string): Promise<string> {
  const hash = createHash("sha1");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

/**
 * Notes what a file's SHA-1 is, so that the file need not be read again for it.
 * @param path where the file will be
 * @param from where it is now, if it is to be renamed afterwards: a file is never there without its mark
 */
export async function markVerified(path: string, sha1: string, from = path): Promise<void> {
  const { size, mtimeMs } = await stat(from);
  await writeFile(markOf(path), JSON.stringify({ sha1, size, modified: mtimeMs } satisfies Mark));
}

/** The SHA-1 that was noted for a file, unless the file has changed since. */
export async function verifiedSha1(path: string): Promise<string | undefined> {
  try {
    const [{ size, mtimeMs }, text] = await Promise.all([stat(path), readFile(markOf(path), "utf8")]);
    const mark: Partial<Mark> = JSON.parse(text);
    return mark.size === size && mark.modified === mtimeMs ? mark.sha1 : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a file and its mark. */
export async function removeVerified(path: string): Promise<void> {
  await rm(markOf(path), { force: true });
  await rm(path, { force: true });
}

function markOf(path: string): string {
  return `${path}.verified`;
}
