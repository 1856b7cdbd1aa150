import { existsSync } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { TunebertError } from "../error.js";
import { type Source, type SourceOptions, sourceOf } from "./artifact-source.js";
import { cacheFolder, type Place, placeIn } from "./cache-folder.js";
import { findArtifact } from "./catalog.js";
import { type DownloadOptions, download } from "./download.js";
import { type LockOptions, withLock } from "./lock.js";
import { isArchiveName } from "./unpack-archive.js";
import { isUnpacked, rootOf, unpackInto } from "./unpacked-folder.js";
import { markVerified, removeVerified, sha1Of, verifiedSha1 } from "./verified-file.js";
import { writeFailure } from "./write-failure.js";

/** How something is fetched; the defaults do for a computer with a network. */
export interface FetchOptions
  extends SourceOptions,
    Pick<DownloadOptions, "fetch" | "signal" | "patience" | "maxBytes"> {
  /** Folder for everything that is fetched; default `TUNEBERT_CACHE`, or the platform's folder for caches. */
  readonly cache?: string | undefined;
  /** Whether to do with what is in the cache; default: whether `TUNEBERT_OFFLINE` is set and not 0. */
  readonly offline?: boolean | undefined;
  /** Whether to download again what is in the cache; default false. */
  readonly force?: boolean | undefined;
  /** Gets to know what happens. */
  readonly onEvent?: ((event: FetchEvent) => void) | undefined;
  /** How a lock is waited for. */
  readonly lock?: Pick<LockOptions, "staleAfter" | "poll"> | undefined;
}

/** What happens while something is fetched; `name` is what was asked for. */
export type FetchEvent = { readonly name: string } & (
  | { readonly event: "bytes"; readonly received: number; readonly total: number | undefined }
  | { readonly event: "retry"; readonly reason: string; readonly seconds: number }
  /** Another process is fetching the same. */
  | { readonly event: "wait" }
  /** What was in the cache is damaged, and is fetched anew. */
  | { readonly event: "damaged"; readonly found: string; readonly expected: string }
  | { readonly event: "unpack" }
  /** Successfully or not. */
  | { readonly event: "end" }
);

/** What was fetched, and where it is. */
export interface Fetched {
  /** What was asked for; an address without passwords. */
  readonly name: string;
  /** The folder of what was unpacked; of an address that is no archive, the file. */
  readonly path: string;
  /** Where it comes from; empty for an archive on this computer. */
  readonly url: string;
  /** Whether nothing had to be downloaded. */
  readonly cached: boolean;
}

/**
 * Downloads an artifact of the catalog or any address into the cache, checks it and unpacks it, unless all of
 * that is done already. Of several processes that fetch the same, one does.
 *
 * @param name of the catalog, an http or https address, or the path of an archive
 * @throws TunebertError when the name is unknown, offline use finds nothing, the server has no such file or does
 * not come up within the attempts, the SHA-1 is another, the archive is damaged or unsafe, or the disk refuses
 * @example
 * const { path } = await fetchArtifact("snli");
 */
export async function fetchArtifact(name: string, options: FetchOptions = {}): Promise<Fetched> {
  const cache = options.cache ?? cacheFolder();
  const source = isLocalFile(name) ? await localSource(name) : sourceOf(name, options);
  const place = placeIn(cache, source.key, source.fileName);
  const fetched = { name: source.name, url: source.url };
  try {
    const ready = options.force ? undefined : await readyIn(place, source);
    if (ready) return { ...fetched, path: ready, cached: true };
    if (isOffline(options) && source.url && !existsSync(place.archive)) throw notCached(source, place);
    await makeFolder(dirname(place.archive));
    const lock = {
      ...options.lock,
      signal: options.signal,
      onWait: () => options.onEvent?.({ event: "wait", name: source.name }),
    };
    return await withLock(
      place.lock,
      async (lost) => {
        const signal = options.signal ? AbortSignal.any([lost, options.signal]) : lost;
        return { ...fetched, ...(await fill(place, source, { ...options, signal })) };
      },
      lock,
    );
  } finally {
    options.onEvent?.({ event: "end", name: source.name });
  }
}

