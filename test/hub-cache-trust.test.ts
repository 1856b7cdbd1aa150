import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { TunebertError } from "../src/error.js";
import { isExposed } from "../src/hub/fetch/cache-trust.js";
import { type FetchEvent, type FetchOptions, fetchArtifact } from "../src/hub/fetch/fetch-artifact.js";
import { digestOf } from "../src/hub/fetch/partial-file.js";
import { makeZip } from "./support/archives.js";
import { temporaryFolder } from "./support/command.js";
import { localServer, serve } from "./support/http-server.js";

process.umask(0o022);
const root = temporaryFolder();
const archive = makeZip([
  { name: "d/one", data: "one", stored: true },
  { name: "d/deep/two", data: "two", stored: true },
]);
const sha1 = createHash("sha1").update(archive).digest("hex");

let cache: string;
let events: FetchEvent[];
let runs = 0;

beforeEach(() => {
  cache = join(root, `cache-${runs++}`);
  events = [];
});

function fetch(address: string, options: FetchOptions = {}) {
  const patience = { attempts: 1, stallTimeout: 5000 };
  return fetchArtifact(address, { cache, patience, onEvent: (event) => events.push(event), ...options });
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(TunebertError);
  return error.message;
}

const place = () => join(cache, readdirSync(cache)[0]!);
const inPlace = (...path: string[]) => join(place(), ...path);
const kinds = () => events.map(({ event }) => event).filter((event) => event !== "bytes");

describe("an archive that cannot be unpacked", () => {
  test("is not kept, and is fetched again without --force", async () => {
    const server = await localServer(
      (_, response) => void response.end(archive.subarray(0, archive.length - 30)),
      serve(archive),
    );
    const address = `${server.url}/x.zip`;
    expect(await failure(fetch(address))).toMatch(/cannot be unpacked: .* Nothing of it was kept/);
    expect(readdirSync(inPlace("download"))).toEqual([]);
    const { path, cached } = await fetch(address);
    expect([readFileSync(join(path, "one"), "utf8"), cached]).toEqual(["one", false]);
  });

  test("leaves what was unpacked before, where it was fetched by force", async () => {
    const server = await localServer(serve(archive), serve(archive.subarray(0, 100)));
    const { path } = await fetch(`${server.url}/x.zip`);
    await failure(fetch(`${server.url}/x.zip`, { force: true }));
    expect(await fetch(`${server.url}/x.zip`)).toMatchObject({ path, cached: true });
    expect(readFileSync(join(path, "one"), "utf8")).toBe("one");
  });

  test("of the user's own stays where it is", async () => {
    const own = join(root, "own.zip");
    writeFileSync(own, archive.subarray(0, 100));
    await failure(fetch(own));
    expect(readFileSync(own)).toEqual(archive.subarray(0, 100));
  });

  test("for want of room is kept", async () => {
    const server = await localServer(serve(archive));
    const address = `${server.url}/x.zip`;
    await fetch(address, { sha1 });
    rmSync(inPlace("files.json"));
    mkdirSync(inPlace("files.json"));
    expect(await failure(fetch(address, { sha1 }))).toMatch(/cannot write .*TUNEBERT_CACHE/);
    expect(existsSync(inPlace("download", "x.zip"))).toBe(true);
  });
});

