// Lets random things happen to every command, and looks at how it ends and at what it leaves: signals (kill -9, SIGTERM,
// SIGHUP, SIGINT, SIGSTOP and SIGCONT), readers that close standard output or standard error after some lines, full
// devices, and a second command in the same folder.
//
//   npm run build && node tools/random-events.js --events 200
//
// --seed N chooses other events. Takes a few seconds an event, makes its own data and tiny models, and exits with 1 if
//   - a command ends with exit code 0 and without its result, or is ended by a signal that nobody sent,
//   - a stack trace is on standard error,
//   - a model that was there is damaged or answers otherwise,
//   - training that is taken up again does not end with the bytes of training that was left alone.
import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

const COMMAND = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const { values } = parseArgs({
  options: { events: { type: "string", default: "200" }, seed: { type: "string", default: "0" } },
});
const generator = xoroshiro128plus(Number(values.seed));
for (let i = 0; i < 32; i++) generator.next();
const below = (bound) => (generator.next() >>> 0) % bound;
const oneOf = (list) => list[below(list.length)];

const folder = mkdtempSync(join(tmpdir(), "tunebert-events-"));
const at = (...names) => join(folder, ...names);
const TINY = "--hidden 16 --ffn 32 --heads 2 --blocks 1 --batch-size 12 --max-length 16 --threads 2".split(
  " ",
);
const TRAIN = [...["train", "--train", at("pairs.csv"), "--test", at("pairs.csv")], ...TINY];
const LONG = [...TRAIN, "--epochs", "30", "--checkpoint-every", "7"];
const MODEL = ["--model", at("model")];

/** What is run, and what its result is where it ends with exit code 0: what it prints, or what is done then. */
const commands = {
  train: {
    args: (out) => [...LONG, "--out", out],
    isDone: (out) => sameFiles(out, at("whole")),
  },
  "train --resume": {
    prepare: (out) => cpSync(at("stopped"), out, { recursive: true }),
    args: (out) => [...LONG, "--out", out, "--resume"],
    isDone: (out) => sameFiles(out, at("whole")),
  },
  "train --overwrite": {
    prepare: (out) => cpSync(at("whole"), out, { recursive: true }),
    args: (out) => [...LONG, "--out", out, "--overwrite"],
    isDone: (out) => sameFiles(out, at("whole")),
  },
  "demo --pairs": {
    args: (out) => ["demo", "--pairs", out],
    isDone: (out) => ["train.tsv", "test.tsv"].every((name) => existsSync(join(out, name))),
  },
  predict: {
    args: () => ["predict", ...MODEL, "--json", "--threads", "2"],
    input: "the calm otter waits\tno otter waits\n".repeat(3000),
  },
  "predict --data": { args: () => ["predict", ...MODEL, "--data", at("pairs.csv")], prints: true },
  evaluate: { args: () => ["evaluate", ...MODEL, "--data", at("pairs.csv"), "--json"], prints: true },
  compare: { args: () => ["compare", at("model"), at("whole"), "--json"], prints: true },
  inspect: { args: () => ["inspect", at("model", "model.safetensors"), "--json"], prints: true },
  convert: {
    args: (out) => ["convert", at("model", "model.safetensors"), `${out}.npz`],
    isDone: (out) => readFileSync(`${out}.npz`).equals(readFileSync(at("model.npz"))),
  },
  fetch: { args: () => ["fetch", at("pairs.tar"), "--force", "--json"], prints: true },
  "--help": { args: () => ["train", "--help"], prints: true },
};

const SIGNALS = { SIGKILL: 9, SIGTERM: 15, SIGHUP: 1, SIGINT: 2 };
const events = {
  ...Object.fromEntries(
    Object.keys(SIGNALS).map((signal) => [signal, { act: (child) => child.kill(signal), signal }]),
  ),
  "SIGSTOP, SIGCONT": {
    async act(child) {
      child.kill("SIGSTOP");
      await sleep(200 + below(800));
      child.kill("SIGCONT");
    },
  },
  "stdout closed": { closes: ["stdout"] },
  "stderr closed": { closes: ["stderr"] },
  "both closed": { closes: ["stdout", "stderr"] },
  "stdout full": { full: ["stdout"] },
  "stderr full": { full: ["stderr"] },
  "two at once": { twice: true },
};

