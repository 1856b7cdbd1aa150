import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TunebertError } from "../error.js";
import type { Place } from "./cache-folder.js";
import type { Artifact } from "./catalog.js";
import { unpackArchive } from "./unpack-archive.js";
import type { UnpackedFile } from "./unpacking.js";
import { writeFailure } from "./write-failure.js";

/** Unpacks an archive into its place, and what a broken-off try has left there goes. */
export async function unpackInto(place: Place, archive: string): Promise<void> {
  try {
    await rm(place.manifest, { force: true });
    for (const name of await readdir(place.folder)) {
      if (name.startsWith(basename(place.files)))
        await rm(join(place.folder, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw writeFailure(place.folder, error);
  }
  const files = await unpackArchive(archive, place.files);
  await writeFile(place.manifest, JSON.stringify(files)).catch((error) => {
    throw writeFailure(place.manifest, error);
  });
}

/** Whether everything that was unpacked is still there: what cleans caches up may take old files alone. */
export async function isUnpacked(place: Place): Promise<boolean> {
  try {
    const files: UnpackedFile[] = JSON.parse(await readFile(place.manifest, "utf8"));
    const found = await Promise.all(files.map(({ name }) => stat(join(place.files, name))));
    return found.every((file, i) => file.isFile() && file.size === files[i]!.size);
  } catch {
    return false;
  }
}

/**
 * The folder of an artifact within what was unpacked: the one that holds its files, or for an archive that is not
 * in the catalog its only folder, if there is nothing beside it.
 * @throws TunebertError when the artifact's files are missing
 */
export async function rootOf({ files }: Place, artifact: Artifact | undefined): Promise<string> {
  const entries = await readdir(files, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(files, name));
  if (!artifact) return entries.length === 1 && folders.length === 1 ? folders[0]! : files;
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
