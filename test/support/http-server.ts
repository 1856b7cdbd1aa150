/** A web server on this computer that serves as badly as a test wants. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface LocalServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly requests: IncomingMessage[];
}

/** @param answers one after the other; the last answers whatever else is asked */
export async function localServer(...answers: RequestListener[]): Promise<LocalServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const answer = answers[Math.min(requests.length, answers.length) - 1]!;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

export interface ServeOptions {
  readonly etag?: string;
  /** Bytes after which the connection is cut. */
  readonly cutAfter?: number;
  /** Bytes after which nothing more comes. */
  readonly stallAfter?: number;
  /** Serves the whole whatever part is asked for. */
  readonly ignoreRange?: boolean;
  /** Serves the part that is asked for of another version, too. */
  readonly ignoreIfRange?: boolean;
  readonly headers?: Record<string, string>;
}

/** Answers with a file, or the part of it that is asked for. */
export function serve(file: Uint8Array, options: ServeOptions = {}): RequestListener {
  return (request, response) => {
    const { etag, headers } = options;
    const start = startOf(request, options);
    const body = file.subarray(start);
    const common = { "content-length": body.length, ...(etag && { etag }) };
    if (start === undefined) response.writeHead(200, { ...common, ...headers });
    else if (start >= file.length) response.writeHead(416, { "content-range": `bytes */${file.length}` });
    else {
      const range = `bytes ${start}-${file.length - 1}/${file.length}`;
      response.writeHead(206, { ...common, "content-range": range, ...headers });
    }
    send(body, response, options);
  };
}

/** Answers with a status and no more. */
export function status(code: number, headers: Record<string, string> = {}): RequestListener {
  return (_, response) => response.writeHead(code, headers).end();
}

function startOf(
  { headers }: IncomingMessage,
  { etag, ignoreRange, ignoreIfRange }: ServeOptions,
): number | undefined {
  const range = /^bytes=(\d+)-$/.exec(headers.range ?? "");
  if (!range || ignoreRange) return undefined;
  const condition = headers["if-range"];
  return condition && condition !== etag && !ignoreIfRange ? undefined : Number(range[1]);
}

function send(body: Uint8Array, response: ServerResponse, { cutAfter, stallAfter }: ServeOptions): void {
  const some = cutAfter ?? stallAfter;
  if (some === undefined || some >= body.length) response.end(body);
  else if (stallAfter !== undefined) response.write(body.subarray(0, some));
  else response.write(body.subarray(0, some), () => setTimeout(() => response.destroy(), 50));
}
