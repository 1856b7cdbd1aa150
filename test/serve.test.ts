/** The server as callers see it: what it answers, what it refuses, and how it ends. */
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BertClassifier } from "../src/bert/bert-classifier.js";
import type { Answers } from "../src/data/answers.js";
import { loadModel, prepareModelFolder, saveWeights } from "../src/hub/store/model-folder.js";
import { Predictor } from "../src/predict/predictor.js";
import { Random } from "../src/random.js";
import type { RunningServer, ServeOptions } from "../src/serve/serve.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";
import { fail, readJsonLines, type Started, start, temporaryFolder } from "./support/command.js";

/** The built one: what it sends to a browser is what a compiler has made of it. */
const BUILT = new URL("../dist/serve/serve.js", import.meta.url).href;
const root = temporaryFolder();
const JSON_HEADERS = { "content-type": "application/json" };
const PAIR = { text: "a dog runs", textPair: "an animal moves" };

async function saveModel(name: string, answers: Answers, texts: 1 | 2, seed = 1): Promise<string> {
  const folder = join(root, name);
  const vocabulary = Vocabulary.build(
    [
      ["a", 1],
      ["dog", 1],
      ["runs", 1],
      ["an", 1],
      ["animal", 1],
      ["moves", 1],
    ],
    1,
  );
  const sizes = { hidden: 16, ffn: 16, heads: 2, blocks: 1, maxPositions: 64 };
  const config = { ...sizes, vocabularySize: vocabulary.size };
  const model = BertClassifier.fromScratch(config, answers, new Random(seed));
  const saved = { model, tokenizer: new WordTokenizer(vocabulary), maxLength: 32, texts };
  await prepareModelFolder(folder, saved, { overwrite: true });
  await saveWeights(folder, model);
  return folder;
}

async function started(options: ServeOptions): Promise<RunningServer> {
  const { serve }: typeof import("../src/serve/serve.js") = await import(BUILT);
  return serve({ port: 0, threads: 1, ...options });
}

async function ask(server: Pick<RunningServer, "url">, body: unknown, path = "/predict") {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(server.url + path, { method: "POST", headers: JSON_HEADERS, body: text });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** What is sent and received without a library between. */
async function exchange(url: string, text: string): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.end(text);
  let received = "";
  for await (const piece of socket) received += piece;
  return received;
}

