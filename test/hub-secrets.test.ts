import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TunebertError } from "../src/error.js";
import { fetchArtifact } from "../src/hub/fetch/fetch-artifact.js";
import { resolveData, resolvePretrained } from "../src/hub/fetch/resolve.js";
import { readText } from "../src/hub/files/files.js";
import { loadModel } from "../src/hub/store/model-folder.js";
import { makeZip } from "./support/archives.js";
import { type Ran, start, temporaryFolder, tunebert } from "./support/command.js";
import { localServer, serve, status } from "./support/http-server.js";
import { TINY_TRAINING, tinyPairs, toCsv, writePretrained } from "./support/tiny.js";

process.umask(0o022);
const root = temporaryFolder();
const given = writePretrained(join(root, "given"));
const files = readdirSync(given).map((name) => ({ name, data: readFileSync(join(given, name)) }));
const model = makeZip(files.map(({ name, data }) => ({ name: `model/${name}`, data })));

/** In every part of an address that may hold one. */
const SECRET = "s3cret";
const secretly = (url: string) =>
  `${url.replace("//", `//user-${SECRET}:pass-${SECRET}@`)}?token=${SECRET}&more=1#fragment-${SECRET}`;

let home: string;
let runs = 0;

beforeEach(() => {
  home = join(root, `home-${runs++}`);
  vi.stubEnv("TUNEBERT_CACHE", join(home, "cache"));
  for (const name of ["TUNEBERT_MIRROR", "TUNEBERT_OFFLINE", "NO_PROXY", "no_proxy"]) vi.stubEnv(name, "");
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "");
});

afterEach(() => vi.unstubAllEnvs());

/** Expects that neither what a command prints nor any file or file name that it leaves holds a secret. */
function expectSecrecy(...ran: Ran[]): void {
  for (const { stdout, stderr } of ran) expect(`${stdout}${stderr}`).not.toContain(SECRET);
  const names = existsSync(home) ? readdirSync(home, { recursive: true, withFileTypes: true }) : [];
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name);
    expect(path).not.toContain(SECRET);
    if (entry.isFile()) expect(readFileSync(path, "latin1").includes(SECRET), path).toBe(false);
  }
}

/** As if a command had ended with this error. */
function said({ message }: Error): Ran {
  return { code: 1, signal: null, stdout: "", stderr: message };
}

