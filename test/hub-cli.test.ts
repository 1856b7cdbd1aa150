import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { catalog } from "../src/hub/fetch/catalog.js";
import { makeZip } from "./support/archives.js";
import { COMMAND, type Ran, temporaryFolder } from "./support/command.js";
import { localServer, serve, status } from "./support/http-server.js";
import { TINY_TRAINING, tinyPairs, toCsv, writePretrained } from "./support/tiny.js";

const root = temporaryFolder();
const given = writePretrained(join(root, "given"));
const model = makeZip(
  readdirSync(given).map((name) => ({
    name: `model/${name}`,
    data: readFileSync(join(given, name)),
    stored: true,
  })),
);
const sha1 = createHash("sha1").update(model).digest("hex");

// A cache that others may write to is not trusted.
process.umask(0o022);

let cache: string;
let runs = 0;

beforeEach(() => {
  cache = join(root, `cache-${runs++}`);
});

function start(args: readonly string[], environment: Record<string, string> = {}) {
  const proxies = { HTTP_PROXY: "", http_proxy: "", HTTPS_PROXY: "", https_proxy: "", TUNEBERT_MIRROR: "" };
  const env = { ...process.env, ...proxies, NO_COLOR: "1", TUNEBERT_CACHE: cache, ...environment };
  return spawn(process.execPath, [COMMAND, ...args], { env, cwd: root, stdio: ["ignore", "pipe", "pipe"] });
}

async function run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const child = start(args, environment);
  const ran = { stdout: "", stderr: "" };
  child.stdout.on("data", (text) => {
    ran.stdout += text;
  });
  child.stderr.on("data", (text) => {
    ran.stderr += text;
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, ...ran };
}

/** Puts an artifact of the catalog into the cache, as if it had been fetched. */
function preset(name: string, files: Record<string, string | Uint8Array>): void {
  const artifact = catalog.find((artifact) => artifact.name === name)!;
  const place = join(cache, `${name}-${artifact.sha1.slice(0, 12)}`);
  const folder = join(place, "files", artifact.folder);
  mkdirSync(folder, { recursive: true });
  const manifest = Object.entries(files).map(([file, content]) => {
    writeFileSync(join(folder, file), content);
    return { name: `${artifact.folder}/${file}`, size: statSync(join(folder, file)).size };
  });
  writeFileSync(join(place, "files.json"), JSON.stringify(manifest));
}

