// Measures what a recipe is worth: trains from scratch on so many pairs and tells the accuracy on 2,000 others.
//
//   npm run build && node tools/measure-recipes.js --pairs 1200 [--snli FOLDER] [flags of tunebert train]
//
// The pairs are those of the sample corpus, or with --snli the first of snli_1.0_train.txt in that folder; those to
// measure on are then the first of snli_1.0_dev.txt. Flags such as --recipe book go to the command as they are.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generateSamplePairs } from "../dist/data/sample-pairs/sample-pairs.js";

const TESTED = 2000;
const COMMAND = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const given = process.argv.slice(2);
const { values } = parseArgs({
  args: given,
  options: { pairs: { type: "string" }, snli: { type: "string" } },
  strict: false,
});
const pairs = Number(values.pairs);
if (!(pairs > 0)) throw new Error("say how many: --pairs 1200");

const folder = mkdtempSync(join(tmpdir(), "recipes-"));
try {
  const [train, test] = values.snli === undefined ? writeSample() : writeSnli(values.snli);
  const own = ["--pairs", "--snli"];
  const flags = given.filter((arg, i) => !own.includes(arg) && !own.includes(given[i - 1]));
  const files = ["--train", train, "--limit", pairs, "--test", test, "--out", join(folder, "run")];
  const args = ["train", ...files, "--threads", 1, "--seed", 0, "--log-format", "json", ...flags].map(String);
  const { stdout, stderr, status } = spawnSync(process.execPath, [COMMAND, ...args], {
    encoding: "utf8",
    maxBuffer: Number.POSITIVE_INFINITY, // a line of JSON for each step
  });
  if (status !== 0) throw new Error(stderr);
  const done = stdout.trimEnd().split("\n").map(JSON.parse).at(-1);
  console.log(/^recipe: .*$/m.exec(stderr)?.[0]);
  console.log(`${pairs} pairs: test accuracy ${done.test.accuracy.toFixed(3)} after ${done.step} steps`);
} finally {
  rmSync(folder, { recursive: true });
}

function writeSample() {
  const { train, test } = generateSamplePairs(0, { train: 50_000, test: TESTED });
  return [write("train.tsv", train), write("test.tsv", test)];
}

function write(name, examples) {
  const rows = examples.map(({ text, textPair, label }) => `${text}\t${textPair}\t${label}\n`);
  return text(name, `premise\thypothesis\tlabel\n${rows.join("")}`);
}

function writeSnli(source) {
  const rows = readFileSync(join(source, "snli_1.0_dev.txt"), "utf8").split("\n");
  const test = text("snli-test.txt", `${rows.slice(0, TESTED + 1).join("\n")}\n`);
  return [join(source, "snli_1.0_train.txt"), test];
}

function text(name, content) {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
