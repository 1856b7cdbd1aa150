import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { TunebertError } from "../src/error.js";
import { cacheFolder } from "../src/hub/fetch/cache-folder.js";
import { catalog } from "../src/hub/fetch/catalog.js";
import { type FetchEvent, type FetchOptions, fetchArtifact } from "../src/hub/fetch/fetch-artifact.js";
import { resolveData, resolvePretrained } from "../src/hub/fetch/resolve.js";
import { loadPretrained } from "../src/hub/store/pretrained.js";
import { makeTarGz, makeZip } from "./support/archives.js";
import { temporaryFolder } from "./support/command.js";
import { localServer, serve, status } from "./support/http-server.js";
import { writePretrained } from "./support/tiny.js";

const root = temporaryFolder();
const given = writePretrained(join(root, "given"));
const filesOf = (folder: string) =>
  readdirSync(given).map((name) => ({ name: `${folder}/${name}`, data: readFileSync(join(given, name)) }));

const model = makeZip(filesOf("bert.small.torch"));
const pairs = "premise,hypothesis,label\na,b,yes\nc,d,no\n";
const snli = makeZip([
  ...["train", "dev", "test"].map((split) => ({ name: `snli_1.0/snli_1.0_${split}.txt`, data: split })),
  ...["train", "dev", "test"].map((split) => ({ name: `snli_1.0/snli_1.0_${split}.jsonl`, data: split })),
  { name: "__MACOSX/snli_1.0/._README.txt", data: "x" },
  { name: "snli_1.0/Icon\r", data: "" },
]);

function sha1Of(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

// A cache that others may write to is not trusted.
process.umask(0o022);

let cache: string;
let events: FetchEvent[];
let runs = 0;

beforeEach(() => {
  cache = join(root, `cache-${runs++}`);
  events = [];
  vi.stubEnv("TUNEBERT_CACHE", cache);
  for (const name of ["TUNEBERT_MIRROR", "TUNEBERT_OFFLINE", "NO_PROXY", "no_proxy"]) vi.stubEnv(name, "");
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "");
});

afterEach(() => vi.unstubAllEnvs());

function fetch(name: string, options: FetchOptions = {}) {
  const patience = { attempts: 2, firstDelay: 1, stallTimeout: 2000 };
  return fetchArtifact(name, { patience, onEvent: (event) => events.push(event), ...options });
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(TunebertError);
  return error.message;
}

/** Gives an entry of the catalog the hash of an archive of ours. */
function pretend(name: string, archive: Uint8Array): void {
  const artifact = catalog.find((artifact) => artifact.name === name) as { sha1: string };
  const { sha1 } = artifact;
  artifact.sha1 = sha1Of(archive);
  onTestFinished(() => {
    artifact.sha1 = sha1;
  });
}

