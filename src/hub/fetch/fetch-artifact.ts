import { existsSync } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { TunebertError } from "../../error.js";
import { showAddress } from "../files/address.js";
import { type LockOptions, LostLock, withLock } from "../files/lock.js";
import { writeFailure } from "../files/write-failure.js";
import { type Source, type SourceOptions, sourceOf } from "./artifact-source.js";
import { cacheFolder, type Place, placeIn } from "./cache-folder.js";
import { expectNoLinks, exposedPart } from "./cache-trust.js";
import { findArtifact } from "./catalog.js";
import { type DownloadOptions, download } from "./download.js";
import { isArchiveFault, isArchiveName } from "./unpack-archive.js";
import { isUnpacked, rootOf, unpackInto } from "./unpacked-folder.js";
import { markVerified, removeVerified, sha1Of, verifiedSha1 } from "./verified-file.js";

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
  /** Another process has taken over while this one slept, and is waited for. */
  | { readonly event: "takeover" }
  /** Other users may change `path` in the cache: what is there is checked by its SHA-1, or fetched anew. */
  | { readonly event: "untrusted"; readonly path: string }
  /** What was in the cache is damaged, and is fetched anew. */
  | { readonly event: "damaged"; readonly found: string; readonly expected: string }
  | { readonly event: "unpack" }
  /** Successfully or not. */
  | { readonly event: "end" }
);

