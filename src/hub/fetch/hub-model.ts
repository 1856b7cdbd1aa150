import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { TunebertError } from "../../error.js";
import { showAddress } from "../files/address.js";
import { withLock } from "../files/lock.js";
import { PassingFailure } from "./connection-failure.js";
import { environmentFetch } from "./environment-fetch.js";
import { type Fetched, type FetchOptions, isOffline } from "./fetch-artifact.js";
import { HubCache, isCommit, makeFolder } from "./hub-cache.js";
import { type AskOptions, askHub, bringHubFile, type HubFile, HubRefusal } from "./hub-file.js";
import { type HubSettings, hubSettings } from "./hub-settings.js";

/** Whether a name may be one of the Hugging Face hub: `org/name`, of some revision behind an `@`. */
export function isHubName(name: string): boolean {
  const { repository, revision } = parseHubName(name);
  const isRepository = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(repository);
  return isRepository && [repository, revision].every(isPlainPath) && /^[\w][\w./-]*$/.test(revision);
}

/** Without parts that lead elsewhere. */
function isPlainPath(path: string): boolean {
  return (
    path.split("/").every((part) => part !== "" && !part.startsWith(".")) && !/\.\.|--|\.git$/.test(path)
  );
}

function parseHubName(name: string): { readonly repository: string; readonly revision: string } {
  const [, repository = name, revision = "main"] = /^([^@]*)@(.*)$/.exec(name) ?? [];
  return { repository, revision };
}

/** Files beside the weights: those that make tokens of texts, and those that say how tokens are pooled. */
const SMALL_FILES = [
  ...["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"],
  ...["modules.json", "sentence_bert_config.json", "1_Pooling/config.json"],
];
const CONFIG = "config.json";
const WEIGHTS = ["model.safetensors", "pytorch_model.bin"];

/**
 * The files of a model of the Hugging Face hub that fine-tuning needs, in the hub's own cache: what its Python library has
 * downloaded is taken from there, and the other way round.
 * @param name `org/name`, or `org/name@revision`: a branch, a tag or a commit
 * @returns the folder of the snapshot
 * @throws TunebertError when there is no such model, it is not given to everybody, offline use does not find it, or as
 *   {@link download}
 */
export async function fetchHubModel(name: string, options: FetchOptions = {}): Promise<Fetched> {
  const settings = await hubSettings();
  const { repository, revision } = parseHubName(name);
  const cache = new HubCache(settings.cache, repository);
  const url = `${settings.endpoint}/${repository}`;
  const hub = { name, url, revision, settings, cache, options };
  try {
    const { commit, cached } = await fetchSnapshot(hub);
    return { name, path: cache.snapshot(commit), url: showAddress(url), cached };
  } finally {
    options.onEvent?.({ event: "end", name });
  }
}

/** A model that is asked for, and where it is kept. */
interface Hub {
  readonly name: string;
  /** Of the model. */
  readonly url: string;
  readonly revision: string;
  readonly settings: HubSettings;
  readonly cache: HubCache;
  readonly options: FetchOptions;
}

interface Snapshot {
  readonly commit: string;
  readonly cached: boolean;
}

async function fetchSnapshot(hub: Hub): Promise<Snapshot> {
  const { cache, revision, settings, options } = hub;
  const known = await cache.commitOf(revision);
  const isThere = known !== undefined && (await isWhole(cache, known));
  if (isThere && isCommit(revision) && !options.force) return { commit: known, cached: true };
  if (settings.offline || isOffline(options)) {
    if (isThere) return { commit: known, cached: true };
    throw notCached(hub);
  }
  const ask = await askOptions(hub);
  const config = await askHub(fileUrl(hub, revision, CONFIG), ask).catch((error) => {
    if (error instanceof PassingFailure && isThere) return undefined;
    throw told(error, hub);
  });
  if (config === undefined) return { commit: required(known), cached: true };
  const { commit } = config;
  if (commit === undefined || !isCommit(commit)) throw noCommit(hub);
  await makeFolder(join(cache.folder, "blobs"));
  const cached = await withLock(
    join(cache.folder, ".tunebert.lock"),
    (lost, expectHeld) =>
      bringAll(hub, { ...ask, signal: either(lost, ask.signal) }, config, commit, expectHeld),
    {
      ...options.lock,
      signal: options.signal,
      onWait: () => options.onEvent?.({ event: "wait", name: hub.name }),
    },
  );
  await cache.setCommit(revision, commit);
  return { commit, cached };
}

function either(lost: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal ? AbortSignal.any([lost, signal]) : lost;
}

async function askOptions({ settings: { token }, options }: Hub): Promise<AskOptions> {
  const { signal, patience } = options;
  const fetch = options.fetch ?? (await environmentFetch());
  return { fetch, signal, patience, authorization: token === undefined ? undefined : `Bearer ${token}` };
}

