import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { writeFailure } from "../files/write-failure.js";
import { readCacheJson, writeCacheJson } from "./cache-json.js";

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
  await writeCacheJson(markOf(path), { sha1, size, modified: mtimeMs } satisfies Mark).catch((error) => {
    throw writeFailure(markOf(path), error);
  });
}

/** The SHA-1 that was noted for a file, unless the file has changed since. */
export async function verifiedSha1(path: string): Promise<string | undefined> {
  const mark = ((await readCacheJson(markOf(path))) ?? {}) as Partial<Mark>;
  const file = await stat(path).catch(() => undefined);
  const { sha1 } = mark;
  if (!file?.isFile() || mark.size !== file.size || mark.modified !== file.mtimeMs) return undefined;
  return typeof sha1 === "string" && /^[0-9a-f]{40}$/.test(sha1) ? sha1 : undefined;
}

/** Removes a file and its mark. */
export async function removeVerified(path: string): Promise<void> {
  await rm(markOf(path), { force: true });
  await rm(path, { force: true });
}

/** Where the SHA-1 of a file is noted. */
export function markOf(path: string): string {
  return `${path}.verified`;
}
