/** Models by their names on the Hugging Face hub, from a server on this computer. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TunebertError } from "../src/error.js";
import type { FetchEvent, FetchOptions } from "../src/hub/fetch/fetch-artifact.js";
import { fetchHubModel, isHubName } from "../src/hub/fetch/hub-model.js";
import { resolvePretrained } from "../src/hub/fetch/resolve.js";
import { start, succeed, temporaryFolder } from "./support/command.js";
import { COMMIT, filesIn, type HubServer, type HubServerOptions, hubServer } from "./support/hub-server.js";
import { TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const fixture = fileURLToPath(new URL("fixtures/hugging-face/bert-gelu", import.meta.url));
const files = filesIn(fixture);
const weights = files.get("model.safetensors")!;
const root = temporaryFolder();
let runs = 0;
let home: string;

beforeEach(() => {
  home = join(root, `home-${runs++}`);
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "HF_TOKEN", "HF_HUB_CACHE"]) {
    vi.stubEnv(name, "");
  }
  vi.stubEnv("HF_HOME", home);
});

afterEach(() => vi.unstubAllEnvs());

const quick: FetchOptions = { patience: { stallTimeout: 2000, sleep: async () => {}, random: () => 1 } };

async function serveModel(options: HubServerOptions = {}): Promise<HubServer> {
  const server = await hubServer(
    {
      "org/model": { files },
      "org/gated": { files, token: "hf_secret", refusal: { status: 403, code: "GatedRepo" } },
      "org/private": { files, token: "hf_secret" },
    },
    options,
  );
  vi.stubEnv("HF_ENDPOINT", server.url);
  return server;
}

async function failureOf(name: string, options = quick): Promise<string> {
  const error = await fetchHubModel(name, options).then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(TunebertError);
  return error.message;
}

const repository = () => join(home, "hub/models--org--model");
const snapshot = () => join(repository(), "snapshots", COMMIT);

describe("names", () => {
  test.each(["org/model", "org/model@main", "a-b/c.d_e@refs/pr/1", `org/m@${COMMIT}`])(
    "%s is one",
    (name) => {
      expect(isHubName(name)).toBe(true);
    },
  );

  test.each([
    ...[
      "model",
      "a/b/c",
      "./a",
      "../a",
      "/a/b",
      "a/..",
      "a/b@",
      "a/b@../../x",
      "a\\b/c",
      "org/.git",
      "a--b/c",
    ],
    ...["https://example.org/a", "a/b@x/../y", "a/b@.x"],
  ])("%s is none", (name) => {
    expect(isHubName(name)).toBe(false);
  });
});

describe("the cache", () => {
  test("has the hub's own layout, and what is there is not asked for again", async () => {
    const { asked } = await serveModel();
    const fetched = await fetchHubModel("org/model", quick);
    expect(fetched).toMatchObject({ name: "org/model", path: snapshot(), cached: false });
    expect(readFileSync(join(repository(), "refs/main"), "utf8")).toBe(COMMIT);
    const hash = createHash("sha256").update(weights).digest("hex");
    expect(readlinkSync(join(snapshot(), "model.safetensors"))).toBe(`../../blobs/${hash}`);
    expect(readFileSync(join(snapshot(), "model.safetensors")).equals(weights)).toBe(true);
    expect(
      readdirSync(join(repository(), "blobs")).every((name) => /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(name)),
    ).toBe(true);
    expect(existsSync(join(repository(), ".no_exist", COMMIT, "modules.json"))).toBe(true);
    asked.length = 0;
    expect(await fetchHubModel("org/model", quick)).toMatchObject({ path: snapshot(), cached: true });
    expect(asked).toEqual(["HEAD org/model main config.json"]);
    asked.length = 0;
    expect(await fetchHubModel(`org/model@${COMMIT}`, quick)).toMatchObject({ cached: true });
    expect(asked).toEqual([]);
  });

  test("that another program has filled is used, offline too", async () => {
    const blobs = join(repository(), "blobs");
    for (const folder of [blobs, snapshot(), join(repository(), "refs")])
      mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of files) writeFileSync(join(snapshot(), name), bytes);
    writeFileSync(join(repository(), "refs/main"), COMMIT);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await resolvePretrained("org/model")).toBe(snapshot());
    expect(await failureOf("org/other")).toMatch(
      /"org\/other" is no folder here, nor is it in the cache \(.*models--org--other\)/,
    );
    vi.stubEnv("HF_HUB_OFFLINE", "");
    expect(await fetchHubModel("org/model", { ...quick, offline: true })).toMatchObject({ cached: true });
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:49151");
    expect(await fetchHubModel("org/model", quick)).toMatchObject({ cached: true }); // no network, but all is there
  });

  test("is where HF_HUB_CACHE says", async () => {
    await serveModel();
    const cache = join(root, "elsewhere");
    vi.stubEnv("HF_HUB_CACHE", cache);
    const { path } = await fetchHubModel("org/model@main", quick);
    expect(path).toBe(join(cache, "models--org--model/snapshots", COMMIT));
  });

  test("is not used by a folder of that name, which wins", async () => {
    await serveModel();
    mkdirSync(join(root, "here/org/model"), { recursive: true });
    const cwd = process.cwd();
    process.chdir(join(root, "here"));
    try {
      expect(await resolvePretrained("org/model")).toBe("org/model");
    } finally {
      process.chdir(cwd);
    }
  });
});

describe("a download", () => {
  test("that is cut goes on from there, and no other server sees the token", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret");
    const { stored } = await serveModel({ cutAfter: 5000 });
    const events: FetchEvent[] = [];
    await fetchHubModel("org/private", { ...quick, onEvent: (event) => events.push(event) });
    expect(stored.map(({ headers }) => headers.range)).toEqual([undefined, "bytes=5000-"]);
    expect(stored.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(events.filter(({ event }) => event === "retry")).toHaveLength(1);
    const path = join(home, "hub/models--org--private/snapshots", COMMIT, "model.safetensors");
    expect(readFileSync(path).equals(weights)).toBe(true);
  });

  test.each(["model.safetensors", "config.json"])(
    "of a %s with other content is refused, and not kept",
    async (wrong) => {
      await serveModel({
        send: (file, bytes) => (file === wrong ? bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) : bytes),
      });
      expect(await failureOf("org/model")).toMatch(
        new RegExp(`what .*/${wrong} sends has the hash [0-9a-f]+, expected [0-9a-f]+. It was not kept`),
      );
      expect(existsSync(join(snapshot(), wrong))).toBe(false);
      await serveModel();
      expect(await fetchHubModel("org/model", quick)).toMatchObject({ path: snapshot() });
    },
  );

  test("of two processes at once brings each file once", async () => {
    const { asked } = await serveModel();
    const both = await Promise.all([fetchHubModel("org/model", quick), fetchHubModel("org/model", quick)]);
    expect(both.map(({ path }) => path)).toEqual([snapshot(), snapshot()]);
    expect(asked.filter((line) => line === `GET org/model ${COMMIT} model.safetensors`)).toHaveLength(1);
  });

  test("takes weights in shards", async () => {
    const index = { weight_map: { a: "model-1.safetensors", b: "model-2.safetensors", c: "../../x" } };
    const shards = new Map([...files].filter(([name]) => name !== "model.safetensors"));
    shards.set("model.safetensors.index.json", Buffer.from(JSON.stringify(index)));
    for (const name of ["model-1.safetensors", "model-2.safetensors"]) shards.set(name, weights);
    const { url, asked } = await hubServer({ "org/model": { files: shards } });
    vi.stubEnv("HF_ENDPOINT", url);
    await fetchHubModel("org/model", quick);
    expect(existsSync(join(snapshot(), "model-2.safetensors"))).toBe(true);
    expect(asked.some((line) => line.includes(".."))).toBe(false);
  });

  test("is refused of a server that does not say which content or commit it is", async () => {
    await serveModel({ headers: () => ({ "x-repo-commit": "../../x" }) });
    expect(await failureOf("org/model")).toMatch(/does not say of which commit org\/model is/);
    await serveModel({
      headers: (file) => (file === "vocab.txt" || file === "tokenizer.json" ? { etag: '"../x"' } : {}),
    });
    expect(await failureOf("org/model")).toMatch(/does not say which content it is \(ETag\)/);
  });
});

describe("what the hub does not give", () => {
  test.each([
    [
      "org/gated",
      /^org\/gated is not given to everybody: ask for access at http.*\/org\/gated\. Give a token in HF_TOKEN then$/,
    ],
    ["org/private", /^"org\/private" is neither a folder here nor a model that .* Give a token in HF_TOKEN$/],
    ["org/none", /^"org\/none" is neither a folder here nor a model that .*\/org\/none gives to everybody/],
    ["org/model@old", /org\/model has no revision old$/],
  ])("%s", async (name, message) => {
    await serveModel();
    expect(await failureOf(name)).toMatch(message);
  });

  test("it gives to who has a token, in the environment or its file", async () => {
    await serveModel();
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "token"), "hf_secret\n");
    expect((await fetchHubModel("org/gated", quick)).cached).toBe(false);
    vi.stubEnv("HF_TOKEN", "hf_wrong");
    rmSync(home, { recursive: true });
    const message = await failureOf("org/gated");
    expect(message).toMatch(/Give another token in HF_TOKEN than the one that is set$/);
    expect(message).not.toContain("hf_wrong");
  });

  test("without weights, or a network", async () => {
    const { url } = await hubServer({
      "org/empty": { files: new Map([...files].filter(([name]) => name !== "model.safetensors")) },
    });
    vi.stubEnv("HF_ENDPOINT", url);
    expect(await failureOf("org/empty")).toMatch(
      /has no weights; expected model.safetensors or pytorch_model.bin/,
    );
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:49151");
    expect(await failureOf("org/model")).toMatch(
      /"org\/model" is no folder here, and http:\/\/127.0.0.1:49151\/org\/model cannot be asked/,
    );
    vi.stubEnv("HF_ENDPOINT", "huggingface");
    expect(await failureOf("org/model")).toMatch(/^HF_ENDPOINT is "huggingface"; expected an address/);
  });
});

test("the command line trains from a name, and fetches it", async () => {
  const { url } = await serveModel();
  const data = join(root, "pairs.csv");
  writeFileSync(data, toCsv(tinyPairs()));
  const env = { ...process.env, HF_HOME: home, HF_ENDPOINT: url };
  const out = join(root, "trained");
  const training = ["--train", data, ...TINY_TRAINING, "--epochs", "1", "--out", out];
  const run = (args: readonly string[]) => start(args, { env }).ended;
  expect(await run(["train", "--pretrained", "org/model", ...training])).toMatchObject({ code: 0 });
  expect(readFileSync(join(out, "MODEL_CARD.md"), "utf8")).toContain("weights began as: `model`");
  expect((await run(["fetch", "org/model", "--offline"])).stdout).toBe(`${snapshot()}\n`);
  const wrong = await run([
    "train",
    "--pretrained",
    "org/none",
    "--train",
    data,
    "--out",
    join(root, "none"),
  ]);
  expect(wrong).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('tunebert: "org/none" is neither a folder'),
  });
  await succeed(["predict", "--model", out, "a", "b"]);
});