describe("a model of pairs", () => {
  let server: RunningServer;
  let folder: string;
  beforeAll(async () => {
    folder = await saveModel("pairs", ["yes", "no", "maybe"], 2);
    server = await started({ model: folder, maxExamples: 40, maxBody: 10_000, maxCharacters: 500 });
  });
  afterAll(() => server.close());

  test("answers as a predictor does, one and many, whoever else asks", async () => {
    const questions = Array.from({ length: 30 }, (_, i) => ({ ...PAIR, textPair: "animal ".repeat(i + 1) }));
    const predictor = await Predictor.start(await loadModel(folder));
    const expected = await predictor.predict(questions);
    await predictor.close();
    const [all, ...each] = await Promise.all([
      ask(server, questions),
      ...questions.map((one) => ask(server, one)),
    ]);
    expect(all.status).toBe(200);
    expected.forEach(({ label, probabilities }, i) => {
      for (const body of [all.body[i], each[i]!.body]) {
        expect(body.label).toBe(label);
        for (const { label: name, probability } of probabilities) {
          expect(body.probabilities[name]).toBeCloseTo(probability, 5);
        }
      }
    });
  });

  test("understands text-embeddings-inference's form", async () => {
    const { body: own } = await ask(server, PAIR);
    const { body } = await ask(server, { inputs: [PAIR.text, PAIR.textPair] });
    expect(body.map(({ score }: { score: number }) => score)).toEqual(
      Object.values<number>(own.probabilities).sort((a, b) => b - a),
    );
    expect(body[0].label).toBe(own.label);
    const { body: many } = await ask(server, { inputs: [[PAIR.text, PAIR.textPair]], raw_scores: true });
    const scores = many[0].map(({ score }: { score: number }) => Math.exp(score));
    const sum = scores.reduce((a: number, b: number) => a + b);
    expect(scores[0] / sum).toBeCloseTo(body[0].score, 5);
    const long = ["dog ".repeat(100), "a"];
    expect(await ask(server, { inputs: long })).toMatchObject({
      status: 413,
      body: { error: expect.stringContaining("more than 32 tokens"), error_type: "Validation" },
    });
    expect((await ask(server, { inputs: long, truncate: true })).status).toBe(200);
  });

  test("tells how much each token matters", async () => {
    const { body } = await ask(server, PAIR, "/explain");
    const { body: answer } = await ask(server, PAIR);
    expect(body.label).toBe(answer.label);
    expect(body.score).toBeCloseTo(answer.probabilities[answer.label], 5);
    expect(body.tokens.map(({ token }: { token: string }) => token)).toEqual([
      " a",
      " dog",
      " runs",
      " an",
      " animal",
      " moves",
    ]);
    expect(body.tokens.map(({ text }: { text: number }) => text)).toEqual([1, 1, 1, 2, 2, 2]);
    expect(body.tokens.some(({ importance }: { importance: number }) => importance !== 0)).toBe(true);
  });

  test.each([
    ["another method", "GET", "/predict", JSON_HEADERS, undefined, 405],
    ["nowhere", "GET", "/nothing", {}, undefined, 404],
    ["a form", "POST", "/predict", { "content-type": "application/x-www-form-urlencoded" }, "text=a", 415],
    ["text", "POST", "/predict", { "content-type": "text/plain" }, JSON.stringify(PAIR), 415],
    ["half a body", "POST", "/predict", JSON_HEADERS, '{"text":', 400],
    ["what is not UTF-8", "POST", "/predict", JSON_HEADERS, new Uint8Array([0x22, 0xff, 0x22]), 400],
    ["too many bytes", "POST", "/predict", JSON_HEADERS, `"${"a".repeat(10_000)}"`, 413],
    ["too many examples", "POST", "/predict", JSON_HEADERS, JSON.stringify(Array(41).fill(PAIR)), 413],
    [
      "too long a text",
      "POST",
      "/predict",
      JSON_HEADERS,
      JSON.stringify({ ...PAIR, text: "a".repeat(501) }),
      413,
    ],
    ["one text", "POST", "/explain", JSON_HEADERS, JSON.stringify({ text: "a" }), 400],
  ])("refuses %s", async (_, method, path, headers, body, status) => {
    const response = await fetch(server.url + path, { method, headers, ...(body !== undefined && { body }) });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String), error_type: "Validation" });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("is not another server", async () => {
    const request = (host: string) => `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect(await exchange(server.url, request("evil.example"))).toMatch(/^HTTP\/1.1 403 /);
    expect(await exchange(server.url, request("localhost:1"))).toMatch(/^HTTP\/1.1 200 /);
    expect(await exchange(server.url, request("10.1.2.3"))).toMatch(/^HTTP\/1.1 200 /);
    expect(await exchange(server.url, "GET /health HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 40[03] /);
  });

  test("has a page that loads nothing from elsewhere", async () => {
    const page = await fetch(server.url);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    const html = await page.text();
    expect(html).not.toMatch(/https?:|style=|<script>|onclick/);
    for (const [, path] of html.matchAll(/(?:href|src)="(\/[^"]+)"/g)) {
      expect((await fetch(server.url + path)).status, path).toBe(200);
    }
    const script = await (await fetch(`${server.url}/page.js`)).text();
    expect(script).not.toMatch(/^import |innerHTML|https?:/m);
    expect(await (await fetch(`${server.url}/model`)).json()).toEqual({
      ...{ name: "pairs", task: "classification", labels: ["yes", "no", "maybe"], texts: 2, maxLength: 32 },
    });
  });

  test("is described, and counted", async () => {
    const { paths, components } = await (await fetch(`${server.url}/openapi.json`)).json();
    expect(Object.keys(paths)).toEqual(["/predict", "/explain", "/model", "/health", "/metrics"]);
    const references = JSON.stringify(paths).matchAll(/#\/components\/schemas\/(\w+)/g);
    for (const [, name] of references) expect(components.schemas).toHaveProperty(name!);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/tunebert_request_duration_seconds_count\{route="\/predict",status="200"\} \d+/);
    expect(metrics).toMatch(/tunebert_batch_examples_count \d+/);
    expect(metrics).toContain("tunebert_queue_examples 0");
  });

  test("takes over a model that has changed, and keeps its own where that is broken", async () => {
    const before = await ask(server, PAIR);
    await saveModel("pairs", ["yes", "no", "maybe"], 2, 2);
    const asked = Promise.all(Array.from({ length: 50 }, () => ask(server, PAIR)));
    await server.reload();
    expect((await asked).map(({ status }) => status)).toEqual(Array(50).fill(200));
    const body = JSON.stringify(PAIR);
    const head = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    const slow = connect(Number(new URL(server.url).port), "127.0.0.1");
    slow.write(head + body.slice(0, 10));
    await setTimeout(50);
    await server.reload();
    slow.write(body.slice(10));
    let received = "";
    for await (const piece of slow) received += piece;
    expect(received).toMatch(/^HTTP\/1.1 200 /);
    const after = await ask(server, PAIR);
    expect(after.body).not.toEqual(before.body);
    const weights = join(folder, "model.safetensors");
    cpSync(weights, `${weights}.kept`);
    rmSync(weights);
    await expect(server.reload()).rejects.toThrow("model.safetensors");
    expect(await ask(server, PAIR)).toMatchObject({ status: 200, body: after.body });
    cpSync(`${weights}.kept`, weights);
    await server.reload();
  });
});

test("models of any labels and of numbers answer in their way", async () => {
  const topics = await started({ model: await saveModel("topics", { anyOf: ["a", "b"] }, 1) });
  const number = await started({ model: await saveModel("number", "number", 1), quantized: true });
  const text = { text: "a dog" };
  try {
    const { body } = await ask(topics, text);
    expect(body).toEqual({
      labels: expect.any(Array),
      probabilities: { a: expect.any(Number), b: expect.any(Number) },
    });
    const expected = Object.entries<number>(body.probabilities).sort(([, a], [, b]) => b - a);
    expect((await ask(topics, { inputs: "a dog" })).body).toEqual(
      expected.map(([label, score]) => ({ score, label })),
    );
    expect((await ask(topics, text, "/explain")).body.tokens).toHaveLength(2);
    const guess = (await ask(number, text)).body;
    expect(guess).toEqual({ number: expect.any(Number) });
    expect((await ask(number, { inputs: ["a dog"] })).body).toEqual([
      [{ score: guess.number, label: "LABEL_0" }],
    ]);
    expect((await ask(number, text, "/explain")).body.label).toBeUndefined();
  } finally {
    await Promise.all([topics.close(), number.close()]);
  }
});

test("a key is asked for everywhere but at the page and for its health", async () => {
  const server = await started({ model: await saveModel("locked", ["yes", "no"], 1), apiKey: "secret" });
  try {
    for (const path of ["/", "/page.js", "/health"])
      expect((await fetch(server.url + path)).status, path).toBe(200);
    for (const path of ["/metrics", "/openapi.json", "/model", "/predict", "/nothing"]) {
      const response = await fetch(server.url + path);
      expect([response.status, response.headers.get("www-authenticate")], path).toEqual([401, "Bearer"]);
    }
    expect((await ask(server, { text: "a" })).status).toBe(401);
    const headers = { ...JSON_HEADERS, authorization: "Bearer secret" };
    const body = JSON.stringify({ text: "a" });
    expect((await fetch(`${server.url}/predict`, { method: "POST", headers, body })).status).toBe(200);
  } finally {
    await server.close();
  }
});

test("where too many wait, the rest is told when to come back, and health answers", async () => {
  const folder = await saveModel("busy", ["yes", "no"], 1);
  const logged: object[] = [];
  const server = await started({ model: folder, maxQueue: 40, onRequest: (request) => logged.push(request) });
  try {
    const body = Array.from({ length: 20 }, () => ({ text: "dog ".repeat(200) }));
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(server, body)));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.headers.get("retry-after")).toBe("1");
    expect(refused[0]!.body).toEqual({
      error: expect.stringContaining("come back"),
      error_type: "Overloaded",
    });
    expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(30);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect(logged).toHaveLength(31);
    expect(JSON.stringify(logged)).not.toContain("dog");
  } finally {
    await server.close();
  }
});

test("a head or a body that does not come is not waited for", async () => {
  const server = await started({ model: join(root, "busy"), timeout: 1 });
  try {
    const head =
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n";
    const { port } = new URL(server.url);
    for (const text of [head, `${head}\r\n{"text"`]) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.write(text);
      let received = "";
      for await (const piece of socket) received += piece;
      expect(received).toMatch(/^HTTP\/1.1 408 /);
    }
  } finally {
    await server.close();
  }
});

describe("the command", () => {
  const running: Started[] = [];
  afterAll(() => {
    for (const one of running) one.kill("SIGKILL");
  });

  async function serving(...args: string[]): Promise<Started & { readonly url: string }> {
    const one = start(["serve", "--model", join(root, "busy"), "--port", "0", "--threads", "1", ...args]);
    running.push(one);
    for (;;) {
      const [, url] = /served at (\S+)/.exec(one.stderr()) ?? [];
      if (url !== undefined) return { ...one, url };
      await setTimeout(20);
    }
  }

  test("answers what it has accepted before it ends, and writes no text into its log", async () => {
    const server = await serving("--quantized", "--max-wait", "300");
    const asked = ask(server, { text: "a secret dog" });
    await setTimeout(100);
    server.kill("SIGTERM");
    expect((await asked).status).toBe(200);
    const { code, stdout, stderr } = await server.ended;
    expect([code, stderr.split("\n").at(-2)]).toEqual([0, "every request has been answered"]);
    expect(readJsonLines(stdout)).toEqual([
      {
        ...{ time: expect.any(String), method: "POST", path: "/predict", status: 200 },
        ...{ milliseconds: expect.any(Number), examples: 1 },
      },
    ]);
    expect(stdout).not.toContain("secret");
  });

  test("reads the folder again when it is hung up on", async () => {
    const server = await serving();
    const before = await ask(server, { text: "a dog" });
    await saveModel("busy", ["yes", "no"], 1, 9);
    server.kill("SIGHUP");
    for (let i = 0; i < 200 && !server.stderr().includes("read again"); i++) await setTimeout(20);
    expect((await ask(server, { text: "a dog" })).body).not.toEqual(before.body);
    server.kill("SIGINT");
    expect((await server.ended).code).toBe(0);
  });

  test("is unwell where its model answers no more", async () => {
    const folder = await saveModel("dying", ["yes", "no"], 1);
    // A thread that dies with the first question of a caller.
    const preload = join(root, "dying.mjs");
    writeFileSync(
      preload,
      `import { Worker } from "node:worker_threads";
       const { postMessage } = Worker.prototype;
       let asked = 0;
       Worker.prototype.postMessage = function (request) {
         if (request.kind === "infer" && ++asked > 1) this.terminate();
         else postMessage.call(this, request);
       };`,
    );
    const env = { ...process.env, NODE_OPTIONS: `--import ${pathToFileURL(preload).href}` };
    const one = start(["serve", "--model", folder, "--port", "0", "--threads", "1"], { env });
    running.push(one);
    const [, url] = await vi.waitFor(() => /served at (\S+)/.exec(one.stderr()) ?? expect.fail(), 20_000);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await ask({ url: url! }, { text: "a dog" })).toMatchObject({
      status: 500,
      body: { error: expect.stringContaining("a worker thread failed"), error_type: "Backend" },
    });
    const health = await fetch(`${url}/health`);
    expect([health.status, (await health.json()).error_type]).toEqual([503, "Unhealthy"]);
    one.kill("SIGTERM");
    await one.ended;
  });

  test("says what it cannot have", async () => {
    const server = await serving();
    const { port } = new URL(server.url);
    const again = ["serve", "--model", join(root, "busy"), "--port", port, "--threads", "1"];
    expect(await fail(again)).toBe(
      `cannot listen on 127.0.0.1:${port}: something else listens there already; choose another --port`,
    );
    expect(await fail(["serve", "--model", join(root, "none"), "--port", "0"])).toContain("none");
    server.kill("SIGTERM");
    await server.ended;
  });
});