describe("what was unpacked is not believed to be whole", () => {
  const sizes = [
    { name: "d/one", size: 3 },
    { name: "d/deep/two", size: 3 },
  ];

  test.each<[string, unknown]>([
    ["is no list", { length: 2 }],
    ["is empty", []],
    ["is a list of nothing", [null, null]],
    ["holds no names", [{ name: 1, size: 3 }]],
    ["holds no sizes", [{ name: "d/one", size: "3" }]],
    ["holds sizes below 0", [{ name: "d/one", size: -3 }]],
    ["leads out of the folder", [...sizes, { name: "../files.json", size: 2 }]],
    ["names what is absolute", [{ name: "/etc/passwd", size: 3 }]],
    ["names a folder", [{ name: "d/deep", size: 3 }]],
    ["names in a roundabout way", [{ name: "d/./one", size: 3 }]],
    ["names what a name cannot hold", [{ name: "d/\0", size: 3 }]],
  ])("where its list %s", async (_, list) => {
    const server = await localServer(serve(archive));
    await fetch(`${server.url}/x.zip`);
    writeFileSync(inPlace("files.json"), JSON.stringify(list));
    const { path } = await fetch(`${server.url}/x.zip`);
    expect(kinds()).toEqual(["unpack", "end", "unpack", "end"]);
    expect(JSON.parse(readFileSync(inPlace("files.json"), "utf8"))).toEqual(sizes);
    expect(readFileSync(join(path, "deep", "two"), "utf8")).toBe("two");
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["file", ["d", "one"]],
    ["folder", ["d", "deep"]],
    ["folder of all", []],
  ])("where a %s is a link, and nothing is written through it", async (_, path) => {
    const server = await localServer(serve(archive));
    await fetch(`${server.url}/x.zip`);
    const outside = `${cache}-outside`;
    renameSync(inPlace("files", ...path), outside);
    symlinkSync(outside, inPlace("files", ...path));
    const before = readdirSync(root);
    await fetch(`${server.url}/x.zip`);
    expect(kinds()).toEqual(["unpack", "end", "unpack", "end"]);
    expect(readFileSync(inPlace("files", "d", "deep", "two"), "utf8")).toBe("two");
    expect(readdirSync(root)).toEqual(before);
    expect(existsSync(outside)).toBe(true);
  });

  test.each([
    ["is no JSON", "{"],
    ["is no mark", "null"],
    ["holds no hash", JSON.stringify({ sha1: "../..", size: archive.length })],
    ["is of another file", JSON.stringify({ sha1, size: 1, modified: 1 })],
  ])("nor the archive verified where its mark %s", async (_, mark) => {
    const server = await localServer(serve(archive));
    await fetch(`${server.url}/x.zip`, { sha1 });
    rmSync(inPlace("files.json"));
    writeFileSync(inPlace("download", "x.zip.verified"), mark);
    await fetch(`${server.url}/x.zip`, { sha1 });
    expect(JSON.parse(readFileSync(inPlace("download", "x.zip.verified"), "utf8")).sha1).toBe(sha1);
    expect(server.requests).toHaveLength(1);
  });
});

describe("nothing is written through a link", () => {
  test.each(["x.zip.verified", "x.zip.part", "x.zip.part.json"])("in the place of %s", async (name) => {
    const server = await localServer(serve(archive, { etag: '"one"', stallAfter: 100 }), serve(archive));
    const abort = new AbortController();
    const onEvent = ({ event }: FetchEvent) => event === "bytes" && abort.abort(new Error("enough"));
    await expect(fetch(`${server.url}/x.zip`, { signal: abort.signal, onEvent })).rejects.toThrow("enough");
    const outside = `${cache}-outside`;
    const note = { address: digestOf(`${server.url}/x.zip`), total: archive.length, validator: '"one"' };
    writeFileSync(inPlace("download", "x.zip.part.json"), JSON.stringify(note));
    writeFileSync(outside, "mine");
    rmSync(inPlace("download", name), { force: true });
    symlinkSync(outside, inPlace("download", name));
    await fetch(`${server.url}/x.zip`);
    expect(readFileSync(outside, "utf8")).toBe("mine");
    expect(readdirSync(inPlace("download")).sort()).toEqual(["x.zip", "x.zip.verified"]);
    expect(readFileSync(inPlace("download", "x.zip"))).toEqual(archive);
  });

  test("nor added to a file that has another name elsewhere", async () => {
    const server = await localServer(serve(archive, { etag: '"one"' }));
    mkdirSync(join(cache, "seed"), { recursive: true });
    const address = `${server.url}/x.zip`;
    await fetch(address);
    rmSync(inPlaceOf(address, "download"), { recursive: true });
    rmSync(inPlaceOf(address, "files.json"));
    mkdirSync(inPlaceOf(address, "download"));
    const outside = `${cache}-outside`;
    writeFileSync(outside, archive.subarray(0, 100));
    linkSync(outside, inPlaceOf(address, "download", "x.zip.part"));
    const note = { address: digestOf(address), total: archive.length, validator: '"one"' };
    writeFileSync(inPlaceOf(address, "download", "x.zip.part.json"), JSON.stringify(note));
    await fetch(address);
    expect(readFileSync(outside)).toEqual(archive.subarray(0, 100));
  });

  test.each([
    ["the folder of an address", []],
    ["its downloads", ["download"]],
  ])("in the place of %s", async (_, path) => {
    const server = await localServer(serve(archive));
    await fetch(`${server.url}/x.zip`);
    const outside = `${cache}-outside`;
    mkdirSync(outside);
    const link = inPlace(...path);
    rmSync(link, { recursive: true });
    rmSync(inPlaceIfThere("files.json"), { force: true });
    symlinkSync(outside, link);
    expect(await failure(fetch(`${server.url}/x.zip`))).toMatch(/is a symbolic link, .*TUNEBERT_CACHE/);
    expect(readdirSync(outside)).toEqual([]);
  });
});

