import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { TunebertError } from "../src/error.js";
import { type DownloadOptions, download } from "../src/hub/fetch/download.js";
import type { HttpFetch } from "../src/hub/fetch/http.js";
import { temporaryFolder } from "./support/command.js";
import { localServer, serve, status } from "./support/http-server.js";

const root = temporaryFolder();
const file = Buffer.from("what was asked for");
const sha1 = "6cdee3d4b6841ccef960f02f1d3cd0533f2bbc1b";
const to = (location: string, code = 302) => status(code, { location });
let folder: string;
let path: string;
let runs = 0;

beforeEach(() => {
  folder = join(root, `run-${runs++}`);
  path = join(folder, "file");
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "");
});

function get(url: string, options: Partial<DownloadOptions> = {}): Promise<string> {
  return download({ url, path, sha1, ...options, patience: { attempts: 1 } });
}

function expectFile(): void {
  expect(readFileSync(path)).toEqual(file);
}

async function expectFailure(downloading: Promise<string>, message: RegExp): Promise<void> {
  const error: TunebertError = await downloading.then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(TunebertError);
  expect(error.message).toMatch(message);
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
}

/** Answers with the file. */
function fakeFetch(): Awaited<ReturnType<HttpFetch>> {
  const body = new Blob([new Uint8Array(file)]).stream() as ReadableStream<Uint8Array>;
  return { status: 200, headers: new Headers(), body };
}

test.each([301, 302, 303, 307, 308])("redirects by %d are followed, relative ones too", async (code) => {
  const target = await localServer(serve(file));
  const server = await localServer(to("/further", code), to(`${target.url}/file`, code));
  await get(`${server.url}/start`);
  expect(server.requests.map(({ url }) => url)).toEqual(["/start", "/further"]);
  expect(target.requests.map(({ url }) => url)).toEqual(["/file"]);
  expectFile();
});

test("redirects in a circle end", async () => {
  const server = await localServer(to("/again"));
  await expectFailure(get(server.url), /redirects more than 10 times/);
  expect(server.requests).toHaveLength(11);
});

test.each([
  ["nowhere", status(302), /302, a redirect, but does not say where to/],
  ["to nonsense", to("http://"), /does not say where to/],
  ["to a file", to("file:///etc/passwd"), /redirects to file:, which is not the web/],
])("redirects %s are refused", async (_, answer, message) => {
  const server = await localServer(answer);
  await expectFailure(get(server.url), message);
});

test.each([undefined, sha1])(
  "redirects from https to http are refused, whether or not the hash is known",
  async (sha1) => {
    const asked: string[] = [];
    const fetch: HttpFetch = async (url) => {
      asked.push(url);
      return { status: 301, headers: new Headers({ location: "http://h/file" }), body: null };
    };
    await expectFailure(get("https://h/", { fetch, sha1 }), /https:\/\/h\/ redirects from https to http/);
    expect(asked).toEqual(["https://h/"]);
  },
);

test.each([
  ["another scheme", "http://h/", "https://h/"],
  ["another port", "https://h/", "https://h:444/"],
  ["another host", "https://h/", "https://i/"],
])("redirects do not carry a password to %s, nor back", async (_, from, to) => {
  const seen: [string, string | undefined][] = [];
  const steps = [to, new URL("/back", from.replace("http:", "https:")).href];
  const fetch: HttpFetch = async (url, { headers }) => {
    seen.push([url, headers.authorization]);
    const location = steps.shift();
    return location ? { status: 302, headers: new Headers({ location }), body: null } : fakeFetch();
  };
  await get(from.replace("//", "//me:secret@"), { fetch });
  const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
  expect(seen.map(([, authorization]) => authorization)).toEqual([basic, undefined, undefined]);
  expect(seen[0]![0]).toBe(from);
});

test("redirects do not carry a password to another host", async () => {
  const target = await localServer(serve(file));
  const server = await localServer(to("/further"), to(`${target.url}/file`));
  const withPassword = server.url.replace("//", "//me:p%40ss@");
  await get(withPassword);
  const expected = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([expected, expected]);
  expect(target.requests[0]!.headers.authorization).toBeUndefined();
});

test("redirects and failures do not show passwords or signatures", async () => {
  const server = await localServer(status(404));
  const secret = `${server.url.replace("//", "//me:secret@")}/file?signature=secret`;
  const error = await get(secret).catch((error) => error);
  expect(error.message).toContain(`${server.url}/file: `);
  expect(error.message).not.toContain("secret");
});