describe("fetch shows no secret of an address", () => {
  test("that it fetches, and sends it", async () => {
    const server = await localServer(serve(model));
    const address = secretly(`${server.url}/model.zip`);
    const first = await tunebert(["fetch", address, "--json"]);
    const second = await tunebert(["fetch", address, "--json"]);
    const [fetched, again] = [first, second].map(({ stdout }) => JSON.parse(stdout));
    expect(fetched).toMatchObject({ name: `${server.url}/model.zip`, url: `${server.url}/model.zip` });
    expect(again).toMatchObject({ cached: true });
    const [{ url, headers }] = server.requests as [(typeof server.requests)[0]];
    expect(url).toBe(`/model.zip?token=${SECRET}&more=1`);
    expect(headers.authorization).toMatch(/^Basic /);
    expectSecrecy(first, second);
  });

  test.each<[string, RequestListener, RegExp]>([
    ["is not there", status(404), /answers 404/],
    ["wants another password", status(401), /answers 401/],
    ["redirects to nowhere", status(302), /does not say where to/],
    ["redirects in a circle", status(302, { location: "" }), /does not say where to/],
    ["redirects to what is no web", status(302, { location: "ftp://h/" }), /redirects to ftp:/],
    ["is no archive", serve(Buffer.from("nothing")), /is not an archive/],
    ["is cut off in the archive", serve(model.subarray(0, 2000)), /cannot be unpacked/],
    ["has another hash", serve(model), /has the SHA-1 .*, expected 1{40}/],
  ])("that %s", async (_, answer, message) => {
    const server = await localServer(answer);
    const sha1 = message.source.includes("expected") ? { sha1: "1".repeat(40) } : {};
    const error = await fetchArtifact(secretly(`${server.url}/model.zip`), sha1).catch((error) => error);
    expect(error).toBeInstanceOf(TunebertError);
    expect(error.message).toMatch(message);
    expectSecrecy(said(error));
  });

  test("whose download is cut off, and kept in part", async () => {
    const server = await localServer(serve(model, { etag: '"one"', cutAfter: 1000 }));
    const lines: string[] = [];
    const fetching = fetchArtifact(secretly(`${server.url}/model.zip`), {
      patience: { attempts: 2, firstDelay: 1 },
      onEvent: (event) => lines.push(JSON.stringify(event)),
    });
    const error = await fetching.catch((error) => error);
    expect(error.message).toMatch(/\d000 bytes are kept/);
    expectSecrecy(said(error), said(new Error(lines.join("\n"))));
  });

  test("that other programs speak of", async () => {
    const fetch = (url: string) => Promise.reject(new Error(`no luck with ${url} today`));
    const options = { fetch, patience: { attempts: 1 } };
    const error = await fetchArtifact(secretly("http://h/model.zip"), options).catch((error) => error);
    expect(error.message).toMatch(/no luck with http:\/\/h\/model\.zip today/);
    expectSecrecy(said(error));
  });

  test.each([
    ["port", (address: string) => address.replace(/:\d+\//, ":99999/")],
    ["scheme", (address: string) => address.replace("http:", "ftp:")],
    ["place, without scheme", (address: string) => address.replace("http://", "")],
    ["host", (address: string) => address.replace("127", "[127")],
    ["port 0", (address: string) => address.replace(/:\d+\//, ":0/")],
  ])("with a wrong %s", async (_, spoil) => {
    const wrong = spoil(secretly("http://127.0.0.1:80/model.zip"));
    const errors = await Promise.all(
      [
        fetchArtifact(wrong),
        fetchArtifact("snli", { mirror: wrong }),
        resolveData(wrong, "train"),
        resolvePretrained(wrong),
        loadModel(wrong),
        readText(wrong),
      ].map((work) => work.catch((error) => error)),
    );
    for (const error of errors) expect(error).toBeInstanceOf(TunebertError);
    expectSecrecy(...errors.map(said));
  });

  test("on a command line that is wrong", async () => {
    const wrong = secretly("http://127.0.0.1:99999/model.zip");
    const commands = [
      ["train", "--train", wrong, "--out", join(home, "out")],
      ["inspect", wrong],
      ["fetch", `--shaa=${wrong}`],
      ["train", "--train", "x", "--out", "y", "--epochs", wrong],
    ];
    const all = await Promise.all(commands.map((args) => tunebert(args)));
    expect(all.map(({ code }) => code)).toEqual([1, 1, 2, 2]);
    expectSecrecy(...all);
  });

  test("offline", async () => {
    const ran = await tunebert(["fetch", "bert.small", "--offline", "--mirror", secretly("http://h/")]);
    expect(ran.stderr).toMatch(/put the file from http:\/\/h\/bert\.small\.torch\.zip at/);
    expectSecrecy(ran);
  });

  test.each<[string, (address: string) => string, RegExp]>([
    ["is none", (address) => address.replace("http:", "socks5:"), /HTTP_PROXY is/],
    ["cannot be parsed", (address) => address.replace(/:\d+\?/, ":99999?"), /HTTP_PROXY is/],
    ["holds a lone %", (address) => address.replace("//", "//%"), /HTTP_PROXY is/],
    ["refuses", (address) => address, /the proxy wants a user name/],
  ])("of a proxy that %s", async (_, spoil, message) => {
    const proxy = await localServer(status(407));
    const address = spoil(secretly(proxy.url));
    vi.stubEnv("HTTP_PROXY", address);
    const options = { patience: { attempts: 1, stallTimeout: 5000 } };
    const error = await fetchArtifact("http://example.invalid/x.zip", options).catch((error) => error);
    expect(error).toBeInstanceOf(TunebertError);
    expect(error.message).toMatch(message);
    expectSecrecy(said(error));
  });
});

describe("train shows no secret of an address", () => {
  const csv = Buffer.from(toCsv(tinyPairs()));
  const flags = ["--heads", "2", ...TINY_TRAINING, "--epochs", "1", "--tensorboard"];

  test("in its outputs and files, and goes on with another token", async () => {
    const server = await localServer((request, response) => {
      serve(request.url!.startsWith("/model.zip") ? model : csv)(request, response);
    });
    const pairs = secretly(`${server.url}/pairs.csv`);
    const data = ["--train", pairs, "--validation", pairs, "--test", pairs];
    const out = ["--out", join(home, "out")];
    const run = ["train", ...data, `--pretrained=${secretly(`${server.url}/model.zip`)}`, ...flags, ...out];
    const first = await tunebert(run);
    expect(first.code, first.stderr).toBe(0);
    const card = readFileSync(join(home, "out", "MODEL_CARD.md"), "utf8");
    expect(card).toContain("model.zip");
    const other = run.map((arg) => arg.replace(`token=${SECRET}`, "token=another"));
    const resumed = await tunebert([...other, "--epochs", "2", "--resume"]);
    expect(resumed.code, resumed.stderr).toBe(0);
    expectSecrecy(first, resumed);
  });

  test("in the command to resume with", async () => {
    const server = await localServer(serve(csv));
    const run = ["train", "--train", secretly(`${server.url}/pairs.csv`), "--hidden", "16", "--ffn", "32"];
    const out = join(home, "out");
    const long = [...run, ...TINY_TRAINING, "--epochs", "1000", "--checkpoint-every", "1", "--out", out];
    const { ended, kill } = start(long);
    await expect.poll(() => existsSync(join(out, "checkpoints")), { timeout: 20_000 }).toBe(true);
    await expect
      .poll(() => readdirSync(join(out, "checkpoints")).length, { timeout: 20_000 })
      .toBeGreaterThan(1);
    kill("SIGTERM");
    const stopped = await ended;
    expect(stopped.stderr).toContain(`--train ${server.url}/pairs.csv --hidden 16`);
    expect(stopped.stderr).toMatch(/--resume\n {2}\(with the addresses as they were/);
    expectSecrecy(stopped);
  });

  test("in what is wrong with the data", async () => {
    const wrong = Buffer.from("premise,hypothesis,label\na,b,yes\nc,d,yes\n");
    const server = await localServer(serve(wrong));
    const address = secretly(`${server.url}/pairs.csv`);
    const files = join(home, "none.csv");
    const runs = [
      ["train", "--train", address, "--out", join(home, "out")],
      ["train", "--train", files, "--pretrained", address, "--out", join(home, "other")],
    ];
    const ran = await Promise.all(runs.map((args) => tunebert(args)));
    expect(ran[0]!.stderr).toMatch(/every example has the label yes/);
    expect(ran[1]!.stderr).toMatch(/is a single file/);
    expectSecrecy(...ran);
  });
});
