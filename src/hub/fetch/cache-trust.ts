import type { Stats } from "node:fs";
import { lstat, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { TunebertError } from "../../error.js";
import type { Place } from "./cache-folder.js";
import { markOf } from "./verified-file.js";

/**
 * The first part of a place in the cache that other users may change, if there is one: what it holds is not trusted
 * then, unless its hash is known. (Windows has no modes that tell.) What others change between the check and the use
 * is not noticed.
 */
export async function exposedPart(cache: string, place: Place): Promise<string | undefined> {
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  const { folder, archive, files, manifest } = place;
  for (const path of [cache, folder, dirname(archive), archive, markOf(archive), files, manifest]) {
    const found = await stat(path).catch(() => undefined);
    if (found && isExposed(found, user)) return path;
  }
  return undefined;
}

const WRITABLE_BY_OTHERS = 0o022;
/** Of a folder: others may add to it, but change nothing that is not theirs. */
const STICKY = 0o1000;

/** Whether other users than this one and the administrator may change something. */
export function isExposed(found: Pick<Stats, "uid" | "mode" | "isDirectory">, user: number): boolean {
  if (found.uid !== user && found.uid !== 0) return true;
  const isSticky = found.isDirectory() && (found.mode & STICKY) !== 0;
  return (found.mode & WRITABLE_BY_OTHERS) !== 0 && !isSticky;
}

/** @throws TunebertError where a link would lead what is written to a place outside of the cache */
export async function expectNoLinks({ folder, archive }: Place): Promise<void> {
  for (const path of [folder, dirname(archive)]) {
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isSymbolicLink()) continue;
    throw new TunebertError(
      `${path} is a symbolic link, and nothing in the cache is written through one. Remove it, or set ` +
        "TUNEBERT_CACHE to a folder elsewhere",
    );
  }
}
