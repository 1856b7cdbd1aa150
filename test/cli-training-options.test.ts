import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Figures } from "../src/tasks/figures.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import type { Tensor } from "../src/weights/tensor.js";
import { readBytes, readJsonLines, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
writeFileSync(data, toCsv(tinyPairs()));
/** Whoever learns the pairs is the worse on these. */
const contrary = join(folder, "contrary.csv");
const other = { entailment: "neutral", neutral: "contradiction", contradiction: "entailment" };
writeFileSync(
  contrary,
  toCsv(tinyPairs().map((pair) => ({ ...pair, label: other[pair.label as keyof typeof other] }))),
);

function args(out: string, ...flags: string[]): string[] {
  const tiny = [...TINY_SIZES, ...TINY_TRAINING, "--learning-rate", "1e-2", "--embedding-std", "0.1"];
  return ["train", "--train", data, ...tiny, "--out", join(folder, out), ...flags];
}

function weights(out: string) {
  return parseWeights(readBytes(folder, out, "model.safetensors"), "model.safetensors");
}

function bytesOf({ data }: Tensor): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

test("the best epoch's model is kept, and patience ends the training", async () => {
  const validation = ["--validation", contrary, "--metric", "loss", "--patience", "2"];
  const { stdout } = await succeed(args("early", "--epochs", "9", ...validation));
  expect(stdout).toContain("read 36 validation examples\n");
  const number = String.raw`\d+\.\d{3}`;
  const figures = `loss ${number}, train acc ${number}, validation loss ${number}, validation acc ${number}`;
  expect(stdout).toMatch(new RegExp(`^epoch 1/9: ${figures}$`, "m"));

  const events = readJsonLines(readFileSync(join(folder, "early", "metrics.jsonl"), "utf8"));
  const epochs = events.filter(({ event }) => event === "epoch");
  const losses = epochs.map(({ validation }) => (validation as Figures).loss!);
  const best = losses.indexOf(Math.min(...losses)) + 1;
  expect(epochs.findLast((epoch) => epoch.best)).toMatchObject({ epoch: best });
  expect(events.at(-1)).toMatchObject({ event: "done", epoch: best + 2, bestEpoch: best });
  expect(stdout).toContain(`kept: the model of epoch ${best}; stopped early, with no better one since\n`);

  await succeed(args("short", "--epochs", String(best)));
  const file = "model.safetensors";
  expect(readBytes(folder, "early", file)).toEqual(readBytes(folder, "short", file));
});

test("all options together train, and leave the frozen embeddings alone", async () => {
  const flags = [
    ...["--schedule", "cosine", "--warmup", "0.25", "--weight-decay", "0.01", "--clip-norm", "0.5"],
    ...["--batch-size", "6", "--accumulate", "2", "--label-smoothing", "0.1", "--freeze", "embeddings"],
    ...["--class-weights", "neutral=2", "entailment=0.5", "--validation", data],
  ];
  const { stdout } = await succeed(args("all", "--epochs", "4", ...flags));
  expect(stdout).toMatch(/^kept: the model of epoch \d$/m);
  const steps = readJsonLines(readFileSync(join(folder, "all", "metrics.jsonl"), "utf8")).filter(
    ({ event }) => event === "step",
  );
  const rates = steps.map(({ learningRate }) => Number(learningRate) / 1e-2);
  expect(rates.slice(0, 4)).toBeCloseToTensor([0, 1 / 3, 2 / 3, 1], { absolute: 1e-12 });
  expect(rates.at(-1)).toBeCloseTo((1 + Math.cos((Math.PI * 8) / 9)) / 2, 12);
  expect(steps.every(({ gradientNorm, examples }) => Number(gradientNorm) > 0 && examples === 12)).toBe(true);

  await succeed(args("fresh", "--epochs", "1", "--freeze", "encoder"));
  const [trained, untrained] = [weights("all"), weights("fresh")];
  const moved = [...trained.keys()].filter(
    (name) => !bytesOf(trained.get(name)!).equals(bytesOf(untrained.get(name)!)),
  );
  expect(moved.length).toBeGreaterThan(10);
  expect(moved.filter((name) => name.includes("embedding"))).toEqual([]);
});

test.each([
  [
    ["--class-weights", "maybe=2"],
    "there is a class weight for the label maybe, but the labels are entailment",
  ],
  [["--freeze", "2"], "cannot freeze the lowest 2 blocks: the model has 1"],
  [["--warmup", "3", "--epochs", "1"], "a warm-up of 3 steps would fill the run, which has 3"],
])("what does not fit the data or the model is refused: %s", async (flags, message) => {
  const { code, stderr } = await tunebert(args("refused", ...flags));
  expect(stderr).toContain(message);
  expect(code).toBe(1);
});