describe("an address", () => {
  test("of an archive gives the folder in it, and is fetched once", async () => {
    const server = await localServer(serve(model));
    const first = await fetch(`${server.url}/model.zip`, { sha1: sha1Of(model) });
    expect(first.cached).toBe(false);
    expect(first.path.startsWith(cache)).toBe(true);
    expect(readdirSync(first.path).sort()).toEqual(readdirSync(given).sort());
    expect(events.map(({ event }) => event).filter((event) => event !== "bytes")).toEqual(["unpack", "end"]);
    const second = await fetch(`${server.url}/model.zip`, { sha1: sha1Of(model) });
    expect(second).toEqual({ ...first, cached: true });
    expect(server.requests).toHaveLength(1);
  });

  test("of a tar.gz archive, too; several entries at its top are one folder", async () => {
    const archive = makeTarGz([
      { name: "train.csv", data: pairs },
      { name: "test.csv", data: pairs },
    ]);
    const server = await localServer(serve(archive));
    const { path } = await fetch(`${server.url}/pairs.tar.gz?download=1`);
    expect(readdirSync(path).sort()).toEqual(["test.csv", "train.csv"]);
  });

  test("of any other file gives the file under its name", async () => {
    const server = await localServer(serve(Buffer.from(pairs)));
    const address = `${server.url}/data/my%20pairs.csv`;
    const { path } = await fetch(address);
    expect(path).toMatch(/[\\/]my_pairs\.csv$/);
    expect(readFileSync(path, "utf8")).toBe(pairs);
    expect((await fetch(address)).cached).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  test("is fetched again where that is wanted", async () => {
    const server = await localServer(serve(Buffer.from("old")), serve(Buffer.from("new")));
    await fetch(`${server.url}/x.csv`);
    const { path, cached } = await fetch(`${server.url}/x.csv`, { force: true });
    expect([readFileSync(path, "utf8"), cached]).toEqual(["new", false]);
  });

  test("with a path that wants out of the cache stays in it", async () => {
    const server = await localServer(serve(Buffer.from("x")));
    const { path } = await fetch(`${server.url}/a/%2e%2e%2f%2e%2e%2fevil..%5cx`);
    expect(path.startsWith(cache)).toBe(true);
    expect(existsSync(path)).toBe(true);
  });

  test("whose archive is refused leaves no folder, and no archive to try again and again", async () => {
    const server = await localServer(serve(makeZip([{ name: "../evil", data: "x" }])));
    expect(await failure(fetch(`${server.url}/evil.zip`))).toMatch(/leads out of the folder/);
    const [folder] = readdirSync(cache);
    expect(readdirSync(join(cache, folder!))).toEqual(["download"]);
    expect(existsSync(join(root, "evil"))).toBe(false);
  });
});

describe("a name of the catalog", () => {
  test("is fetched from a mirror by the name of its archive", async () => {
    pretend("bert.small", model);
    const server = await localServer(serve(model));
    const { path } = await fetch("bert.small", { mirror: `${server.url}/models` });
    expect(path).toMatch(/[\\/]bert\.small\.torch$/);
    expect(server.requests[0]!.url).toBe("/models/bert.small.torch.zip");
  });

  test("is fetched from the mirror that the environment names", async () => {
    pretend("snli", snli);
    const server = await localServer(serve(snli));
    vi.stubEnv("TUNEBERT_MIRROR", `${server.url}/`);
    const { path } = await fetch("snli");
    expect(readdirSync(path)).toHaveLength(6);
    expect(server.requests[0]!.url).toBe("/snli_1.0.zip");
  });

  test("with the wrong hash is refused, and nothing of it is kept", async () => {
    const server = await localServer(serve(model));
    const message = await failure(fetch("bert.small", { mirror: server.url }));
    expect(message).toContain(`${sha1Of(model)}, expected c72329e68a732bef0452e4b96a1c341c8910f81f`);
    const [folder] = readdirSync(cache);
    expect(readdirSync(join(cache, folder!))).toEqual(["download"]);
    expect(readdirSync(join(cache, folder!, "download"))).toEqual([]);
  });

  test("whose archive holds something else is refused", async () => {
    pretend("bert.small", snli);
    const server = await localServer(serve(snli));
    const message = await failure(fetch("bert.small", { mirror: server.url }));
    expect(message).toMatch(/does not hold vocab\.json, pretrained\.params; found snli_1\.0/);
  });

  test("may lie in another folder than expected", async () => {
    const archive = makeZip(filesOf("elsewhere"));
    pretend("bert.base", archive);
    const server = await localServer(serve(archive));
    const { path } = await fetch("bert.base", { mirror: server.url });
    expect(path).toMatch(/[\\/]elsewhere$/);
  });

  test("that is not in it is refused with those that are", async () => {
    expect(await failure(fetch("bert.large"))).toMatch(
      /"bert\.large" is not in the catalog, which has bert\.mini, .*bert\.small, bert\.base, .*snli, wikitext-2/,
    );
  });

  test("needs a mirror that is an address", async () => {
    expect(await failure(fetch("snli", { mirror: "/models" }))).toMatch(
      /the mirror "\/models" is not an address/,
    );
  });

  test("each has an address, a hash and files", () => {
    for (const { url, sha1, files, splits, kind } of catalog) {
      expect(url).toMatch(/^https?:\/\/.*\.zip$/);
      expect(sha1).toMatch(/^[0-9a-f]{40}$/);
      expect(files.length).toBeGreaterThan(1);
      expect(splits !== undefined).toBe(kind === "data");
    }
    expect(new Set(catalog.map(({ sha1 }) => sha1)).size).toBe(catalog.length);
  });
});

describe("the cache", () => {
  const sha1 = sha1Of(model);

  /** Fetches, and gives the paths of archive, its mark and the folder above what was unpacked. */
  async function filled(address: string) {
    const { path } = await fetch(address, { sha1 });
    const place = join(cache, readdirSync(cache)[0]!);
    const archive = join(place, "download", "model.zip");
    return { path, archive, mark: `${archive}.verified`, files: join(place, "files") };
  }

  test.each([
    ["missing", (file: string) => rmSync(file)],
    ["cut off", (file: string) => writeFileSync(file, "[")],
  ])("is unpacked again, without a download, where files are %s", async (_, harm) => {
    const server = await localServer(serve(model));
    const { path } = await filled(`${server.url}/model.zip`);
    harm(join(path, "vocab.json"));
    expect((await fetch(`${server.url}/model.zip`, { sha1 })).cached).toBe(true);
    expect(readdirSync(path).sort()).toEqual(readdirSync(given).sort());
    expect(readFileSync(join(path, "vocab.json"))).toEqual(readFileSync(join(given, "vocab.json")));
    expect(server.requests).toHaveLength(1);
  });

  test("is cleared of what a process left that was killed while unpacking", async () => {
    const server = await localServer(serve(model));
    const { files, path } = await filled(`${server.url}/model.zip`);
    rmSync(join(path, "vocab.json"));
    mkdirSync(`${files}.partial-123456`);
    await fetch(`${server.url}/model.zip`, { sha1 });
    expect(existsSync(`${files}.partial-123456`)).toBe(false);
  });

  test("is not believed without a mark: a damaged archive is put aside and fetched again", async () => {
    const server = await localServer(serve(model));
    const { files, archive, mark } = await filled(`${server.url}/model.zip`);
    rmSync(files, { recursive: true });
    rmSync(mark);
    writeFileSync(archive, "damaged");
    await fetch(`${server.url}/model.zip`, { sha1 });
    expect(server.requests).toHaveLength(2);
    expect(events).toContainEqual(
      expect.objectContaining({ event: "damaged", found: sha1Of(Buffer.from("damaged")) }),
    );
    expect(readFileSync(`${archive}.damaged`, "utf8")).toBe("damaged");
  });

  test("is not believed with the mark of another time", async () => {
    const server = await localServer(serve(model));
    const { files, archive } = await filled(`${server.url}/model.zip`);
    rmSync(files, { recursive: true });
    writeFileSync(archive, model.subarray(1));
    await fetch(`${server.url}/model.zip`, { sha1 });
    expect(server.requests).toHaveLength(2);
  });

  test("is believed without a mark where the hash is right, and marked", async () => {
    const server = await localServer(serve(model));
    const { files, mark } = await filled(`${server.url}/model.zip`);
    rmSync(files, { recursive: true });
    rmSync(mark);
    await fetch(`${server.url}/model.zip`, { sha1 });
    expect(server.requests).toHaveLength(1);
    expect(existsSync(mark)).toBe(true);
  });

  test("is the platform's unless TUNEBERT_CACHE names another", () => {
    expect(cacheFolder()).toBe(cache);
    vi.stubEnv("TUNEBERT_CACHE", "");
    vi.stubEnv("XDG_CACHE_HOME", join(root, "xdg"));
    if (process.platform === "linux") expect(cacheFolder()).toBe(join(root, "xdg", "tunebert"));
    expect(cacheFolder()).toMatch(/tunebert/);
  });

  test("that cannot be written says so", async () => {
    writeFileSync(cache, "a file");
    const server = await localServer(serve(model));
    expect(await failure(fetch(`${server.url}/model.zip`))).toMatch(
      /cannot write .*part of the path is a file/,
    );
  });
});

describe("offline", () => {
  test.each([
    ["by option", { offline: true }, ""],
    ["by environment", {}, "1"],
  ])("%s: what is not cached is not fetched, and nothing is made", async (_, options, environment) => {
    vi.stubEnv("TUNEBERT_OFFLINE", environment);
    const server = await localServer(serve(model));
    const message = await failure(fetch("snli", { mirror: server.url, ...options }));
    expect(message).toMatch(
      /snli is not in the cache.*without offline, or put the file from .*snli_1\.0\.zip at /,
    );
    expect(server.requests).toEqual([]);
    expect(existsSync(cache)).toBe(false);
  });

  test("what is cached is used", async () => {
    const server = await localServer(serve(model));
    const { path } = await fetch(`${server.url}/model.zip`);
    expect((await fetch(`${server.url}/model.zip`, { offline: true })).path).toBe(path);
  });

  test("an archive put where the message says is checked, unpacked and used", async () => {
    pretend("snli", snli);
    const message = await failure(fetch("snli", { offline: true }));
    const place = / at (.*)$/.exec(message)![1]!;
    mkdirSync(join(place, ".."), { recursive: true });
    writeFileSync(place, snli);
    expect(readdirSync((await fetch("snli", { offline: true })).path)).toHaveLength(6);
  });

  test("a wrong archive put there is refused", async () => {
    const message = await failure(fetch("snli", { offline: true }));
    const place = / at (.*)$/.exec(message)![1]!;
    mkdirSync(join(place, ".."), { recursive: true });
    writeFileSync(place, model);
    expect(await failure(fetch("snli", { offline: true }))).toMatch(
      new RegExp(`has the SHA-1 ${sha1Of(model)}, expected 9fcde07509c7.*Go online`),
    );
  });
});

describe("a proxy", () => {
  /** Forwards plain http, refuses tunnels, and notes what was asked of it. */
  async function proxy() {
    const asked: string[] = [];
    const server = createServer(({ url, method, headers }, response) => {
      asked.push(`${method} ${url}`);
      forward(url!, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      }).end();
    });
    server.on("connect", ({ url }, socket) => {
      asked.push(`CONNECT ${url}`);
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close(() => {}).closeAllConnections());
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  test.each(["HTTP_PROXY", "http_proxy"])("that %s names is asked for http", async (name) => {
    const { url, asked } = await proxy();
    vi.stubEnv(name, url);
    const server = await localServer(serve(model));
    await fetch(`${server.url}/model.zip`);
    expect(asked).toEqual([`GET ${server.url}/model.zip`]);
  });

  test("that HTTPS_PROXY names is asked for a tunnel to https", async () => {
    const { url, asked } = await proxy();
    vi.stubEnv("HTTPS_PROXY", url);
    expect(await failure(fetch("https://example.invalid/model.zip"))).toMatch(/cannot download .*Tunnel/i);
    expect(asked).toEqual(["CONNECT example.invalid:443", "CONNECT example.invalid:443"]);
  });

  test("may lack http://, and is refused if it is no address", async () => {
    const { url, asked } = await proxy();
    vi.stubEnv("HTTP_PROXY", url.replace("http://", ""));
    const server = await localServer(serve(model));
    await fetch(`${server.url}/model.zip`);
    expect(asked).toHaveLength(1);
    vi.stubEnv("HTTP_PROXY", "socks5://h:1080");
    expect(await failure(fetch(`${server.url}/other.zip`))).toMatch(
      /HTTP_PROXY is "socks5:\/\/h:1080"; expected/,
    );
  });

  test("is left out for what NO_PROXY names", async () => {
    const { url, asked } = await proxy();
    vi.stubEnv("HTTP_PROXY", url);
    vi.stubEnv("NO_PROXY", "127.0.0.1");
    const server = await localServer(serve(model));
    await fetch(`${server.url}/model.zip`);
    expect(asked).toEqual([]);
  });
});

describe("what a command is given", () => {
  test("as a model: a folder, a name, an address, an archive", async () => {
    pretend("bert.small", model);
    const server = await localServer(serve(model));
    vi.stubEnv("TUNEBERT_MIRROR", server.url);
    const archive = join(root, "mine.zip");
    writeFileSync(archive, model);
    expect(await resolvePretrained(given)).toBe(given);
    expect(await resolvePretrained(join(root, "nowhere"))).toBe(join(root, "nowhere"));
    for (const name of ["bert.small", `${server.url}/model.zip`, archive]) {
      const { tokenizer, config } = await loadPretrained(name, { heads: 2 });
      expect(tokenizer.size).toBe((await loadPretrained(given, { heads: 2 })).tokenizer.size);
      expect(config.heads).toBe(2);
    }
    expect(server.requests).toHaveLength(2);
  });

  test("as a model: not a data set, a single file or a name with a mistake in it", async () => {
    const server = await localServer(serve(Buffer.from(pairs)));
    expect(await failure(resolvePretrained("snli"))).toMatch(
      /snli is not a pretrained model; .* bert\.small/,
    );
    expect(await failure(resolvePretrained("bert.smal"))).toMatch(
      /"bert\.smal" is neither a path .*bert\.small/,
    );
    expect(await failure(resolvePretrained(`${server.url}/x.csv`))).toMatch(/is a single file/);
  });

  test("as data: a file, a name and a split, an address, an archive, a folder", async () => {
    pretend("snli", snli);
    const server = await localServer(serve(snli), serve(Buffer.from(pairs)));
    vi.stubEnv("TUNEBERT_MIRROR", server.url);
    const archive = join(root, "pairs.zip");
    writeFileSync(
      archive,
      makeZip([
        { name: "d/valid.csv", data: pairs },
        { name: "d/latest.csv", data: "x" },
      ]),
    );
    const file = join(root, "pairs.csv");
    writeFileSync(file, pairs);
    const names = await Promise.all([
      resolveData(file, "train"),
      resolveData("missing.csv", "train"),
      resolveData("snli", "train"),
      resolveData("snli", "test"),
      resolveData("snli:dev", "test"),
    ]);
    expect(names.slice(0, 2)).toEqual([file, "missing.csv"]);
    expect(names.slice(2).map((name) => readFileSync(name, "utf8"))).toEqual(["train", "test", "dev"]);
    expect(names[2]).toMatch(/[\\/]snli_1\.0[\\/]snli_1\.0_train\.txt$/);
    expect(await resolveData(names[2]!.replace(/[^\\/]*$/, ""), "dev")).toMatch(/snli_1\.0_dev\.txt$/);
    expect(await resolveData(archive, "dev")).toMatch(/[\\/]valid\.csv$/);
    const alike = join(root, "alike");
    mkdirSync(alike);
    writeFileSync(join(alike, "my-train.csv"), pairs);
    expect(await failure(resolveData(alike, "train"))).toMatch(/it holds my-train\.csv\. Name a file/);
    writeFileSync(join(alike, "my-valid.csv"), pairs);
    expect(await resolveData(alike, "train")).toBe(join(alike, "my-train.csv"));
    expect(readFileSync(await resolveData(`${server.url}/pairs.csv`, "train"), "utf8")).toBe(pairs);
    expect(server.requests).toHaveLength(2);
  });

  test("as data: not a model, a name with a mistake in it or a folder in which several files could be meant", async () => {
    expect(await failure(resolveData("bert.small", "train"))).toMatch(
      /is not a data set; .* snli, wikitext-2/,
    );
    expect(await failure(resolveData("snly", "train"))).toMatch(
      /"snly" is neither a path that exists nor a name/,
    );
    const folder = join(root, "several");
    mkdirSync(folder);
    writeFileSync(join(folder, "train-1.csv"), pairs);
    writeFileSync(join(folder, "train-2.csv"), pairs);
    expect(await failure(resolveData(folder, "train"))).toMatch(
      /several files for train: train-1\.csv, train-2\.csv/,
    );
    expect(await failure(resolveData(folder, "test"))).toMatch(
      /several is a folder, and no data set with a file for test .* it holds train-1\.csv, train-2\.csv\. Name a file/,
    );
  });

  test("is a path where there is one, whatever the catalog has", async () => {
    const before = process.cwd();
    const folder = join(root, "work");
    mkdirSync(join(folder, "bert.small"), { recursive: true });
    process.chdir(folder);
    onTestFinished(() => process.chdir(before));
    expect(await resolvePretrained("bert.small")).toBe("bert.small");
  });
});

test("a server that is broken says what to do", async () => {
  const server = await localServer(status(404));
  expect(await failure(fetch("snli", { mirror: server.url }))).toMatch(
    /snli_1\.0\.zip: the server answers 404/,
  );
  expect(events.at(-1)).toEqual({ event: "end", name: "snli" });
});
