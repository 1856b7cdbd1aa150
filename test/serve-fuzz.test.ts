/** Requests that are none: whatever comes, the server refuses it, goes on, and keeps nothing of it. FUZZ_RUNS says how many. */
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import { prepareModelFolder, saveWeights } from "../src/hub/store/model-folder.js";
import { Random } from "../src/random.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";
import { temporaryFolder } from "./support/command.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 600);
const ABREAST = 16;
const BUILT = new URL("../dist/serve/serve.js", import.meta.url).href;
const root = temporaryFolder();

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!;

/** JSON of the wrong kind, at every depth. */
function oddValue(random: Random, depth = 0): unknown {
  const deeper = () => oddValue(random, depth + 1);
  const makers: readonly (() => unknown)[] = [
    () => null,
    () => random.below(2) === 0,
    () => (random.below(1000) - 500) * 10 ** random.below(300),
    () => "dog ".repeat(random.below(300)),
    () => "\ud800\u0000\u202e",
    () => Array.from({ length: random.below(20) }, deeper),
    () =>
      Object.fromEntries(
        [
          ["text", deeper()],
          ["textPair", deeper()],
          ["inputs", deeper()],
        ].slice(random.below(3)),
      ),
    () => ({ inputs: deeper(), raw_scores: deeper(), truncate: deeper() }),
    () => ({ ["__proto__"]: deeper(), constructor: deeper(), text: "a", toString: deeper() }),
  ];
  return makers[random.below(depth > 4 ? 5 : makers.length)]!();
}

/** A body and what is wrong with it. */
function oddBody(random: Random): Buffer {
  const good = Buffer.from(JSON.stringify([{ text: "a dog runs", textPair: "an animal moves" }]));
  const bodies: readonly (() => Buffer)[] = [
    () => Buffer.from(JSON.stringify(oddValue(random))),
    () => good.subarray(0, random.below(good.length)),
    () => Buffer.from(Array.from(good, (byte) => (random.below(10) === 0 ? random.below(256) : byte))),
    () => Buffer.from("[".repeat(random.below(50_000))),
    () => Buffer.from(`${'{"text":'.repeat(5000)}1${"}".repeat(5000)}`),
    () => Buffer.from(JSON.stringify(Array(random.below(2000)).fill({ text: "a" }))),
    () => Buffer.from(JSON.stringify({ inputs: Array(random.below(2000)).fill("a") })),
    () => Buffer.from(JSON.stringify({ text: "x".repeat(random.below(80_000)) })),
    () => Buffer.alloc(random.below(200), random.below(256)),
  ];
  return pick(random, bodies)();
}

/** The bytes of a request, and whether its sender goes before it is answered. */
function oddRequest(random: Random): { readonly bytes: Buffer; readonly leaves: boolean } {
  const body = oddBody(random);
  const method = pick(random, ["POST", "POST", "POST", "POST", "PUT", "GET", "DELETE", "OPTIONS", "BREW"]);
  const path = pick(random, [
    "/predict",
    "/predict",
    "/explain",
    "/",
    "/../../etc/passwd",
    "/%00",
    "//",
    "/predict?a=[",
    "*",
  ]);
  const host = pick(random, [
    "localhost",
    "localhost",
    "127.0.0.1",
    "evil.example",
    "",
    "a b",
    "[",
    "x".repeat(5000),
  ]);
  const type = pick(random, [
    "application/json",
    "application/json",
    "text/plain",
    "application/json; charset=\ud800",
    "",
  ]);
  const length = pick(random, [
    body.length,
    body.length,
    body.length,
    0,
    body.length + 10,
    -1,
    1e18,
    Number.NaN,
  ]);
  const chunked = random.below(8) === 0;
  const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`;
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\n${framing}\r\nConnection: close\r\n\r\n`;
  const sent = chunked
    ? Buffer.concat([
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from(pick(random, ["\r\n0\r\n\r\n", "", "zz"])),
      ])
    : body;
  const bytes = Buffer.concat([Buffer.from(head), sent]);
  return {
    bytes: random.below(10) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes,
    leaves: random.below(6) === 0,
  };
}

/** Sends it, in two parts, and returns what comes before the connection ends. */
async function send(
  port: number,
  { bytes, leaves }: ReturnType<typeof oddRequest>,
  cut: number,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket
    .on("error", () => {})
    .setEncoding("latin1")
    .on("data", (text) => {
      received += text;
    });
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.write(bytes.subarray(0, cut));
  if (leaves) setImmediate(() => socket.destroy());
  else setImmediate(() => socket.end(bytes.subarray(cut)));
  await closed;
  return received;
}

test("whatever is sent, the server refuses it and goes on", { timeout: 60_000 + RUNS * 20 }, async () => {
  const folder = join(root, "model");
  const vocabulary = Vocabulary.build(
    [
      ["a", 1],
      ["dog", 1],
      ["runs", 1],
    ],
    1,
  );
  const sizes = {
    hidden: 16,
    ffn: 16,
    heads: 2,
    blocks: 1,
    maxPositions: 32,
    vocabularySize: vocabulary.size,
  };
  const model = BertClassifier.fromScratch(sizes, ["yes", "no"], new Random(1));
  const saved = { model, tokenizer: new WordTokenizer(vocabulary), maxLength: 32, texts: 1 as const };
  await prepareModelFolder(folder, saved, { overwrite: true });
  await saveWeights(folder, model);
  const { serve }: typeof import("../src/serve/serve.js") = await import(BUILT);
  const failures: (string | undefined)[] = [];
  const server = await serve({
    ...{ model: folder, port: 0, threads: 1, maxBody: 60_000, maxCharacters: 50_000, timeout: 5 },
    onRequest: ({ error }) => {
      if (error !== undefined) failures.push(error);
    },
  });
  const port = Number(new URL(server.url).port);
  const random = new Random(Number(process.env.FUZZ_SEED ?? 1));
  const statuses = new Map<string, number>();
  let left = RUNS;
  const work = async () => {
    while (left-- > 0) {
      const request = oddRequest(random);
      const [status = "none"] =
        /^HTTP\/1\.1 (\d+)/
          .exec(await send(port, request, random.below(request.bytes.length + 1)))
          ?.slice(1) ?? [];
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, work));
  const headers = { "content-type": "application/json" };
  const good = await fetch(`${server.url}/predict`, {
    method: "POST",
    headers,
    body: '{"text":"a dog runs"}',
  });
  expect(await good.json()).toEqual({ label: expect.any(String), probabilities: expect.any(Object) });
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain("tunebert_queue_examples 0");
  await server.close();
  expect(failures).toEqual([]);
  expect([...statuses.keys()].filter((status) => status.startsWith("5"))).toEqual([]);
  expect(statuses.get("400")).toBeGreaterThan(RUNS / 20);
  if (process.env.FUZZ_RUNS) console.log(Object.fromEntries(statuses), process.memoryUsage.rss());
});
