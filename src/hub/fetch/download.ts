import { open } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { TunebertError } from "../../error.js";
import { showAddress } from "../files/address.js";
import { LostLock } from "../files/lock.js";
import { PassingFailure } from "./connection-failure.js";
import { attemptDownload } from "./download-attempt.js";
import { environmentFetch } from "./environment-fetch.js";
import type { HttpFetch } from "./http.js";
import { isOf, PartialFile } from "./partial-file.js";
import { markVerified, sha1Of } from "./verified-file.js";

export interface DownloadOptions {
  /** An http or https address. */
  readonly url: string;
  /** Where the file goes; it is there only when it is whole. */
  readonly path: string;
  /** What the file's SHA-1 has to be, in hexadecimal. */
  readonly sha1?: string | undefined;
  /** The most bytes that are taken; default 8 GiB. */
  readonly maxBytes?: number | undefined;
  /** Default: the platform's, through the proxy that the environment names. */
  readonly fetch?: HttpFetch | undefined;
  /** Is sent to the address's own origin only. Default: the user name and password in the address. */
  readonly authorization?: string | undefined;
  /** Ends the download; what has come is kept for the next. */
  readonly signal?: AbortSignal | undefined;
  /** Whether what earlier attempts have left is not to be trusted. */
  readonly fresh?: boolean | undefined;
  /** Rejects where another process has taken over, and the file is not this one's to write any more. */
  readonly expectHeld?: (() => Promise<void>) | undefined;
  /** Default: 5 attempts, of which each may stall for 30 seconds. */
  readonly patience?: Partial<DownloadPatience> | undefined;
  /** How far it is, after every piece. */
  readonly onBytes?: (received: number, total: number | undefined) => void;
  /** Another attempt will follow. */
  readonly onRetry?: (reason: string, seconds: number) => void;
}

/** How a download bears with a bad connection. */
export interface DownloadPatience {
  /** Failures in a row that are borne without the file having grown by 1 MiB. */
  readonly attempts: number;
  /** Milliseconds without a byte after which a connection is given up. */
  readonly stallTimeout: number;
  /** Milliseconds before the second attempt, doubled for each after it. */
  readonly firstDelay: number;
  /** Waits between two attempts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Between 0 and 1: spreads the attempts of many who were cut off together. */
  readonly random: () => number;
}

export const downloadPatience: DownloadPatience = {
  attempts: 5,
  stallTimeout: 30_000,
  firstDelay: 1000,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
  random: Math.random,
};

/** No artifact comes near it; a server that sends more is broken, and would fill the disk. */
export const MAX_DOWNLOAD = 8 * 2 ** 30;

/** New bytes that show that a bad connection is worth going on with. */
const PROGRESS = 2 ** 20;
const LONGEST_DELAY = 30_000;
/** A server may ask for more patience than that, in vain. */
const LONGEST_RETRY_AFTER = 60_000;

/**
 * Downloads a file, going on where an earlier attempt, in this process or another, was cut off.
 * @returns its SHA-1, which is also noted beside it: see verifiedSha1
 * @throws TunebertError when the server has no such file, does not come up within the attempts, sends too much or
 * something with another SHA-1 (nothing is kept then), or the disk refuses
 */
export async function download(options: DownloadOptions): Promise<string> {
  const fetch = options.fetch ?? (await environmentFetch());
  const part = await PartialFile.open(options.path, { fresh: options.fresh });
  try {
    return await complete(part, { ...options, fetch });
  } catch (error) {
    await (error instanceof LostLock ? part.discard() : part.release());
    throw error;
  }
}

type Downloading = DownloadOptions & { readonly fetch: HttpFetch };

async function complete(part: PartialFile, options: Downloading): Promise<string> {
  const { path, url, sha1, expectHeld = async () => {} } = options;
  for (let retried = false; ; ) {
    const isWhole = part.of && isOf(part.of, url) && part.size === part.of.total;
    if (!isWhole) await receiveAll(part, options);
    await expectHeld();
    const found = await sha1Of(part.path);
    if (!sha1 || found === sha1) {
      await part.flush();
      await expectHeld();
      await markVerified(path, found, part.path);
      await expectHeld();
      await part.complete();
      return found;
    }
    const looks = await describeStart(part.path);
    const { pieced } = part;
    await part.discard();
    // Pieces of two versions may have come together; what came in one piece would be as wrong again.
    if (!pieced || retried) throw wrongHash(url, sha1, found, looks);
    retried = true;
  }
}

async function receiveAll(part: PartialFile, options: Downloading): Promise<void> {
  const { url, sha1, maxBytes = MAX_DOWNLOAD, fetch, authorization, signal } = options;
  const { onBytes = () => {}, onRetry } = options;
  const patience = { ...downloadPatience, ...options.patience };
  const attempt = { url, fetch, authorization, maxBytes, hashKnown: sha1 !== undefined, signal, onBytes };
  let best = part.size;
  for (let failures = 1; ; failures++) {
    try {
      return await attemptDownload(part, { ...attempt, stallTimeout: patience.stallTimeout });
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error;
      if (part.size >= best + PROGRESS) {
        best = part.size;
        failures = 1;
      }
      if (failures >= patience.attempts) throw givenUp(url, part, error, patience.attempts);
      const milliseconds = delay(failures, error.retryAfter, patience);
      onRetry?.(error.message, milliseconds / 1000);
      await patience.sleep(milliseconds, signal);
    }
  }
}

function delay(failures: number, retryAfter: number | undefined, patience: DownloadPatience): number {
  const backoff = Math.min(LONGEST_DELAY, patience.firstDelay * 2 ** (failures - 1));
  const jittered = backoff * (0.5 + patience.random() / 2);
  return Math.max(jittered, Math.min(LONGEST_RETRY_AFTER, (retryAfter ?? 0) * 1000));
}

function givenUp(url: string, part: PartialFile, cause: PassingFailure, attempts: number): TunebertError {
  const kept = part.size > 0 ? `; ${part.size} bytes are kept, and the next try goes on from there` : "";
  return new TunebertError(
    (mirror) =>
      `cannot download ${showAddress(url)}: ${cause.message} (${attempts} attempts${kept}). ` +
      `Try again later, set HTTPS_PROXY if a proxy stands between, or name a mirror (${mirror} or TUNEBERT_MIRROR)`,
    { option: "mirror", cause },
  );
}

function wrongHash(url: string, expected: string, found: string, looks: string): TunebertError {
  return new TunebertError(
    (mirror) =>
      `what ${showAddress(url)} sends has the SHA-1 ${found}, expected ${expected}${looks}. It was not kept; ` +
      `try again, or name a mirror (${mirror} or TUNEBERT_MIRROR)`,
    { option: "mirror" },
  );
}

/** A login page of a network is the usual reason for wrong content. */
async function describeStart(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    const isPage = /^\s*<(!doctype|html)/i.test(buffer.toString("latin1", 0, bytesRead));
    return isPage ? " (it is a web page, as networks send that want a login first)" : "";
  } finally {
    await file.close();
  }
}
