import { join, resolve } from "node:path";
import envPaths from "env-paths";

/** Where one artifact is kept in the cache. */
export interface Place {
  readonly folder: string;
  /** What was downloaded. */
  readonly archive: string;
  /** What the archive holds; there only when whole. */
  readonly files: string;
  /** Names and sizes of what was unpacked. */
  readonly manifest: string;
  /** Held by the process that is fetching. */
  readonly lock: string;
}

/**
 * The folder in which everything that is fetched is kept: `TUNEBERT_CACHE`, or the platform's folder for caches
 * (`~/.cache/tunebert`, `~/Library/Caches/tunebert`, `%LOCALAPPDATA%\tunebert\Cache`).
 */
export function cacheFolder(): string {
  return resolve(process.env.TUNEBERT_CACHE || envPaths("tunebert", { suffix: "" }).cache);
}

/** @param key a file name that no other artifact has, see {@link Source} */
export function placeIn(cache: string, key: string, fileName: string): Place {
  const folder = join(cache, key);
  return {
    folder,
    archive: join(folder, "download", fileName),
    files: join(folder, "files"),
    manifest: join(folder, "files.json"),
    lock: join(folder, "lock"),
  };
}
