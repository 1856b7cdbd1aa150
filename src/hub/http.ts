import { TunebertError } from "../error.js";

/** The part of `fetch` that downloads need, so that anything like it can stand in. */
export type HttpFetch = (
  url: string,
  init: { headers: Record<string, string>; redirect: "manual"; signal: AbortSignal },
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
  readonly signal: AbortSignal;
  /** Whether the address may lead from https to http, which is safe where the content is known by its hash. */
  readonly allowDowngrade: boolean;
}

/** Mirrors and object stores redirect once or twice; more is a loop. */
const MAX_REDIRECTS = 10;

/**
 * Asks for an address and follows redirects. A user name and password in it are sent to its own host only.
 * @throws TunebertError when redirects lead in a circle, nowhere, or to something else than the web
 */
export async function get(address: string, options: GetOptions): Promise<HttpResponse> {
  let url = new URL(address);
  let credentials = basicAuthorization(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = { ...options.headers, ...(credentials && { authorization: credentials }) };
    const response = await options.fetch(withoutCredentials(url), {
      headers,
      redirect: "manual",
      signal: options.signal,
    });
    if (!REDIRECTS.has(response.status)) return response;
    await response.body?.cancel();
    const next = redirectTarget(response, url, options);
    if (next.host !== url.host) credentials = undefined;
    url = next;
  }
  throw new TunebertError(
    `${showUrl(address)} redirects more than ${MAX_REDIRECTS} times; check the address, or name a mirror`,
  );
}

/** An address for messages: without passwords and without the signatures that queries hold. */
export function showUrl(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function redirectTarget(response: HttpResponse, from: URL, { allowDowngrade }: GetOptions): URL {
  const location = response.headers.get("location");
  if (!location || !URL.canParse(location, from.href)) {
    throw new TunebertError(
      `${showUrl(from.href)} answers ${response.status}, a redirect, but does not say where to; ` +
        "check the address, or name a mirror",
    );
  }
  const next = new URL(location, from);
  if (next.protocol !== "https:" && next.protocol !== "http:") {
    throw new TunebertError(`${showUrl(from.href)} redirects to ${next.protocol}, which is not the web`);
  }
  if (from.protocol === "https:" && next.protocol === "http:" && !allowDowngrade) {
    throw new TunebertError(
      `${showUrl(from.href)} redirects from https to http, where anybody on the way could change the file; ` +
        "give its SHA-1, or the http address itself",
    );
  }
  return next;
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (!username && !password) return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** `fetch` refuses addresses that hold a password. */
function withoutCredentials(url: URL): string {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain.href;
}
