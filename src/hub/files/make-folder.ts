import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and, if need be, those above it.
 * @returns the topmost that was made; undefined if the folder was there
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    // Node says ENOENT of a read-only file system too; without `recursive` the operating system itself is heard.
    const first = topmostMissing(resolve(path));
    await mkdir(first);
    await mkdir(path, { recursive: true });
    return first;
  }
}

function topmostMissing(path: string): string {
  const above = dirname(path);
  return above === path || existsSync(above) ? path : topmostMissing(above);
}
