// Kills training with SIGKILL at random moments, resumes it to the end, and compares what it leaves, byte for byte, with
// a run that never stopped. The moments take turns: during steps, while a checkpoint is written, at the end of an epoch.
//
//   npm run build && node tools/kill-and-resume.js --kills 30 --threads 1
//
// --seed N chooses other moments. Takes about ten seconds a kill, trains on the sample pairs of `tunebert demo`, and
// exits with 1 if anything differs.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

const COMMAND = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "30" },
    threads: { type: "string", default: "1" },
    seed: { type: "string", default: "0" },
  },
});
const EPOCHS = 3;
const STEPS_PER_EPOCH = 30;
const EVERY = 11;
/** So large a table that writing a checkpoint, of 34 MB, takes a while. */
const SETTINGS =
  `--hidden 128 --ffn 256 --heads 4 --blocks 1 --vocab-size 20000 --min-frequency 1 --max-length 32
  --limit ${64 * STEPS_PER_EPOCH} --batch-size 64 --epochs ${EPOCHS} --checkpoint-every ${EVERY}`.split(
    /\s+/,
  );
const KINDS = ["step", "checkpoint", "epoch"];

const folder = mkdtempSync(join(tmpdir(), "tunebert-kill-"));
const generator = xoroshiro128plus(Number(values.seed));
for (let i = 0; i < 32; i++) generator.next();
const below = (bound) => (generator.next() >>> 0) % bound;

let failures = 0;
const counts = new Map();
try {
  spawnSync(process.execPath, [COMMAND, "demo", "--pairs", join(folder, "pairs")]);
  await finish(start("whole"));
  for (let i = 0; i < Number(values.kills); i++) await killOne(KINDS[i % KINDS.length], `run-${i + 1}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const caught = [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
console.log(`${values.kills} kills on ${values.threads} threads (${caught}): ${failures} runs differ`);
process.exitCode = failures > 0 ? 1 : 0;

async function killOne(kind, out) {
  const child = start(out);
  await moment(kind, out);
  child.kill("SIGKILL");
  await child.ended;
  const caught = whereKilled(out);
  counts.set(caught, (counts.get(caught) ?? 0) + 1);
  const hasCheckpoint = checkpoints(out).some((name) => name.endsWith(".safetensors"));
  const { stderr } = await finish(hasCheckpoint ? start(out, "--resume") : start(out));
  const from = /resuming at step (\d+)/.exec(stderr)?.[1] ?? "none";
  const differences = differencesOf(out);
  if (differences.length > 0) failures++;
  console.log(
    `${out}: killed ${caught}, resumed from step ${from}: ${differences.length > 0 ? `DIFFERS in ${differences.join(", ")}` : "the same bytes"}`,
  );
  rmSync(join(folder, out), { recursive: true });
}

/** Waits for a random moment of a kind. */
async function moment(kind, out) {
  if (kind === "step") {
    const step = 1 + below(EPOCHS * STEPS_PER_EPOCH - 1);
    await until(() => stepsTaken(out) >= step && !isWriting(out), out);
    await sleep(below(10));
  } else if (kind === "checkpoint") {
    const step = below(EPOCHS * STEPS_PER_EPOCH - EVERY);
    await until(() => stepsTaken(out) >= step && isWriting(out), out);
    await sleep(below(20));
  } else {
    const step = STEPS_PER_EPOCH * (1 + below(EPOCHS));
    await until(() => stepsTaken(out) >= step, out);
    await sleep(below(100));
  }
}

/** What the process was at, as far as its files tell. */
function whereKilled(out) {
  if (readdirSync(join(folder, out)).some((name) => name.endsWith(".tmp"))) return "while writing weights";
  if (isWriting(out)) return "while writing a checkpoint";
  const last = metrics(out).at(-1);
  if (last?.event === "step" && last.step % STEPS_PER_EPOCH === 0) return "while measuring accuracy";
  if (last?.event === "epoch") return "after an epoch";
  return last?.event === "done" ? "while finishing" : "during steps";
}

function differencesOf(out) {
  const files = ["model.safetensors", "config.json", "vocab.json", "curves.svg"];
  const differing = files.filter((name) => !read(out, name).equals(read("whole", name)));
  const figures = (name) =>
    metrics(name)
      .filter(({ event }) => event !== "checkpoint")
      .map(({ seconds, examplesPerSecond, ...rest }) => JSON.stringify(rest))
      .join("\n");
  if (figures(out) !== figures("whole")) differing.push("metrics.jsonl");
  const names = (name) => [...readdirSync(join(folder, name)), ...checkpoints(name)].sort().join();
  if (names(out) !== names("whole")) differing.push("the names of its files");
  return differing;
}

function start(out, ...flags) {
  const [train, test] = ["train.tsv", "test.tsv"].map((name) => join(folder, "pairs", name));
  const args = ["train", "--train", train, "--test", test, "--threads", values.threads, ...SETTINGS];
  const child = spawn(process.execPath, [COMMAND, ...args, "--out", join(folder, out), ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  child.ended = new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  return child;
}

async function finish(child) {
  const ended = await child.ended;
  if (ended.code !== 0) throw new Error(`the run ended with ${ended.code ?? ended.signal}: ${ended.stderr}`);
  return ended;
}

async function until(condition, out) {
  while (!condition()) {
    if (existsSync(join(folder, out, "curves.svg"))) return; // it is done
    await sleep(1);
  }
}

function read(out, name) {
  return readFileSync(join(folder, out, name));
}

/** The lines that are whole. */
function metrics(out) {
  if (!existsSync(join(folder, out, "metrics.jsonl"))) return [];
  const lines = read(out, "metrics.jsonl").toString().split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

function stepsTaken(out) {
  return metrics(out).filter(({ event }) => event === "step").length;
}

function isWriting(out) {
  return checkpoints(out).some((name) => name.endsWith(".tmp"));
}

function checkpoints(out) {
  const path = join(folder, out, "checkpoints");
  return existsSync(path) ? readdirSync(path) : [];
}
