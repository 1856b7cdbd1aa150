// Trains with two builds of tunebert and compares what they leave, byte for byte: a change that only moves code around
// leaves the bits of trained weights as they are.
//
//   npm run build && node tools/compare-builds.js --before ../other-checkout/dist
//
// The runs: the demo, and one that uses dropout, validation, clipping, a schedule, accumulation, class weights, label
// smoothing and weight decay, on one thread and on two. --quick leaves the demo out. Exits with 1 if anything differs.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    before: { type: "string" },
    after: { type: "string", default: fileURLToPath(new URL("../dist", import.meta.url)) },
    quick: { type: "boolean", default: false },
  },
});
if (values.before === undefined) throw new Error("give the dist folder of the other build with --before");

const SIZES = "--hidden 64 --ffn 96 --heads 4 --blocks 2 --embedding-std 0.02 --max-length 24";
const EVERYTHING = `--limit 900 --batch-size 40 --accumulate 2 --epochs 3 --dropout 0.1 --clip-norm 0.5 --schedule cosine
  --warmup 0.1 --weight-decay 0.01 --class-weights entailment=2 neutral=0.5 --label-smoothing 0.1 --learning-rate 1e-3
  --seed 3`;

const folder = mkdtempSync(join(tmpdir(), "tunebert-builds-"));
const pairs = join(folder, "pairs");
const trainOnPairs = (threads) => [
  ...`train --train ${join(pairs, "train.tsv")} --validation ${join(pairs, "test.tsv")}`.split(" "),
  ...`${SIZES} ${EVERYTHING} --threads ${threads}`.split(/\s+/),
];
const runs = {
  "every option, 1 thread": trainOnPairs(1),
  "every option, 2 threads": trainOnPairs(2),
  ...(values.quick ? {} : { "demo, 2 threads": ["demo", "--threads", "2"] }),
};

let differences = 0;
try {
  run(values.after, ["demo", "--pairs", pairs]);
  for (const [name, args] of Object.entries(runs)) {
    const [before, after] = ["before", "after"].map((build) => trained(values[build], args, build));
    if (before !== after) differences++;
    console.log(
      `${name}: ${before === after ? "the same bytes" : "DIFFERS"} (SHA-256 ${after.slice(0, 16)}…)`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = differences > 0 ? 1 : 0;

/** The SHA-256 of the weights that a build trains. */
function trained(build, args, name) {
  const out = join(folder, name);
  rmSync(out, { recursive: true, force: true });
  run(build, [...args, "--out", out]);
  return createHash("sha256")
    .update(readFileSync(join(out, "model.safetensors")))
    .digest("hex");
}

function run(build, args) {
  const { status, stderr } = spawnSync(process.execPath, [join(resolve(build), "cli", "main.js"), ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${build} ${args.join(" ")} ended with ${status}:\n${stderr}`);
}
