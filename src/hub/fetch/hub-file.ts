import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { TunebertError } from "../../error.js";
import { connectionFailure, PassingFailure } from "./connection-failure.js";
import { type DownloadOptions, download, downloadPatience } from "./download.js";
import { type HttpFetch, type HttpResponse, head } from "./http.js";
import { StallWatch } from "./stall-watch.js";
import { markOf } from "./verified-file.js";

/** What the hub says of a file. */
export interface HubFile {
  /** That the file is of. */
  readonly commit: string | undefined;
  /** Names the content: its SHA-256, or that of git. */
  readonly etag: string;
  /** Bytes, where the hub tells. */
  readonly size: number | undefined;
}

export interface AskOptions {
  readonly fetch: HttpFetch;
  readonly authorization: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly patience: DownloadOptions["patience"];
}

/** What a hub answers that has no such file, or does not give it. */
export class HubRefusal extends Error {
  constructor(
    readonly status: number,
    /** What the hub calls it, such as `GatedRepo`. */
    readonly code: string | undefined,
  ) {
    super(`the server answers ${status}${code === undefined ? "" : ` (${code})`}`);
  }
}

/**
 * Asks what there is at an address of the hub.
 * @throws HubRefusal, or PassingFailure where the hub cannot be asked now, or TunebertError
 */
export async function askHub(
  url: string,
  { fetch, authorization, signal, patience }: AskOptions,
): Promise<HubFile> {
  const watch = new StallWatch(patience?.stallTimeout ?? downloadPatience.stallTimeout, signal);
  try {
    const response = await watch.over(
      head(url, { fetch, authorization, headers: HEADERS, signal: watch.signal }),
    );
    await response.body?.cancel();
    return readAnswer(response, url);
  } catch (error) {
    signal?.throwIfAborted();
    const isTold = [TunebertError, HubRefusal, PassingFailure].some((kind) => error instanceof kind);
    throw isTold ? error : connectionFailure(error, url);
  } finally {
    watch.stop();
  }
}

const HEADERS = { accept: "*/*", "accept-encoding": "identity", "user-agent": "tunebert" };

function readAnswer({ status, headers }: HttpResponse, url: string): HubFile {
  if (status === 408 || status === 429 || status >= 500) {
    throw new PassingFailure(`the server answers ${status}`);
  }
  if (status >= 400) throw new HubRefusal(status, headers.get("x-error-code") ?? undefined);
  const etag = (headers.get("x-linked-etag") ?? headers.get("etag") ?? "")
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
  // It becomes the name of a file.
  if (!/^[\w-][\w.-]{0,127}$/.test(etag)) {
    throw new TunebertError(
      `${url}: the server does not say which content it is (ETag); is it a Hugging Face hub?`,
    );
  }
  const size = headers.get("x-linked-size") ?? headers.get("content-length") ?? "";
  return {
    commit: headers.get("x-repo-commit") ?? undefined,
    etag,
    size: /^\d+$/.test(size) ? Number(size) : undefined,
  };
}

/**
 * Brings a file of the hub to where its content is kept, unless it is there.
 * @throws TunebertError when it does not come, or is not what the hub says that it is
 */
export async function bringHubFile(
  { etag, size }: HubFile,
  blob: string,
  options: Omit<DownloadOptions, "path">,
): Promise<void> {
  const there = await stat(blob).catch(() => undefined);
  if (there?.isFile() && (size === undefined || there.size === size)) return;
  const path = `${blob}.incomplete`;
  await download({ ...options, path });
  await rm(markOf(path), { force: true });
  const wrong = await differenceFrom({ etag, size }, path);
  if (wrong !== undefined) {
    await rm(path, { force: true });
    throw new TunebertError(`what ${options.url} sends ${wrong}. It was not kept; try again`);
  }
  await rename(path, blob);
}

/** In which way a file is not what the hub says that it is; `undefined` where it is. */
async function differenceFrom(
  { etag, size }: Pick<HubFile, "etag" | "size">,
  path: string,
): Promise<string | undefined> {
  const found = (await stat(path)).size;
  if (size !== undefined && found !== size) return `has ${found} bytes, expected ${size}`;
  const hash = contentHash(etag, found);
  if (hash === undefined) return undefined;
  await pipeline(createReadStream(path), hash);
  const digest = hash.digest("hex");
  return digest === etag ? undefined : `has the hash ${digest}, expected ${etag}`;
}

/** The hub names large files by their SHA-256, and others as git does. */
function contentHash(etag: string, size: number) {
  if (/^[0-9a-f]{64}$/.test(etag)) return createHash("sha256");
  if (/^[0-9a-f]{40}$/.test(etag)) return createHash("sha1").update(`blob ${size}\0`);
  return undefined;
}
