import { TunebertError } from "../../error.js";
import { expectWebAddress, showAddress } from "../files/address.js";

/** The part of `fetch` that downloads need, so that anything like it can stand in. */
export type HttpFetch = (
  url: string,
  init: { method?: "HEAD"; headers: Record<string, string>; redirect: "manual"; signal: AbortSignal },
) => Promise<HttpResponse>;

/** The part of a `Response` that downloads need. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: {
    /** The value of a header, `null` where the server sent none. */
    get(name: string): string | null;
  };
  readonly body: {
    /** Reads the body piece by piece. */
    getReader(): HttpBodyReader;
    /** Leaves the body unread. */
    cancel(): Promise<void>;
  } | null;
}

/** The part of a stream's reader that downloads need. */
export interface HttpBodyReader {
  /** The next piece, or `done`. */
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  /** Leaves the rest unread. */
  cancel(): Promise<void>;
}

export interface GetOptions {
  readonly fetch: HttpFetch;
  readonly headers: Record<string, string>;
  /** Is sent to the address's own origin only. Default: the user name and password in the address. */
  readonly authorization?: string | undefined;
  readonly signal: AbortSignal;
}

/** Mirrors and object stores redirect once or twice; more is a loop. */
const MAX_REDIRECTS = 10;

/**
 * Asks for an address and follows redirects. Credentials are sent to its own origin only: scheme, host and port.
 * @throws TunebertError when the address is none, or redirects lead in a circle, nowhere, from https to http, or to
 * something else than the web
 */
export async function get(address: string, options: GetOptions): Promise<HttpResponse> {
  return request(address, { ...options, leavesOrigin: true });
}

/**
 * Asks what there is at an address, and follows redirects within its origin: one that leads elsewhere is the answer.
 * @throws TunebertError as {@link get}
 */
export async function head(address: string, options: GetOptions): Promise<HttpResponse> {
  return request(address, { ...options, method: "HEAD", leavesOrigin: false });
}

interface RequestOptions extends GetOptions {
  readonly method?: "HEAD";
  readonly leavesOrigin: boolean;
}

async function request(address: string, options: RequestOptions): Promise<HttpResponse> {
  const { method, leavesOrigin } = options;
  expectWebAddress(address);
  let url = new URL(address);
  let credentials = options.authorization ?? basicAuthorization(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = { ...options.headers, ...(credentials && { authorization: credentials }) };
    const response = await options.fetch(withoutCredentials(url), {
      ...(method && { method }),
      headers,
      redirect: "manual",
      signal: options.signal,
    });
    if (!REDIRECTS.has(response.status)) return response;
    const next = redirectTarget(response, url);
    if (!leavesOrigin && next.origin !== url.origin) return response;
    await response.body?.cancel();
    if (next.origin !== url.origin) credentials = undefined;
    url = next;
  }
  throw new TunebertError(
    `${showAddress(address)} redirects more than ${MAX_REDIRECTS} times; check the address, or name a mirror`,
  );
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function redirectTarget(response: HttpResponse, from: URL): URL {
  const location = response.headers.get("location");
  if (!location || !URL.canParse(location, from.href)) {
    throw new TunebertError(
      `${showAddress(from.href)} answers ${response.status}, a redirect, but does not say where to; ` +
        "check the address, or name a mirror",
    );
  }
  const next = new URL(location, from);
  if (next.protocol !== "https:" && next.protocol !== "http:") {
    throw new TunebertError(`${showAddress(from.href)} redirects to ${next.protocol}, which is not the web`);
  }
  if (from.protocol === "https:" && next.protocol === "http:") {
    throw new TunebertError(
      `${showAddress(from.href)} redirects from https to http, where anybody on the way can read along and change the ` +
        "file; name a mirror, or give the http address itself",
    );
  }
  expectWebAddress(next.href);
  return next;
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (!username && !password) return undefined;
  const pair = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** Of a lone `%`, which is no code, what stands there. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `fetch` refuses addresses that hold a password. */
function withoutCredentials(url: URL): string {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain.href;
}