function isLocalFile(name: string): boolean {
  return !findArtifact(name) && existsSync(name);
}

/** An archive on the disk: cached by its content, and never downloaded. */
async function localSource(path: string): Promise<Source> {
  if (!(await stat(path)).isFile() || !isArchiveName(path)) {
    throw new TunebertError(
      `${path} is there already; only names, addresses and archives (.zip, .tar.gz) are fetched`,
    );
  }
  const sha1 = await sha1Of(path);
  const fileName = basename(path);
  return {
    name: path,
    key: `${fileName}-${sha1.slice(0, 12)}`,
    fileName,
    url: "",
    sha1,
    isArchive: true,
    artifact: undefined,
  };
}

/** Runs while this process alone is at the place. */
async function fill(
  place: Place,
  source: Source,
  options: FetchOptions,
): Promise<{ path: string; cached: boolean }> {
  const ready = options.force ? undefined : await readyIn(place, source);
  if (ready) return { path: ready, cached: true };
  const archive = source.url ? place.archive : source.name;
  const cached = !source.url || (!options.force && (await isSoundArchive(place, source, options)));
  if (!cached) await downloadTo(place, source, options);
  if (!source.isArchive) return { path: archive, cached };
  options.onEvent?.({ event: "unpack", name: source.name });
  await unpackInto(place, archive);
  return { path: await rootOf(place, source.artifact), cached };
}

/** What was fetched earlier, if it is whole. */
async function readyIn(place: Place, source: Source): Promise<string | undefined> {
  if (source.isArchive) return (await isUnpacked(place)) ? rootOf(place, source.artifact) : undefined;
  const sha1 = await verifiedSha1(place.archive);
  return sha1 !== undefined && (source.sha1 ?? sha1) === sha1 ? place.archive : undefined;
}

/** Whether the archive in the cache is what it should be. Without a mark that says so, it is read and hashed. */
async function isSoundArchive(place: Place, source: Source, options: FetchOptions): Promise<boolean> {
  const { archive } = place;
  if (!existsSync(archive)) return false;
  const noted = await verifiedSha1(archive);
  const { sha1: expected = noted } = source;
  const found = noted ?? (await sha1Of(archive));
  if (found === expected) {
    if (!noted) await markVerified(archive, found);
    return true;
  }
  await rename(archive, `${archive}.damaged`);
  const known = expected ?? "unknown";
  if (isOffline(options)) {
    throw new TunebertError(
      `${archive} has the SHA-1 ${found}, expected ${known}; it was renamed to ${basename(archive)}.damaged. ` +
        "Go online to fetch it again",
    );
  }
  options.onEvent?.({ event: "damaged", name: source.name, found, expected: known });
  return false;
}

async function downloadTo(place: Place, source: Source, options: FetchOptions): Promise<void> {
  if (isOffline(options)) throw notCached(source, place);
  const { name, url, sha1 } = source;
  const { fetch, signal, patience, maxBytes, onEvent } = options;
  await removeVerified(place.archive);
  await download({
    ...{ url, sha1, path: place.archive, fetch, signal, patience, maxBytes },
    onBytes: (received, total) => onEvent?.({ event: "bytes", name, received, total }),
    onRetry: (reason, seconds) => onEvent?.({ event: "retry", name, reason, seconds }),
  });
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeFailure(folder, error);
  }
}

function isOffline({ offline }: FetchOptions): boolean {
  return offline ?? !["", "0", undefined].includes(process.env.TUNEBERT_OFFLINE);
}

function notCached({ name, url }: Source, { archive }: Place): TunebertError {
  return new TunebertError(
    (offline) =>
      `${name} is not in the cache, and offline nothing is downloaded. Fetch it once without ${offline}, or put ` +
      `the file from ${url} at ${archive}`,
    { option: "offline" },
  );
}