function inPlaceOf(address: string, ...path: string[]): string {
  const [file] = new URL(address).pathname.split("/").slice(-1);
  return join(cache, readdirSync(cache).find((name) => name.startsWith(`${file}-`))!, ...path);
}

function inPlaceIfThere(name: string): string {
  return join(cache, readdirSync(cache)[0] ?? "", name);
}

describe("whether others may change something", () => {
  const folder = (uid: number, mode: number) => ({ uid, mode: 0o040000 | mode, isDirectory: () => true });
  const file = (uid: number, mode: number) => ({ uid, mode: 0o100000 | mode, isDirectory: () => false });

  test.each([
    ["a folder of one's own", folder(1000, 0o755), false],
    ["a folder of the administrator's", folder(0, 0o755), false],
    ["another's folder", folder(1001, 0o700), true],
    ["a folder that the group may write to", folder(1000, 0o775), true],
    ["a folder that all may write to", folder(1000, 0o757), true],
    ["a folder like /tmp", folder(0, 0o1777), false],
    ["another's folder like /tmp", folder(1001, 0o1777), true],
    ["a file of one's own", file(1000, 0o644), false],
    ["a file that the group may write to", file(1000, 0o1664), true],
  ])("%s", (_, found, expected) => {
    expect(isExposed(found, 1000)).toBe(expected);
    expect(isExposed({ ...found, uid: found.uid === 1000 ? 0 : found.uid }, 0)).toBe(expected);
  });
});

describe.runIf(process.getuid)("a cache that others may change", () => {
  /** Fetches in a cache of its own, then lets others change it and forges what it holds. */
  async function forged(options: FetchOptions, expose: () => string) {
    const server = await localServer(serve(archive));
    const address = `${server.url}/x.zip`;
    await fetch(address, options);
    const path = expose();
    chmodSync(path, 0o777);
    writeFileSync(inPlace("files", "d", "one"), "bad");
    events = [];
    return { address, server, path };
  }

  test.each([
    ["itself", () => cache],
    ["in the folder of an address", place],
    ["in its downloads", () => inPlace("download")],
    ["in what was unpacked", () => inPlace("files")],
    ["in a file", () => inPlace("files.json")],
  ])("%s is unpacked again where the hash is right", async (_, expose) => {
    const { address, server, path } = await forged({ sha1 }, expose);
    const fetched = await fetch(address, { sha1 });
    expect(fetched.cached).toBe(true);
    expect(readFileSync(join(fetched.path, "one"), "utf8")).toBe("one");
    expect(events[0]).toEqual({ event: "untrusted", name: address, path });
    expect(server.requests).toHaveLength(1);
  });

  test("is fetched again where the hash is wrong, whatever the mark says", async () => {
    const { address, server } = await forged({ sha1 }, place);
    const bad = makeZip([{ name: "d/one", data: "bad", stored: true }]);
    writeFileSync(inPlace("download", "x.zip"), bad);
    const { size, mtimeMs } = statSync(inPlace("download", "x.zip"));
    writeFileSync(inPlace("download", "x.zip.verified"), JSON.stringify({ sha1, size, modified: mtimeMs }));
    const { path } = await fetch(address, { sha1 });
    expect(readFileSync(join(path, "one"), "utf8")).toBe("one");
    expect(kinds()).toEqual(["untrusted", "damaged", "unpack", "end"]);
    expect(server.requests).toHaveLength(2);
  });

  test("is fetched again where no hash is known, once in a process", async () => {
    const { address, server } = await forged({}, place);
    const note = { address: digestOf(address), total: archive.length, validator: '"one"' };
    writeFileSync(inPlace("download", "x.zip.part"), "bad");
    writeFileSync(inPlace("download", "x.zip.part.json"), JSON.stringify(note));
    const { path } = await fetch(address);
    expect(readFileSync(join(path, "one"), "utf8")).toBe("one");
    expect(server.requests[1]!.headers.range).toBeUndefined();
    expect(await fetch(address)).toMatchObject({ cached: true });
    expect(kinds()).toEqual(["untrusted", "unpack", "end", "end"]);
    expect(server.requests).toHaveLength(2);
  });

  test("is refused offline where no hash is known", async () => {
    const { address } = await forged({}, place);
    expect(await failure(fetch(address, { offline: true }))).toMatch(
      /is in the cache, but other users may change .*not known\. Go online .*chmod -R go-w/,
    );
  });
});