describe("fetch", () => {
  test("prints the folder alone, and on standard error how it goes", async () => {
    const server = await localServer(
      serve(model, { etag: '"1"', cutAfter: 3000 }),
      serve(model, { etag: '"1"' }),
    );
    const { code, stdout, stderr } = await run(["fetch", `${server.url}/model.zip`, "--sha1", sha1]);
    expect(code, stderr).toBe(0);
    expect(readdirSync(stdout.trimEnd()).sort()).toEqual(readdirSync(given).sort());
    expect(stderr).toMatch(/model\.zip {4}0% {2}0 B of [\d.]+ kB\n/);
    expect(stderr).toMatch(/model\.zip: the connection was cut; trying again in \d\.\d s\n/);
    expect(stderr).toMatch(/100% .*\n.*: unpacking\n$/);
    const again = await run(["fetch", `${server.url}/model.zip`, "--sha1", sha1, "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ path: stdout.trimEnd(), cached: true });
    expect(again.stderr).toBe("");
  });

  test("by two processes at once is done once", async () => {
    const slow = serve(model);
    const server = await localServer(
      (request, response) => void setTimeout(() => slow(request, response), 500),
    );
    const args = ["fetch", `${server.url}/model.zip`, "--sha1", sha1];
    const both = await Promise.all([run(args), run(args)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both[0].stdout).toBe(both[1].stdout);
    expect(server.requests).toHaveLength(1);
    expect(
      both.filter(({ stderr }) => stderr.includes("another process is fetching it; waiting")),
    ).toHaveLength(1);
  });

  test("goes on where a process was that was killed, and its lock does not matter", async () => {
    const etag = '"1"';
    const server = await localServer(serve(model, { etag, stallAfter: 3000 }), serve(model, { etag }));
    const args = ["fetch", `${server.url}/model.zip`, "--sha1", sha1];
    const child = start(args);
    const place = () => join(cache, readdirSync(cache)[0]!);
    const sizes = () => {
      if (!existsSync(cache)) return [];
      const names = readdirSync(join(place(), "download")).filter((name) => !name.endsWith(".json"));
      return names.map((name) => statSync(join(place(), "download", name)).size);
    };
    await expect.poll(sizes, { timeout: 10_000 }).toEqual([3000]);
    child.kill("SIGKILL");
    await once(child, "close");
    expect(existsSync(join(place(), "lock"))).toBe(true);
    const before = performance.now();
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(server.requests[1]!.headers.range).toBe("bytes=3000-");
    expect(readdirSync(stdout.trimEnd()).sort()).toEqual(readdirSync(given).sort());
    expect(performance.now() - before).toBeLessThan(8000);
  });

  test.each([
    [
      "an unknown name",
      ["bert.large"],
      /^tunebert: "bert\.large" is not in the catalog, which has bert\.mini/,
    ],
    ["a SHA-1 that is none", ["https://h/x.zip", "--sha1", "12"], /^tunebert: "12" is not a SHA-1/],
    ["offline, what is not cached", ["snli", "--offline"], /^tunebert: snli is not in the cache/],
  ])("of %s fails with one message", async (_, args, message) => {
    const { code, stdout, stderr } = await run(["fetch", ...args]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
  });

  test("from a mirror that has not got it fails with one message", async () => {
    const server = await localServer(status(404));
    const { code, stderr } = await run(["fetch", "bert.small"], { TUNEBERT_MIRROR: server.url });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tunebert: cannot download .*bert\.small\.torch\.zip: the server answers 404/);
    expect(server.requests[0]!.url).toBe("/bert.small.torch.zip");
  });

  test("--help lists the names", async () => {
    const { stdout } = await run(["fetch", "--help"]);
    for (const { name } of catalog)
      expect(stdout).toMatch(new RegExp(`^ {2}${name.replace(/\./g, "\\.")} {2,}\\S`, "m"));
  });
});

test("train and evaluate take names of the catalog", async () => {
  const header =
    "gold_label\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse";
  const more = "sentence1\tsentence2\tcaptionID\tpairID\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5";
  const rows = tinyPairs().map(({ text, textPair, label }) =>
    [label, text, textPair, ...Array(11).fill("x")].join("\t"),
  );
  const split = (count: number) => [`${header}\t${more}`, ...rows.slice(0, count), ""].join("\n");
  preset("snli", {
    "snli_1.0_train.txt": split(36),
    "snli_1.0_dev.txt": split(9),
    "snli_1.0_test.txt": split(12),
  });
  preset(
    "bert.small",
    Object.fromEntries(readdirSync(given).map((name) => [name, readFileSync(join(given, name))])),
  );
  const out = join(root, "named");
  const flags = ["--heads", "2", ...TINY_TRAINING, "--epochs", "1", "--offline", "--out", out];
  const trained = await run([
    "train",
    "--train",
    "snli",
    "--test",
    "snli",
    "--pretrained",
    "bert.small",
    ...flags,
  ]);
  expect(trained.code, trained.stderr).toBe(0);
  expect(trained.stdout).toContain("read 36 train examples");
  expect(trained.stdout).toContain("read 12 test examples");
  const evaluated = await run(["evaluate", "--model", out, "--data", "snli:dev", "--json", "--threads", "1"]);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ examples: 9 });
});

test("train takes the address of a model and of data", async () => {
  const csv = Buffer.from(toCsv(tinyPairs()));
  const server = await localServer((request, response) =>
    serve(request.url === "/model.zip" ? model : csv)(request, response),
  );
  const out = join(root, "addressed");
  const { code, stderr } = await run([
    ...["train", "--train", `${server.url}/pairs.csv`, "--pretrained", `${server.url}/model.zip`],
    ...["--heads", "2", ...TINY_TRAINING, "--epochs", "1", "--out", out],
  ]);
  expect(code, stderr).toBe(0);
  expect(existsSync(join(out, "model.safetensors"))).toBe(true);
});
