// Trains with both ways of truncation at several maximum lengths and prints what each cuts and how well the model
// then does, as a Markdown table. Wants the built command; takes the flags of `tunebert train` but for --max-length,
// --truncation and --out:
//
//   npm run build && node tools/compare-truncation.js --train snli --test snli:dev --epochs 3 --limit 50000
//
// --lengths 16,24 takes other lengths.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readExamples, resolveData, streamBytes } from "../dist/index.js";
import { specialTokens } from "../dist/text/pack.js";
import { tokenize } from "../dist/text/tokenize.js";
import { truncations } from "../dist/text/truncate-pair.js";

const COMMAND = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const flags = process.argv.slice(2);
const flag = (name) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined);
const lengths = (flag("--lengths") ?? "16,24,32,48,128").split(",").map(Number);
const passed = flags.filter((_, i) => flags[i] !== "--lengths" && flags[i - 1] !== "--lengths");
const pairs = await tokenCounts();

console.log(`${pairs.length} training pairs; \`${passed.join(" ")}\`\n`);
console.log(
  "| max length | truncation | pairs cut | premise tokens lost | hypothesis tokens lost | dev accuracy |",
);
console.log("|---:|---|---:|---:|---:|---:|");
for (const length of lengths) {
  for (const [name, truncate] of Object.entries(truncations)) {
    const { cut, premise, hypothesis } = losses(truncate, length - specialTokens(2));
    const accuracy = train(length, name)?.toFixed(4) ?? "-";
    const cells = [length, name, part(cut, pairs.length), premise, hypothesis, accuracy];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

/** The tokens of premise and hypothesis of every pair that the training takes. */
async function tokenCounts() {
  const column = (name) => flag(`--${name}-column`);
  const [premiseColumn, hypothesisColumn, labelColumn] = ["premise", "hypothesis", "label"].map(column);
  const fileName = await resolveData(flag("--train"), "train");
  const limit = Number(flag("--limit") ?? Number.POSITIVE_INFINITY);
  const options = { fileName, premiseColumn, hypothesisColumn, labelColumn };
  const counts = [];
  for await (const { text, textPair, label } of readExamples(streamBytes(fileName), options)) {
    if (label === undefined) continue;
    counts.push([tokenize(text).length, tokenize(textPair).length]);
    if (counts.length === limit) break;
  }
  return counts;
}

function losses(truncate, limit) {
  let [cut, premise, hypothesis, premises, hypotheses] = [0, 0, 0, 0, 0];
  for (const [first, second] of pairs) {
    const [keptFirst, keptSecond] = truncate(first, second, limit);
    if (keptFirst + keptSecond < first + second) cut++;
    premise += first - keptFirst;
    hypothesis += second - keptSecond;
    premises += first;
    hypotheses += second;
  }
  return { cut, premise: part(premise, premises), hypothesis: part(hypothesis, hypotheses) };
}

function part(some, all) {
  return `${some} (${((100 * some) / all).toFixed(2)} %)`;
}

/** Returns the accuracy on the test set after the last epoch. */
function train(length, truncation) {
  const folder = mkdtempSync(join(tmpdir(), "tunebert-"));
  try {
    const own = ["--max-length", String(length), "--truncation", truncation, "--out", join(folder, "model")];
    const { status } = spawnSync(process.execPath, [COMMAND, "train", ...passed, ...own], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) process.exit(status ?? 1);
    const lines = readFileSync(join(folder, "model", "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n");
    return lines.map((line) => JSON.parse(line)).findLast(({ event }) => event === "epoch").test.accuracy;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
