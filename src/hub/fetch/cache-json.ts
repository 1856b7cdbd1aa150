import { lstat, readFile, rm } from "node:fs/promises";
import { writeWhole } from "../files/write-whole.js";

/** The most that a file of ours holds: the names of all that an archive may hold. */
const MAX_BYTES = 2 ** 23;

/** What a small file in the cache says, which may be anything; `undefined` where it is none, or no JSON. */
export async function readCacheJson(path: string): Promise<unknown> {
  try {
    const file = await lstat(path);
    if (!file.isFile() || file.size > MAX_BYTES) return undefined;
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Writes a small file in the cache, in the place of what is there, be it a link. @throws what the system says */
export async function writeCacheJson(path: string, value: unknown): Promise<void> {
  await rm(path, { force: true });
  await writeWhole(path, JSON.stringify(value)).catch((error: Error) => {
    throw error.cause ?? error;
  });
}
