import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeZip } from "./support/archives.js";
import { temporaryFolder } from "./support/command.js";
import { localServer, serve } from "./support/http-server.js";

process.umask(0o022);
const root = temporaryFolder();
const STALE_AFTER = 400;

/** Random bytes, so that a piece in a wrong place cannot go unnoticed. */
const content = Array.from({ length: 40_000 }, (_, i) =>
  createHash("sha1").update(`${i}`).digest("hex"),
).join("");
const archive = makeZip([{ name: "d/content", data: content, stored: true }]);
const half = Math.floor(archive.length / 2);

/** Fetches in a process of its own, and prints each event and at the end the result as a line of JSON. */
function fetcher(url: string, cache: string, sha1: string | undefined) {
  const script = `
    import { fetchArtifact } from ${JSON.stringify(new URL("../dist/hub/fetch/fetch-artifact.js", import.meta.url).href)};
    const say = (line) => process.stdout.write(JSON.stringify(line) + "\\n");
    const [url, cache, sha1] = process.argv.slice(1);
    const lock = { staleAfter: ${STALE_AFTER}, poll: 20 };
    const patience = { firstDelay: 10 };
    say(await fetchArtifact(url, { cache, lock, patience, onEvent: say, ...(sha1 && { sha1 }) }));`;
  const args = ["--input-type=module", "--eval", script, url, cache, ...(sha1 ? [sha1] : [])];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "pipe"],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  let out = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const lines = () =>
    out
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const ended = once(child, "close").then(([code]) => {
    expect(code, errors).toBe(0);
    return lines();
  });
  return { child, lines, ended };
}

/** Stops a process as closing a laptop does, until it is told to go on. */
async function suspend({ pid }: ChildProcess): Promise<() => void> {
  process.kill(pid!, "SIGSTOP");
  await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]![0]).toBe("T");
  return () => process.kill(pid!, "SIGCONT");
}

/** Sends half of the archive to each who asks, and the rest when that is wanted. */
async function haltingServer() {
  const waiting: ServerResponse[] = [];
  const server = await localServer((_, response) => {
    response.writeHead(200, { "content-length": archive.length, etag: '"one"' });
    response.write(archive.subarray(0, half));
    waiting.push(response);
  });
  const finish = (number: number) => waiting[number]!.end(archive.subarray(half));
  return { ...server, waiting, finish };
}

/** Expects the whole archive, what it holds, and no trace of how they came. */
function expectWhole(cache: string): void {
  const place = join(cache, readdirSync(cache)[0]!);
  expect(readdirSync(place).sort()).toEqual(["download", "files", "files.json"]);
  expect(readdirSync(join(place, "download")).sort()).toEqual(["model.zip", "model.zip.verified"]);
  expect(archive.equals(readFileSync(join(place, "download", "model.zip")))).toBe(true);
  const { sha1 } = JSON.parse(readFileSync(join(place, "download", "model.zip.verified"), "utf8"));
  expect(sha1).toBe(createHash("sha1").update(archive).digest("hex"));
  expect(readFileSync(join(place, "files", "d", "content"), "utf8")).toBe(content);
}

const named = (lines: { event?: string; received?: number }[], event: string) =>
  lines.filter((line) => line.event === event);

/** Processes can be looked into where there is /proc, and there is no SIGSTOP on Windows. */
const canSuspend = existsSync("/proc/self/stat");

test.runIf(canSuspend).each([
  ["before the other is done", undefined, ["wake", "finish"]],
  ["after the other is done", undefined, ["finish", "wake"]],
  [
    "before the other is done, the hash known",
    createHash("sha1").update(archive).digest("hex"),
    ["wake", "finish"],
  ],
])("a process that was suspended and wakes %s uses what the other fetched", async (name, sha1, order) => {
  const cache = join(root, name.replaceAll(/\W/g, "-"));
  const server = await haltingServer();
  const sleeper = fetcher(`${server.url}/model.zip`, cache, sha1);
  await expect.poll(() => named(sleeper.lines(), "bytes").at(-1)?.received, { timeout: 10_000 }).toBe(half);
  const wake = await suspend(sleeper.child);
  const other = fetcher(`${server.url}/model.zip`, cache, sha1);
  await expect.poll(() => server.waiting.length, { timeout: 10_000 }).toBe(2);
  for (const what of order) {
    if (what === "finish") {
      server.finish(1);
      await expect.poll(() => named(other.lines(), "unpack").length, { timeout: 10_000 }).toBe(1);
      if (order[0] === "finish") await other.ended;
    } else {
      // The rest of what the sleeper had asked for comes as well.
      server.finish(0);
      wake();
      await sleep(100);
    }
  }
  const [slept, fetched] = await Promise.all([sleeper.ended, other.ended]);
  expect(fetched.at(-1)).toMatchObject({ cached: false });
  expect(slept.at(-1)).toMatchObject({ cached: true, path: fetched.at(-1).path });
  expect(named(slept, "takeover")).toHaveLength(1);
  expect(named(fetched, "takeover")).toEqual([]);
  expect(server.requests).toHaveLength(2);
  expectWhole(cache);
});

test.runIf(canSuspend)(
  "what a process has fetched in part that is suspended is left alone, that of a dead one is not",
  async () => {
    const cache = join(root, "dead");
    const server = await localServer(
      serve(archive, { etag: '"one"', stallAfter: half }),
      serve(archive, { etag: '"one"', stallAfter: half }),
      serve(archive, { etag: '"one"' }),
    );
    const first = fetcher(`${server.url}/model.zip`, cache, undefined);
    first.ended.catch(() => {});
    await expect.poll(() => named(first.lines(), "bytes").at(-1)?.received, { timeout: 10_000 }).toBe(half);
    await suspend(first.child);
    const second = fetcher(`${server.url}/model.zip`, cache, undefined);
    second.ended.catch(() => {});
    await expect.poll(() => named(second.lines(), "bytes").at(-1)?.received, { timeout: 10_000 }).toBe(half);
    for (const { child } of [first, second]) {
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    }
    await fetcher(`${server.url}/model.zip`, cache, undefined).ended;
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      undefined,
      `bytes=${half}-`,
    ]);
    expectWhole(cache);
  },
);