/** @returns whether nothing had to be downloaded */
async function bringAll(
  hub: Hub,
  ask: AskOptions,
  config: HubFile,
  commit: string,
  expectHeld: () => Promise<void>,
): Promise<boolean> {
  let cached = true;
  /** Brings a file, or says that there is none. */
  const bring = async (file: string, known?: HubFile): Promise<boolean> => {
    const there = hub.options.force ? undefined : await hub.cache.has(commit, file);
    if (there !== undefined) return there;
    const url = fileUrl(hub, commit, file);
    const found = known ?? (await askFor(url, ask, hub));
    if (found === undefined) {
      await hub.cache.setAbsent(commit, file);
      return false;
    }
    cached = false;
    const blob = hub.cache.blob(found.etag);
    const { onEvent, maxBytes } = hub.options;
    const name = `${hub.name} ${file}`;
    await bringHubFile(found, blob, {
      ...{ ...ask, url, maxBytes, expectHeld },
      onBytes: (received, total) => onEvent?.({ event: "bytes", name, received, total }),
      onRetry: (reason, seconds) => onEvent?.({ event: "retry", name, reason, seconds }),
    });
    await hub.cache.add(commit, file, found.etag);
    return true;
  };
  await bring(CONFIG, config);
  for (const file of SMALL_FILES) await bring(file);
  if (!(await bringWeights(bring, hub.cache.snapshot(commit)))) throw noWeights(hub);
  return cached;
}

/** The weights as a whole or in shards, in the safer format first. */
async function bringWeights(bring: (file: string) => Promise<boolean>, snapshot: string): Promise<boolean> {
  for (const weights of WEIGHTS) {
    if (await bring(weights)) return true;
    const index = `${weights}.index.json`;
    if (!(await bring(index))) continue;
    for (const shard of await shardsIn(join(snapshot, index))) {
      if (!(await bring(shard)))
        throw new TunebertError(`${join(snapshot, index)} names ${shard}, which is not there`);
    }
    return true;
  }
  return false;
}

/** The file names in an index; whoever reads the weights says what is wrong with it. */
async function shardsIn(index: string): Promise<readonly string[]> {
  if ((await stat(index)).size > MAX_INDEX) throw new TunebertError(`${index} is too large for an index`);
  try {
    const { weight_map } = JSON.parse(await readFile(index, "utf8"));
    return [...new Set(Object.values<unknown>(weight_map))].filter(
      (name) => typeof name === "string" && /^[\w-][\w.-]*$/.test(name),
    ) as string[];
  } catch {
    return [];
  }
}

const MAX_INDEX = 64 * 2 ** 20;

/** Whether all that is needed of a snapshot is there. */
async function isWhole(cache: HubCache, commit: string): Promise<boolean> {
  const snapshot = cache.snapshot(commit);
  const has = (file: string) => existsSync(join(snapshot, file));
  if (!has(CONFIG) || !(has("tokenizer.json") || has("vocab.txt"))) return false;
  if (WEIGHTS.some(has)) return true;
  for (const index of WEIGHTS.map((weights) => `${weights}.index.json`).filter(has)) {
    const shards = await shardsIn(join(snapshot, index));
    if (shards.length > 0 && shards.every(has)) return true;
  }
  return false;
}

/** What the hub says of a file; `undefined` where a model has none of that name. */
async function askFor(url: string, ask: AskOptions, hub: Hub): Promise<HubFile | undefined> {
  try {
    return await askHub(url, ask);
  } catch (error) {
    if (error instanceof HubRefusal && error.status === 404) return undefined;
    throw told(error, hub);
  }
}

function fileUrl({ url }: Hub, revision: string, file: string): string {
  return `${url}/resolve/${encodeURIComponent(revision)}/${file}`;
}

/** What to say to people of what a hub answers. */
function told(error: unknown, { name, url, revision, settings: { token } }: Hub): unknown {
  const at = showAddress(url);
  if (error instanceof PassingFailure) {
    return new TunebertError(
      `"${name}" is no folder here, and ${at} cannot be asked for it: ${error.message}. Try again later, set HTTPS_PROXY if a proxy stands between, or name ` +
        "another hub in HF_ENDPOINT",
      { cause: error },
    );
  }
  if (!(error instanceof HubRefusal)) return error;
  const { status, code } = error;
  const giveToken =
    token === undefined
      ? "Give a token in HF_TOKEN"
      : "Give another token in HF_TOKEN than the one that is set";
  if (code === "GatedRepo" || status === 403) {
    return new TunebertError(
      `${name} is not given to everybody: ask for access at ${at}. ${token === undefined ? `${giveToken} then` : giveToken}`,
    );
  }
  if (code === "RevisionNotFound") return new TunebertError(`${at} has no revision ${revision}`);
  if (code === "EntryNotFound")
    return new TunebertError(`${at} has no ${CONFIG}, so it is no model that can be trained`);
  if (status === 401 || status === 404) {
    return new TunebertError(
      `"${name}" is neither a folder here nor a model that ${at} gives to everybody. Check the name; where the model is ` +
        `private or wants consent, ask for access there. ${giveToken}`,
    );
  }
  return new TunebertError(`cannot ask for ${name} at ${at}: ${error.message}`);
}

function notCached({ name, cache }: Hub): TunebertError {
  return new TunebertError(
    (offline) =>
      `"${name}" is no folder here, nor is it in the cache (${cache.folder}), and offline nothing is downloaded. Fetch it once without ${offline} ` +
      "and without HF_HUB_OFFLINE",
    { option: "offline" },
  );
}

function noCommit({ name, url }: Hub): TunebertError {
  return new TunebertError(
    `${showAddress(url)} does not say of which commit ${name} is; is HF_ENDPOINT a Hugging Face hub?`,
  );
}

function noWeights({ url }: Hub): TunebertError {
  return new TunebertError(
    `${showAddress(url)} has no weights; expected ${WEIGHTS.join(" or ")}, whole or in shards`,
  );
}

function required(commit: string | undefined): string {
  if (commit === undefined) throw new Error("a snapshot without a commit");
  return commit;
}