const table = new Map();
let failures = 0;
let answersBefore;
try {
  await prepare();
  for (let i = 1; i <= Number(values.events); i++) {
    const [command, event] = [oneOf(Object.keys(commands)), oneOf(Object.keys(events))];
    const faults = await happen(command, event, at(`run-${i}`));
    count(command, event, faults.length > 0);
    for (const fault of faults) console.log(`${i}: ${command}, ${event}: ${fault}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printTable();
console.log(`${values.events} events: ${failures} with failures`);
process.exitCode = failures > 0 ? 1 : 0;

/** Makes the data, a run that is left alone, one that was stopped on its way, and what commands are to print. */
async function prepare() {
  const rows = ["otter", "heron", "baker", "pilot"].flatMap((who) =>
    ["calm", "loud", "tall"].flatMap((how) =>
      [`some ${who} waits,entailment`, `no ${who} waits,contradiction`, `the ${who} sings,neutral`].map(
        (rest) => `the ${how} ${who} waits,${rest}`,
      ),
    ),
  );
  writeFileSync(at("pairs.csv"), `premise,hypothesis,label\n${rows.join("\n")}\n`);
  spawnSync("tar", ["-cf", at("pairs.tar"), "-C", folder, "pairs.csv"]);
  await succeed([...LONG, "--out", at("whole")]);
  await succeed([...TRAIN, "--epochs", "3", "--out", at("model")]);
  await succeed(["convert", at("model", "model.safetensors"), at("model.npz")]);
  const stopped = start([...LONG, "--out", at("stopped")]);
  await until(() => stepsTaken(at("stopped")) >= 20, stopped);
  stopped.child.kill("SIGKILL");
  await stopped.ended;
  answersBefore = await answers();
  for (const command of Object.values(commands)) {
    if (command.prints) command.printed = (await succeed(command.args(), command.input)).stdout;
  }
}

async function answers() {
  const { stdout } = await succeed(["evaluate", ...MODEL, "--data", at("pairs.csv"), "--json"]);
  return stdout;
}

/** @returns what was wrong */
async function happen(name, event, out) {
  const { args, input, prepare, printed, isDone = () => true } = commands[name];
  const { act, closes = [], full = [], signal, twice } = events[event];
  prepare?.(out);
  const moment = below(2500);
  const options = { input, full, closes: new Map(closes.map((stream) => [stream, below(4)])) };
  const runs = [start(args(out), options)];
  if (twice) {
    await sleep(below(300));
    runs.push(start(args(out), options));
  } else if (act) {
    await Promise.race([sleep(moment), runs[0].ended]);
    if (runs[0].child.exitCode === null) await act(runs[0].child);
  }
  const ends = await Promise.all(runs.map(({ ended }) => ended));
  const faults = ends.flatMap((end) => faultsOf(end, { signal, full, closes, printed }));
  const succeeded = ends.filter(({ code }) => code === 0);
  if (succeeded.length > 0 && !isDone(out)) faults.push("exit code 0 without the result");
  if (name.startsWith("train")) faults.push(...(await faultsAfterwards(out)));
  if ((await answers()) !== answersBefore) faults.push("a model that was there answers otherwise");
  for (const path of [out, `${out}.npz`]) rmSync(path, { recursive: true, force: true });
  return faults;
}

function faultsOf({ code, signal: by, stdout, stderr }, { signal, full, closes, printed }) {
  const faults = [];
  const said = `(stderr: ${stderr.slice(-300).trim()})`;
  if (by !== null && by !== signal) faults.push(`ended by ${by}, which nobody sent ${said}`);
  if (code > 128 && code !== 128 + SIGNALS[signal]) faults.push(`exit code ${code} ${said}`);
  if (/^\s+at .*:\d+:\d+/m.test(stderr)) faults.push(`a stack trace ${said}`);
  const isRead = !closes.includes("stdout") && !full.includes("stdout");
  if (code === 0 && printed !== undefined && isRead && stdout !== printed) {
    faults.push("exit code 0, and something else is printed");
  }
  if (code === 0 && full.includes("stdout")) faults.push("exit code 0, though nothing could be printed");
  return faults;
}

/** A run that was ended is taken up again, or begun anew where it had kept nothing, to the same bytes. */
async function faultsAfterwards(out) {
  const faults = [];
  if (existsSync(join(out, "model.safetensors"))) {
    const { code, stderr } = await start(["evaluate", "--model", out, "--data", at("pairs.csv")]).ended;
    if (code !== 0) faults.push(`the model cannot be used: ${stderr.trim()}`);
  }
  const checkpoints = existsSync(join(out, "checkpoints")) ? readdirSync(join(out, "checkpoints")) : [];
  const resumes = checkpoints.some((file) => file.endsWith(".safetensors"));
  const again = [...LONG, "--out", out, resumes ? "--resume" : "--overwrite"];
  const { code, stderr } = await start(again).ended;
  if (code !== 0) faults.push(`cannot be taken up again: ${stderr.slice(-300).trim()}`);
  else if (!sameFiles(out, at("whole"))) faults.push("taken up again, it ends with other bytes");
  return faults;
}

function sameFiles(out, whole) {
  const files = ["model.safetensors", "config.json", "vocab.json", "curves.svg"];
  const same = files.every(
    (name) =>
      existsSync(join(out, name)) && readFileSync(join(out, name)).equals(readFileSync(join(whole, name))),
  );
  const names = (place) => [...readdirSync(place), ...readdirSync(join(place, "checkpoints"))].sort().join();
  return same && names(out) === names(whole);
}

/** Starts the command; `closes` says after how many lines the readers of its streams go. */
function start(args, { input = "", full = [], closes = new Map() } = {}) {
  const device = full.length > 0 ? openSync("/dev/full", "w") : undefined;
  const stdio = ["pipe", ...["stdout", "stderr"].map((stream) => (full.includes(stream) ? device : "pipe"))];
  const env = { ...process.env, NO_COLOR: "1", TUNEBERT_CACHE: at("cache") };
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio, env, cwd: folder });
  if (device !== undefined) closeSync(device);
  child.stdin.on("error", () => {}).end(input);
  const read = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    const reader = child[stream];
    if (!reader) continue;
    const wanted = closes.get(stream);
    if (wanted === 0) reader.destroy();
    reader.setEncoding("utf8").on("data", (text) => {
      read[stream] += text;
      if (wanted !== undefined && read[stream].split("\n").length > wanted) reader.destroy();
    });
  }
  const ended = new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, ...read }));
  });
  return { child, ended };
}

async function succeed(args, input) {
  const end = await start(args, { input }).ended;
  if (end.code !== 0)
    throw new Error(`${args.join(" ")} ended with ${end.code ?? end.signal}: ${end.stderr}`);
  return end;
}

async function until(condition, { child }) {
  while (!condition()) {
    if (child.exitCode !== null) throw new Error("the run ended too soon");
    await sleep(1);
  }
}

function stepsTaken(out) {
  if (!existsSync(join(out, "metrics.jsonl"))) return 0;
  return readFileSync(join(out, "metrics.jsonl"), "utf8").split('"event":"step"').length - 1;
}

function count(command, event, failed) {
  const key = `${command}\t${event}`;
  const cell = table.get(key) ?? { happened: 0, failed: 0 };
  cell.happened++;
  if (failed) {
    cell.failed++;
    failures++;
  }
  table.set(key, cell);
}

/** How often each happened, and after a stroke how often it failed. */
function printTable() {
  const columns = Object.keys(events);
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  console.log(`\n${" ".repeat(width)}  ${columns.join("  ")}`);
  for (const command of Object.keys(commands)) {
    const cells = columns.map((event) => {
      const { happened, failed } = table.get(`${command}\t${event}`) ?? { happened: 0, failed: 0 };
      return (failed > 0 ? `${happened}/${failed}` : happened > 0 ? `${happened}` : ".").padStart(
        event.length,
      );
    });
    console.log(`${command.padEnd(width)}  ${cells.join("  ")}`);
  }
}