/** What was fetched, and where it is. */
export interface Fetched {
  /** What was asked for; an address without user name, password, query and fragment. */
  readonly name: string;
  /** The folder of what was unpacked; of an address that is no archive, the file. */
  readonly path: string;
  /** Where it comes from, without what may be secret; empty for an archive on this computer. */
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
 * const { path } = await fetchArtifact("bert.tar.gz");
 * const { config } = await loadPretrained(path);
 */
export async function fetchArtifact(name: string, options: FetchOptions = {}): Promise<Fetched> {
  const cache = options.cache ?? cacheFolder();
  const source = isLocalFile(name) ? await localSource(name) : sourceOf(name, options);
  const place = placeIn(cache, source.key, source.fileName);
  const fetched = { name: source.name, url: source.url && showAddress(source.url) };
  try {
    const trusted = await isTrusted(cache, place, source, options);
    const ready = options.force || !trusted ? undefined : await readyIn(place, source);
    if (ready) return { ...fetched, path: ready, cached: true };
    if (isOffline(options) && source.url && !existsSync(place.archive)) throw notCached(source, place);
    await makeFolder(place);
    return { ...fetched, ...(await fillLocked(place, source, { ...options, trusted })) };
  } finally {
    options.onEvent?.({ event: "end", name: source.name });
  }
}

/** Places that others may change, and that this process has checked: within one run, once is enough. */
const checked = new Set<string>();

async function isTrusted(
  cache: string,
  place: Place,
  { name }: Source,
  { onEvent }: FetchOptions,
): Promise<boolean> {
  if (checked.has(place.folder)) return true;
  const path = await exposedPart(cache, place);
  if (path) onEvent?.({ event: "untrusted", name, path });
  return path === undefined;
}

interface FillOptions extends FetchOptions {
  /** Whether what is in the cache is what was put there. */
  readonly trusted: boolean;
}

interface Filled {
  readonly path: string;
  readonly cached: boolean;
}

/** Fills the place while no other process does; one that has taken over meanwhile is waited for. */
async function fillLocked(place: Place, source: Source, options: FillOptions): Promise<Filled> {
  const { onEvent, signal } = options;
  const { name } = source;
  const lock = { ...options.lock, signal, onWait: () => onEvent?.({ event: "wait", name }) };
  for (;;) {
    try {
      return await withLock(
        place.lock,
        (lost, expectHeld) => {
          const either = signal ? AbortSignal.any([lost, signal]) : lost;
          return fill(place, source, { ...options, signal: either }, expectHeld);
        },
        lock,
      );
    } catch (error) {
      if (!(error instanceof LostLock)) throw error;
      onEvent?.({ event: "takeover", name });
      await makeFolder(place);
    }
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

/** Runs while this process alone is at the place, unless it sleeps: `expectHeld` tells. */
async function fill(
  place: Place,
  source: Source,
  options: FillOptions,
  expectHeld: () => Promise<void>,
): Promise<Filled> {
  const ready = options.force || !options.trusted ? undefined : await readyIn(place, source);
  if (ready) return { path: ready, cached: true };
  const archive = source.url ? place.archive : source.name;
  const cached = !source.url || (!options.force && (await isSoundArchive(place, source, options)));
  if (!cached) await downloadTo(place, source, options, expectHeld);
  if (source.isArchive) {
    options.onEvent?.({ event: "unpack", name: source.name });
    await unpackOrRemove(place, source, archive, expectHeld);
  }
  if (!options.trusted) checked.add(place.folder);
  return { path: source.isArchive ? await rootOf(place, source.artifact) : archive, cached };
}

/** What was downloaded and is no sound archive goes, or it would be in the way for ever. */
async function unpackOrRemove(
  place: Place,
  source: Source,
  archive: string,
  expectHeld: () => Promise<void>,
): Promise<void> {
  try {
    await unpackInto(place, archive, expectHeld);
  } catch (error) {
    await expectHeld();
    if (source.url && isArchiveFault(error)) await removeVerified(place.archive);
    throw error;
  }
}

/** What was fetched earlier, if it is whole. */
async function readyIn(place: Place, source: Source): Promise<string | undefined> {
  if (source.isArchive) return (await isUnpacked(place)) ? rootOf(place, source.artifact) : undefined;
  const sha1 = await verifiedSha1(place.archive);
  return sha1 !== undefined && (source.sha1 ?? sha1) === sha1 ? place.archive : undefined;
}

/** Whether the file in the cache is what it should be. Without a mark that says so, it is read and hashed. */
async function isSoundArchive(place: Place, source: Source, options: FillOptions): Promise<boolean> {
  const { archive } = place;
  if (!existsSync(archive)) return false;
  if (!options.trusted && !source.sha1) {
    if (isOffline(options)) throw notTrusted(source, place);
    return false;
  }
  const noted = options.trusted ? await verifiedSha1(archive) : undefined;
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

async function downloadTo(
  place: Place,
  source: Source,
  options: FillOptions,
  expectHeld: () => Promise<void>,
): Promise<void> {
  if (isOffline(options)) throw notCached(source, place);
  const { name, url, sha1 } = source;
  const { fetch, signal, patience, maxBytes, onEvent, trusted } = options;
  await download({
    ...{ url, sha1, path: place.archive, fetch, signal, patience, maxBytes, expectHeld },
    fresh: !trusted && sha1 === undefined,
    onBytes: (received, total) => onEvent?.({ event: "bytes", name, received, total }),
    onRetry: (reason, seconds) => onEvent?.({ event: "retry", name, reason, seconds }),
  });
}

async function makeFolder(place: Place): Promise<void> {
  await expectNoLinks(place);
  const folder = dirname(place.archive);
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw writeFailure(folder, error);
  }
}

/** Whether the cache alone is used. */
export function isOffline({ offline }: FetchOptions): boolean {
  return offline ?? !["", "0", undefined].includes(process.env.TUNEBERT_OFFLINE);
}

function notCached({ name, url }: Source, { archive }: Place): TunebertError {
  return new TunebertError(
    (offline) =>
      `${name} is not in the cache, and offline nothing is downloaded. Fetch it once without ${offline}, or put ` +
      `the file from ${showAddress(url)} at ${archive}`,
    { option: "offline" },
  );
}

function notTrusted({ name }: Source, { archive }: Place): TunebertError {
  return new TunebertError(
    `${name} is in the cache, but other users may change ${archive} or a folder above it, and its SHA-1 is not known. ` +
      "Go online to fetch it again, or if you know that it is right take their permission away (chmod -R go-w)",
  );
}
