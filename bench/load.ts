/**
 * Asks a server of pairs of texts as many clients do, each one request after the other, and tells how many are answered in a second
 * and how long they take.
 *
 *   node dist-bench/bench/load.js --url http://127.0.0.1:8080/predict --data snli_1.0_dev.txt [--clients 1 16 256] [--seconds 8]
 *
 * The body is { text, textPair }; with --rate it does not wait for answers but asks so many times a second, and once a second for
 * the server's health. Servers to compare with: bench/load-peer.py, bench/load-peer.mjs.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus } from "node:os";
import { setTimeout } from "node:timers/promises";
import { Command } from "commander";

interface Answered {
  readonly status: number;
  readonly milliseconds: number;
}

const { url, data, clients, seconds, rate } = new Command()
  .requiredOption("--url <url>")
  .requiredOption("--data <file>", "in SNLI's layout")
  .option("--clients <n...>", "at a time", ["1", "16", "256"])
  .option("--seconds <n>", "for each number of clients", "8")
  .option("--rate <n>", "requests a second, whatever becomes of them")
  .parse()
  .opts<{ url: string; data: string; clients: string[]; seconds: string; rate?: string }>();

const bodies = readFileSync(data, "utf8")
  .split("\n")
  .slice(1, 2001)
  .map((line) => line.split("\t"))
  .filter((cells) => cells.length > 6)
  .map((cells) => JSON.stringify({ text: cells[5], textPair: cells[6] }));
const agent = new Agent({ keepAlive: true, maxSockets: 2048 });
let next = 0;

console.log(`${cpus()[0]?.model.trim()}, Node ${process.version}, ${new Date().toISOString()}, ${url}`);
if (rate === undefined) for (const count of clients) await steady(Number(count), Number(seconds));
else await flood(Number(rate), Number(seconds));
agent.destroy();

/** So many clients, each of which asks again once it is answered. */
async function steady(count: number, duration: number): Promise<void> {
  const answers: Answered[] = [];
  const work = async (until: number, kept: Answered[]) => {
    while (performance.now() < until) kept.push(await ask());
  };
  const all = (until: number, kept: Answered[]) =>
    Promise.all(Array.from({ length: count }, () => work(until, kept)));
  await all(performance.now() + 1000, []);
  const started = performance.now();
  await all(started + 1000 * duration, answers);
  const elapsed = (performance.now() - started) / 1000;
  console.log(
    `${String(count).padStart(4)} clients: ${(answers.length / elapsed).toFixed(1)} requests/s, ${times(answers)}`,
  );
}

/** So many requests a second, whether or not they are answered; and the server's health beside them. */
async function flood(perSecond: number, duration: number): Promise<void> {
  const answers: Promise<Answered>[] = [];
  const health: Promise<Answered>[] = [];
  const started = performance.now();
  for (let tick = 0; tick < 50 * duration; tick++) {
    for (let i = 0; i < perSecond / 50; i++)
      answers.push(ask().catch(() => ({ status: 0, milliseconds: 0 })));
    if (tick % 50 === 25) health.push(ask(new URL("/health", url).href));
    await setTimeout(Math.max(0, started + 20 * (tick + 1) - performance.now()));
  }
  const all = await Promise.all(answers);
  for (const status of new Set(all.map((answer) => answer.status))) {
    const those = all.filter((answer) => answer.status === status);
    console.log(`${status === 0 ? "not answered" : status}: ${those.length}, ${times(those)}`);
  }
  console.log(`health: ${times(await Promise.all(health))}`);
}

function ask(of = url): Promise<Answered> {
  const started = performance.now();
  const body = of === url ? bodies[next++ % bodies.length]! : undefined;
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const headers =
      body === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    request(of, { method, headers, agent }, (response) => {
      response
        .resume()
        .on("end", () =>
          resolve({ status: response.statusCode ?? 0, milliseconds: performance.now() - started }),
        );
    })
      .on("error", reject)
      .end(body);
  });
}

function times(answers: readonly Answered[]): string {
  const sorted = answers.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  const failed = answers.filter(({ status }) => status !== 200).length;
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms${failed > 0 ? `, ${failed} not 200` : ""}`;
}
