import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { TunebertError } from "../src/error.js";
import { type DownloadOptions, download } from "../src/hub/fetch/download.js";
import type { HttpFetch } from "../src/hub/fetch/http.js";
import { digestOf } from "../src/hub/fetch/partial-file.js";
import { verifiedSha1 } from "../src/hub/fetch/verified-file.js";
import { temporaryFolder } from "./support/command.js";
import { localServer, serve, status } from "./support/http-server.js";

const root = temporaryFolder();
let runs = 0;
let folder: string;
let path: string;
let waits: number[];

beforeEach(() => {
  folder = join(root, `run-${runs++}`);
  path = join(folder, "file");
  waits = [];
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "");
});

afterEach(() => vi.unstubAllEnvs());

const file = Buffer.from(Array.from({ length: 50_000 }, (_, i) => `${i} `).join(""));
const sha1 = sha1Of(file);
const other = Buffer.from(file.toString().replaceAll("1", "7"));

function sha1Of(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

/** Downloads without patience: no waits between the attempts, which are noted. */
function get(url: string, options: Partial<DownloadOptions> = {}): Promise<string> {
  const patience = {
    stallTimeout: 2000,
    sleep: async (milliseconds: number) => void waits.push(milliseconds),
    random: () => 1,
    ...options.patience,
  };
  return download({ url, path, sha1, ...options, patience });
}

/** Where the part begins that a request asks for. */
function startOf({ headers }: IncomingMessage): number {
  const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
  expect(start, "the range asked for").toBeDefined();
  return Number(start);
}

/** Expects that the file is there and nothing else but the note of its hash. */
function expectFile(expected = file): void {
  expect(expected.equals(readFileSync(path))).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(["file", "file.verified"]);
}

/** Expects a message, and that nothing can be taken for the file. */
async function expectFailure(downloading: Promise<unknown>, message: RegExp, left: string[] = []) {
  const error = await downloading.then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(TunebertError);
  expect(error.message).toMatch(message);
  expect(existsSync(folder) ? readdirSync(folder).sort() : []).toEqual(left);
}

const PART = ["file.part", "file.part.json"];

describe("a good connection", () => {
  test("brings the file, says how far it is, and notes the hash", async () => {
    const server = await localServer(serve(file));
    const seen: [number, number | undefined][] = [];
    expect(await get(server.url, { onBytes: (...progress) => seen.push(progress) })).toBe(sha1);
    expectFile();
    expect(await verifiedSha1(path)).toBe(sha1);
    expect(seen[0]).toEqual([0, file.length]);
    expect(seen.at(-1)).toEqual([file.length, file.length]);
    expect(waits).toEqual([]);
  });

  test("may leave the length open", async () => {
    const server = await localServer((_, response) => void response.write(file, () => response.end()));
    await get(server.url);
    expectFile();
  });

  test("may bring an empty file, and one whose hash nobody knows", async () => {
    const server = await localServer(serve(Buffer.alloc(0)));
    expect(await get(server.url, { sha1: undefined })).toBe(sha1Of(Buffer.alloc(0)));
    expectFile(Buffer.alloc(0));
  });

  test("may compress what it was asked not to", async () => {
    const packed = gzipSync(file);
    const server = await localServer(serve(packed, { headers: { "content-encoding": "gzip" } }));
    await get(server.url);
    expectFile();
  });
});

describe("a connection that is cut", () => {
  test("goes on where it was cut, if the file is the same", async () => {
    const server = await localServer(
      serve(file, { etag: '"one"', cutAfter: 100_000 }),
      serve(file, { etag: '"one"', cutAfter: 100_000 }),
      serve(file, { etag: '"one"' }),
    );
    await get(server.url);
    expectFile();
    const [first, second, third] = server.requests;
    expect(first!.headers.range).toBeUndefined();
    expect(startOf(third!)).toBeGreaterThan(startOf(second!));
    expect([second!, third!].map(({ headers }) => headers["if-range"])).toEqual(['"one"', '"one"']);
  });

  test("starts over if the server ignores what was asked for", async () => {
    const bad = { etag: '"one"', ignoreRange: true };
    const server = await localServer(serve(file, { ...bad, cutAfter: 100_000 }), serve(file, bad));
    await get(server.url);
    expectFile();
    expect(startOf(server.requests[1]!)).toBeGreaterThan(0);
  });

  test("starts over if the file has changed", async () => {
    const server = await localServer(
      serve(other, { etag: '"old"', cutAfter: 100_000 }),
      serve(file, { etag: '"new"' }),
    );
    await get(server.url);
    expectFile();
  });

  test.each([
    ["another version", { etag: '"new"', ignoreIfRange: true }, '"old"'],
    [
      "another length",
      { ignoreIfRange: true, headers: { "content-range": "bytes 100000-100001/100002" } },
      "",
    ],
    ["another part", { ignoreIfRange: true, headers: { "content-range": "bytes 5-288889/288890" } }, ""],
    ["no part it can name", { ignoreIfRange: true, headers: { "content-range": "chunk 7" } }, ""],
  ])("starts over if the server goes on with %s", async (_, second, etag) => {
    const server = await localServer(
      serve(other, { etag, cutAfter: 100_000 }),
      serve(file, second),
      serve(file),
    );
    const reasons: string[] = [];
    await get(server.url, { onRetry: (reason) => reasons.push(reason) });
    expectFile();
    expect(reasons[1]).toBe("the file on the server has changed; starting over");
    expect(server.requests[2]!.headers.range).toBeUndefined();
  });

  test("starts over if pieces of two versions came together unnoticed", async () => {
    const server = await localServer(serve(other, { cutAfter: 100_000 }), serve(file));
    await get(server.url);
    expectFile();
    expect(server.requests).toHaveLength(3);
  });

  test("is given up if the file is wrong when it comes in one piece, too", async () => {
    const changed = await localServer(serve(file, { cutAfter: 100_000 }), serve(other));
    await expectFailure(get(changed.url), /has the SHA-1/);
    expect(changed.requests).toHaveLength(3);
  });

  test("starts over if neither hash nor version could show that pieces belong together", async () => {
    const server = await localServer(serve(file, { cutAfter: 100_000 }), serve(file));
    await get(server.url, { sha1: undefined });
    expectFile();
    expect(server.requests[1]!.headers.range).toBeUndefined();
  });

  test("starts over if the server has fewer bytes than came already", async () => {
    const short = file.subarray(0, 50_000);
    const server = await localServer(serve(file, { cutAfter: 100_000 }), serve(short), serve(file));
    await get(server.url);
    expectFile();
  });

  test("goes on in another process, or later", async () => {
    const abort = new AbortController();
    const server = await localServer(
      serve(file, { etag: '"one"', stallAfter: 100_000 }),
      serve(file, { etag: '"one"' }),
    );
    const onBytes = (received: number) => received >= 100_000 && abort.abort(new Error("enough"));
    await expect(get(server.url, { signal: abort.signal, onBytes })).rejects.toThrow("enough");
    expect(readdirSync(folder).sort()).toEqual(PART);
    await get(server.url);
    expect(startOf(server.requests[1]!)).toBeGreaterThan(0);
    expectFile();
  });

  test("is not asked again for what is complete but was not given its name", async () => {
    const server = await localServer(serve(other));
    mkdirSync(folder);
    writeFileSync(`${path}.part`, file);
    writeFileSync(`${path}.part.json`, JSON.stringify({ address: digestOf(server.url), total: file.length }));
    await get(server.url);
    expectFile();
    expect(server.requests).toEqual([]);
  });

  test.each([
    ["of another address", { address: "other" }],
    ["that nothing is known of", "damaged"],
  ])("does not go on with a part %s", async (_, known) => {
    mkdirSync(folder);
    writeFileSync(`${path}.part`, "something else");
    writeFileSync(`${path}.part.json`, JSON.stringify(known).slice(0, 30));
    const server = await localServer(serve(file));
    await get(server.url);
    expect(server.requests[0]!.headers.range).toBeUndefined();
    expectFile();
  });

  test("is borne as long as the file grows", async () => {
    const large = Buffer.alloc(9 * 2 ** 20, file);
    const server = await localServer(serve(large, { etag: '"one"', cutAfter: 2 ** 20 + 2 ** 16 }));
    await get(server.url, { sha1: sha1Of(large), patience: { attempts: 2 } });
    expect(server.requests.length).toBeGreaterThan(7);
    expectFile(large);
  });

  test("is given up after some attempts in vain, and what came is kept", async () => {
    const server = await localServer(serve(file, { etag: '"one"', cutAfter: 1000 }));
    await expectFailure(get(server.url), /cut \(5 attempts; \d000 bytes are kept/, PART);
    expect(server.requests).toHaveLength(5);
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
  });

  test("is not borne for ever if the server never goes on", async () => {
    const large = Buffer.alloc(3 * 2 ** 20, file);
    const server = await localServer(serve(large, { ignoreRange: true, cutAfter: 2 ** 21 }));
    await expectFailure(get(server.url, { sha1: sha1Of(large) }), /5 attempts/, PART);
    expect(server.requests.length).toBeLessThan(12);
  });
});

describe("a wrong length", () => {
  test("too long: the missing bytes are asked for, and given up", async () => {
    const length = { "content-length": String(file.length + 10) };
    const server = await localServer(
      serve(file, { headers: length, cutAfter: file.length - 1 }),
      status(416),
    );
    await expectFailure(get(server.url), /cannot download .*; starting over \(5 attempts\)/);
    expect(server.requests[1]!.headers.range).toMatch(/^bytes=\d+-$/);
  });

  test("too short: what comes has the wrong hash", async () => {
    const server = await rawServer(
      Buffer.concat([
        Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n"),
        file,
      ]),
    );
    const short = sha1Of(file.subarray(0, 1000));
    await expectFailure(get(server), new RegExp(`the SHA-1 ${short}, expected ${sha1}`));
  });

  test("more bytes than announced are noticed, whatever brings them", async () => {
    const announced = String(file.length - 5);
    await expectFailure(
      get("http://h/", { fetch: fakeFetch({ "content-length": announced }) }),
      /announced 288885/,
    );
  });

  test("fewer bytes than announced are noticed, whatever brings them", async () => {
    const announced = String(file.length + 5);
    const options = { fetch: fakeFetch({ "content-length": announced }) };
    await expectFailure(
      get("http://h/", options),
      /288890 bytes came, but the server announced 288895/,
      PART,
    );
  });

  test("beyond the limit is refused at once", async () => {
    const server = await localServer(serve(file));
    await expectFailure(get(server.url, { maxBytes: 1000 }), /at most 1000 bytes, found 288890 bytes/);
    expect(server.requests).toHaveLength(1);
  });

  test("beyond the limit is refused where it was not announced", async () => {
    const server = await localServer((_, response) => void response.write(file, () => response.end()));
    await expectFailure(get(server.url, { maxBytes: 1000 }), /at most 1000 bytes, found more/);
  });
});

describe("a wrong file", () => {
  test("is not kept, and the message names both hashes", async () => {
    const server = await localServer(serve(other));
    const message = new RegExp(`has the SHA-1 ${sha1Of(other)}, expected ${sha1}\\. It was not kept`);
    await expectFailure(get(server.url), message);
    expect(server.requests).toHaveLength(1);
  });

  test("that is a web page is called one", async () => {
    const server = await localServer(serve(Buffer.from("\n<!DOCTYPE html><title>Log in</title>")));
    await expectFailure(get(server.url), /it is a web page, as networks send that want a login first/);
  });
});

describe("a server in trouble", () => {
  test.each([500, 502, 503, 504, 408, 429])("that answers %d is asked again", async (code) => {
    const server = await localServer(status(code), status(code), serve(file));
    await get(server.url);
    expectFile();
    expect(waits).toEqual([1000, 2000]);
  });

  test("is left alone as long as it asks for, within reason", async () => {
    const server = await localServer(
      status(503, { "retry-after": "7" }),
      status(503, { "retry-after": "86400" }),
      status(503, { "retry-after": "tomorrow" }),
      serve(file),
    );
    await get(server.url);
    expect(waits).toEqual([7000, 60_000, 4000]);
  });

  test("is not asked by everybody at the same time", async () => {
    const server = await localServer(status(500), serve(file));
    await get(server.url, { patience: { random: () => 0 } });
    expect(waits).toEqual([500]);
  });

  test.each([
    [404, /answers 404 \(there is nothing\).*mirror/],
    [403, /answers 403 \(it is forbidden\)/],
    [401, /answers 401 \(it wants a user name/],
    [418, /answers 418\. /],
  ])("that answers %d is not asked again", async (code, message) => {
    const server = await localServer(status(code));
    await expectFailure(get(server.url), message);
    expect(server.requests).toHaveLength(1);
  });

  test("that says nothing at all is given up and asked again", async () => {
    const server = await localServer(() => {}, serve(file));
    const reasons: string[] = [];
    await get(server.url, { patience: { stallTimeout: 150 }, onRetry: (reason) => reasons.push(reason) });
    expectFile();
    expect(reasons).toEqual(["nothing came for 0.15 s"]);
  });

  test("that falls silent is given up and asked for the rest", async () => {
    const server = await localServer(serve(file, { stallAfter: 100_000 }), serve(file));
    await get(server.url, { patience: { stallTimeout: 150 } });
    expectFile();
    expect(startOf(server.requests[1]!)).toBeGreaterThan(0);
  });

  test("that is not there", async () => {
    const url = await closedPort();
    await expectFailure(get(url), /cannot download http:\/\/127\.0\.0\.1:\d+\/: .*refused \(5 attempts\)/);
  });

  test("that does not speak HTTP", async () => {
    await expectFailure(
      get(await rawServer(Buffer.from("220 ftp ready\r\n"))),
      /cannot download .*5 attempts/,
    );
  });

  test("whose name nobody knows", async () => {
    const fetch: HttpFetch = () =>
      Promise.reject(
        new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ENOTFOUND" }) }),
      );
    await expectFailure(get("http://h/", { fetch }), /the server's name is not known; is there a network\?/);
  });
});

describe("a disk", () => {
  test("that has a file where the folder should be", async () => {
    const server = await localServer(serve(file));
    writeFileSync(folder, "");
    const error = await get(server.url).catch((error) => error);
    expect(error).toBeInstanceOf(TunebertError);
    expect(error.message).toMatch(/cannot write .*run-\d+: .*set TUNEBERT_CACHE to a folder elsewhere/);
  });

  test("that is full is not tried again", async () => {
    const server = await localServer(serve(file));
    const handle = await open(fileURLToPath(import.meta.url));
    onTestFinished(() => handle.close());
    const full = Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
    vi.spyOn(Object.getPrototypeOf(handle), "writeFile").mockImplementation(async () => {
      throw full;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await expectFailure(get(server.url), /cannot write .*file\.part.*: no space is left on the disk/);
    expect(server.requests).toHaveLength(1);
  });
});

/** Stands in for a fetch that does not check what it brings. */
function fakeFetch(headers: Record<string, string>): HttpFetch {
  return async () => ({
    status: 200,
    headers: new Headers(headers),
    body: new Blob([new Uint8Array(file)]).stream() as ReadableStream<Uint8Array>,
  });
}

/** The address of a port where nobody listens. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

/** Answers every connection with the same bytes. */
async function rawServer(bytes: Uint8Array): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
