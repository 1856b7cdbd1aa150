import { TunebertError } from "../../error.js";
import { showAddress } from "../files/address.js";
import { connectionFailure, PassingFailure } from "./connection-failure.js";
import { get, type HttpFetch, type HttpResponse } from "./http.js";
import { digestOf, isOf, type PartialFile, type PartOf } from "./partial-file.js";
import { StallWatch } from "./stall-watch.js";

export interface AttemptOptions {
  readonly url: string;
  readonly fetch: HttpFetch;
  readonly authorization?: string | undefined;
  /** Milliseconds without a byte after which the connection is given up. */
  readonly stallTimeout: number;
  readonly maxBytes: number;
  /** Whether the content is known by its hash, so that a wrong one is noticed later. */
  readonly hashKnown: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onBytes: (received: number, total: number | undefined) => void;
}

/**
 * One attempt to bring what is missing of a file: from where the last one ended if the server still has the same
 * version and can (RFC 9110, sections 13.1.5 and 14), from the start otherwise.
 * @throws PassingFailure, TunebertError
 */
export async function attemptDownload(part: PartialFile, options: AttemptOptions): Promise<void> {
  const watch = new StallWatch(options.stallTimeout, options.signal);
  try {
    const response = await watch.over(
      get(options.url, {
        fetch: options.fetch,
        authorization: options.authorization,
        headers: headersFor(part, options),
        signal: watch.signal,
      }),
    );
    const total = await accept(part, response, options);
    await receive(part, response, total, watch, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof TunebertError || error instanceof PassingFailure) throw error;
    throw connectionFailure(error, options.url);
  } finally {
    watch.stop();
    await part.close();
  }
}

function headersFor(part: PartialFile, { url, hashKnown }: AttemptOptions): Record<string, string> {
  const headers = { accept: "*/*", "accept-encoding": "identity", "user-agent": "tunebert" };
  const { of, size } = part;
  if (size === 0 || !of || !isOf(of, url) || !(of.validator || hashKnown)) return headers;
  return { ...headers, range: `bytes=${size}-`, ...(of.validator && { "if-range": of.validator }) };
}

/**
 * Makes the part ready for the body of a response.
 * @returns bytes of the whole file, where the server tells
 */
async function accept(
  part: PartialFile,
  response: HttpResponse,
  options: AttemptOptions,
): Promise<number | undefined> {
  const { status } = response;
  const { url, maxBytes } = options;
  if (status === 416) {
    await part.discard();
    throw new PassingFailure("the server has no more bytes of this file; starting over");
  }
  if (status !== 200 && status !== 206) throw failureOf(response, url);
  const total = status === 206 ? await resume(part, response, url) : await restart(part, response, url);
  if (total !== undefined && total > maxBytes) throw tooLarge(url, maxBytes, `${total} bytes`);
  return total;
}

async function resume(
  part: PartialFile,
  { headers }: HttpResponse,
  url: string,
): Promise<number | undefined> {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  const total = range?.[2] === "*" ? undefined : Number(range?.[2]);
  const validator = validatorOf(headers);
  const same =
    range &&
    Number(range[1]) === part.size &&
    (part.of?.total === undefined || total === undefined || total === part.of.total) &&
    (!part.of?.validator || !validator || validator === part.of.validator);
  if (same) {
    // Nothing was there to go on from, and the part begins at the beginning.
    if (!part.of) await part.restart({ address: digestOf(url), validator, total });
    return total;
  }
  await part.discard();
  throw new PassingFailure("the file on the server has changed; starting over");
}

async function restart(
  part: PartialFile,
  { headers }: HttpResponse,
  url: string,
): Promise<number | undefined> {
  const of = partOf(url, headers);
  await part.restart(of);
  return of.total;
}

function partOf(url: string, headers: HttpResponse["headers"]): PartOf {
  const validator = validatorOf(headers);
  const length = headers.get("content-length");
  return {
    address: digestOf(url),
    ...(validator && { validator }),
    ...(length && /^\d+$/.test(length) && !isEncoded(headers) && { total: Number(length) }),
  };
}

function validatorOf(headers: HttpResponse["headers"]): string | undefined {
  if (isEncoded(headers)) return undefined;
  const etag = headers.get("etag");
  return (etag && !etag.startsWith("W/") ? etag : headers.get("last-modified")) ?? undefined;
}

/** What length and version speak of is what was sent; fetch has undone an encoding by the time the bytes arrive. */
function isEncoded(headers: HttpResponse["headers"]): boolean {
  return ![null, "", "identity"].includes(headers.get("content-encoding"));
}

async function receive(
  part: PartialFile,
  response: HttpResponse,
  total: number | undefined,
  watch: StallWatch,
  options: AttemptOptions,
): Promise<void> {
  const reader = response.body?.getReader();
  try {
    options.onBytes(part.size, total);
    for (;;) {
      const { done, value } = (await watch.over(reader?.read() ?? END)) as {
        done: boolean;
        value?: Uint8Array;
      };
      if (done || !value) break;
      if (part.size + value.length > options.maxBytes) throw tooLarge(options.url, options.maxBytes, "more");
      await part.append(value);
      options.onBytes(part.size, total);
    }
  } catch (error) {
    reader?.cancel().catch(() => {});
    throw error;
  }
  const size = await part.measure();
  if (total === undefined || size === total) return;
  if (size > total) await part.discard();
  throw new PassingFailure(`${size} bytes came, but the server announced ${total}`);
}

const END = Promise.resolve({ done: true });

/** Answers that say "later": timeout, too early, too many requests, and troubles of the server's own. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

function failureOf({ status, headers }: HttpResponse, url: string): Error {
  if (PASSING.has(status)) {
    const retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
    return new PassingFailure(`the server answers ${status}`, {
      ...(Number.isFinite(retryAfter) && { retryAfter }),
    });
  }
  const meanings: Record<number, string> = {
    401: "it wants a user name and a password",
    403: "it is forbidden",
    404: "there is nothing",
    407: "the proxy wants a user name and a password",
    410: "it is gone",
  };
  return new TunebertError(
    (mirror) =>
      `cannot download ${showAddress(url)}: the server answers ${status}${meanings[status] ? ` (${meanings[status]})` : ""}. ` +
      `Check the address, or name a mirror that has the file (${mirror} or TUNEBERT_MIRROR)`,
    { option: "mirror" },
  );
}

function tooLarge(url: string, maxBytes: number, found: string): TunebertError {
  return new TunebertError(
    `${showAddress(url)} is too large: expected at most ${maxBytes} bytes, found ${found}. ` +
      "Download it by other means and give its path",
  );
}
