// Trains a tiny model for 50,000 steps by the built command, with all that a run keeps, and watches its memory.
//
//   npm run build && node tools/long-run.js
//
// Takes some minutes, trains on the sample pairs of `tunebert demo`, and reads memory from /proc, so needs Linux.
// Exits with 1 if memory in the last fifth of the run is more than a tenth above that in the second fifth.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const STEPS_PER_EPOCH = 500;
const EPOCHS = 100;
const STEPS = STEPS_PER_EPOCH * EPOCHS;
const EVERY_MS = 500;

const folder = mkdtempSync(join(tmpdir(), "tunebert-long-"));
try {
  spawnSync(process.execPath, [COMMAND, "demo", "--pairs", folder]);
  const samples = await run();
  const fifths = Array.from({ length: 5 }, (_, i) => inFifth(samples, i));
  console.log("steps             MB resident: lowest  median  highest");
  fifths.forEach((values, i) => {
    const range = `${(i * STEPS) / 5} to ${((i + 1) * STEPS) / 5}`;
    const figures = [values[0], values[values.length >> 1], values.at(-1)];
    console.log(`${range.padEnd(16)}  ${figures.map((mb) => mb.toFixed(0).padStart(8)).join("")}`);
  });
  const growth = median(fifths[4]) / median(fifths[1]) - 1;
  console.log(`growth of the median from the second fifth to the last: ${(100 * growth).toFixed(1)} %`);
  process.exitCode = growth > 0.1 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The steps taken and the memory in MB, twice a second. */
async function run() {
  const sizes = ["--hidden", "8", "--ffn", "8", "--heads", "1", "--blocks", "1", "--max-length", "24"];
  const amount = ["--limit", `${4 * STEPS_PER_EPOCH}`, "--batch-size", "4", "--epochs", `${EPOCHS}`];
  const files = ["--train", join(folder, "train.tsv"), "--test", join(folder, "test.tsv")];
  const out = join(folder, "out");
  const flags = ["--threads", "1", "--checkpoint-every", "10s", "--tensorboard", "--log-format", "json"];
  const child = spawn(
    process.execPath,
    [COMMAND, "train", ...files, ...sizes, ...amount, ...flags, "--out", out],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let step = 0;
  child.stdout.setEncoding("utf8").on("data", (text) => {
    const last = text.lastIndexOf('{"event":"step","step":');
    if (last >= 0) step = Number.parseInt(text.slice(last + 23), 10) || step;
  });
  const samples = [];
  const timer = setInterval(() => {
    if (existsSync(`/proc/${child.pid}/statm`) && step > 0) samples.push({ step, mb: residentMb(child.pid) });
  }, EVERY_MS);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(timer);
  if (code !== 0 || step !== STEPS) throw new Error(`the run ended with ${code} after ${step} steps`);
  return samples;
}

function residentMb(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1000;
}

/** The memory in one fifth of the run, in order of size. */
function inFifth(samples, i) {
  const values = samples.filter(
    ({ step, mb }) => mb > 0 && Math.min(4, Math.floor((5 * step) / STEPS)) === i,
  );
  return values.map(({ mb }) => mb).sort((a, b) => a - b);
}

function median(values) {
  return values[values.length >> 1];
}
