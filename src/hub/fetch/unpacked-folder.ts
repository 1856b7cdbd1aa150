import { randomBytes } from "node:crypto";
import { lstat, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TunebertError } from "../../error.js";
import { writeFailure } from "../files/write-failure.js";
import type { Place } from "./cache-folder.js";
import { readCacheJson, writeCacheJson } from "./cache-json.js";
import type { Artifact } from "./catalog.js";
import { entryPath } from "./entry-path.js";
import { unpackArchive } from "./unpack-archive.js";
import type { UnpackedFile } from "./unpacking.js";

/**
 * Unpacks an archive into its place, and what a broken-off try has left there goes.
 *
 * The list of the files alone is flushed, once they have their names. If the computer fails before the system has put
 * them on the disk, they are missing or short, which {@link isUnpacked} notices: the archive, which is flushed, is
 * unpacked again.
 *
 * @param expectHeld rejects where another process has taken over, whose files then stay as they are
 */
export async function unpackInto(
  place: Place,
  archive: string,
  expectHeld: () => Promise<void>,
): Promise<void> {
  const { folder, files, manifest } = place;
  const fresh = `${files}.${randomBytes(6).toString("hex")}`;
  const old = `${fresh}.old`;
  await cached(folder, () => removeTemporary(place));
  const unpacked = await unpackArchive(archive, fresh);
  await expectHeld();
  await cached(files, async () => {
    await rm(manifest, { force: true });
    if (await lstat(files).catch(() => undefined)) await rename(files, old);
    await rename(fresh, files);
    await writeCacheJson(manifest, unpacked);
    await rm(old, { recursive: true, force: true });
  });
}

async function removeTemporary({ folder, files, manifest }: Place): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name === basename(manifest) || !name.startsWith(`${basename(files)}.`)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function cached(path: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** Whether everything that was unpacked is still there, and no link: what cleans caches up may take old files alone. */
export async function isUnpacked(place: Place): Promise<boolean> {
  const files = parseManifest(await readCacheJson(place.manifest));
  if (!files) return false;
  try {
    for (const folder of foldersOf(files)) {
      if (!(await lstat(join(place.files, folder))).isDirectory()) return false;
    }
    const found = await Promise.all(files.map(({ name }) => lstat(join(place.files, name))));
    return found.every((file, i) => file.isFile() && file.size === files[i]?.size);
  } catch {
    return false;
  }
}

/** The list of what was unpacked, if all of it could have been. */
function parseManifest(json: unknown): readonly UnpackedFile[] | undefined {
  if (!Array.isArray(json) || json.length === 0) return undefined;
  const sound = json.every(
    (file) => isFileName(file?.name) && Number.isSafeInteger(file.size) && file.size >= 0,
  );
  return sound ? json : undefined;
}

function isFileName(name: unknown): boolean {
  try {
    return typeof name === "string" && name !== "" && entryPath(name, name.length).join("/") === name;
  } catch {
    return false;
  }
}

/** The folders that the files are in, each once, the outermost first. */
function foldersOf(files: readonly UnpackedFile[]): Set<string> {
  const folders = new Set([""]);
  for (const { name } of files) {
    for (let end = name.indexOf("/"); end > 0; end = name.indexOf("/", end + 1))
      folders.add(name.slice(0, end));
  }
  return folders;
}

/**
 * The folder of an artifact within what was unpacked: the one that holds its files, or for an archive that is not
 * in the catalog its only folder, if there is nothing beside it.
 * @throws TunebertError when the artifact's files are missing
 */
export async function rootOf({ files }: Place, artifact: Artifact | undefined): Promise<string> {
  const entries = await readdir(files, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(files, name));
  if (!artifact) return (entries.length === 1 && folders[0]) || files;
  for (const folder of [join(files, artifact.folder), files, ...folders]) {
    if (await holds(folder, artifact.files)) return folder;
  }
  throw new TunebertError(
    `the archive of ${artifact.name} in ${dirname(files)} does not hold ${artifact.files.join(", ")}; ` +
      `found ${entries.map(({ name }) => name).join(", ")}`,
  );
}

async function holds(folder: string, files: readonly string[]): Promise<boolean> {
  const found = await Promise.allSettled(files.map((name) => stat(join(folder, name))));
  return found.every(({ status }) => status === "fulfilled");
}
