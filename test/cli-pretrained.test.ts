import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { parseWeights } from "../src/weights/parse-weights.js";
import type { StateDict } from "../src/weights/tensor.js";
import { readBytes, readJsonLines, succeed, temporaryFolder } from "./support/command.js";
import { copyWeights, TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv, writePretrained } from "./support/tiny.js";

const folder = temporaryFolder();

function weightsIn(...path: string[]): StateDict {
  return parseWeights(readBytes(folder, ...path), path.join("/"));
}

function lossesIn(out: string): number[] {
  return readJsonLines(readFileSync(join(folder, out, "metrics.jsonl"), "utf8"))
    .filter(({ event }) => event === "step")
    .map(({ loss }) => loss as number);
}

/** Files that PyTorch wrote: the weights of a BERT with an output layer, and what it computed with them. */
interface Expected {
  readonly config: { readonly heads: number };
  readonly maxLength: number;
  readonly learningRate: number;
  readonly vocabulary: string[];
  readonly pairs: { readonly text: string; readonly textPair: string; readonly label: string }[];
  readonly logits: number[][];
  /** before training and after each step of Adam */
  readonly losses: number[];
}

describe.each(["bert-small", "five-heads"])("a folder with weights from PyTorch, %s", (name) => {
  const fixture = fileURLToPath(new URL(`fixtures/parity/${name}/expected.json`, import.meta.url));
  const expected: Expected = JSON.parse(readFileSync(fixture, "utf8"));
  const { losses, pairs } = expected;
  const given = `given-${name}`;
  const data = join(folder, `${name}.csv`);

  function train(out: string, ...flags: string[]) {
    const { config, maxLength, learningRate } = expected;
    const settings = { heads: config.heads, maxLength, learningRate, batchSize: pairs.length };
    return succeed([
      ...["train", "--train", data, "--pretrained", join(folder, given), "--out", join(folder, out)],
      ...["--heads", String(settings.heads), "--max-length", String(settings.maxLength)],
      ...["--learning-rate", String(settings.learningRate), "--batch-size", String(settings.batchSize)],
      ...["--threads", "1", ...flags],
    ]);
  }

  beforeAll(async () => {
    mkdirSync(join(folder, given));
    writeFileSync(join(folder, given, "vocab.json"), JSON.stringify(expected.vocabulary));
    copyWeights(`parity/${name}/weights.pt`, join(folder, given));
    writeFileSync(data, toCsv(pairs));
    await train(name, "--no-shuffle", "--dropout", "0", "--epochs", String(losses.length - 1));
  });

  test("without shuffling and dropout trains as PyTorch does, step by step", () => {
    const found = lossesIn(name);
    expect(found).toHaveLength(losses.length - 1);
    found.forEach((loss, step) => {
      expect(Math.abs(loss - losses[step]!), `loss at step ${step + 1}`).toBeLessThan(1e-5);
    });
  });

  test("changes every tensor of the model, and keeps the pretraining heads as they were", () => {
    const before = weightsIn(given, "pretrained.params");
    const after = weightsIn(name, "model.safetensors");
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [tensor, { shape, data }] of after) {
      const original = before.get(tensor)!;
      expect(shape, tensor).toEqual(original.shape);
      if (/^(mlm|nsp)\./.test(tensor)) expect(data, tensor).toEqual(original.data);
      // the gradient of a key's bias is zero: softmax does not see what all scores of a query have in common
      else if (!tensor.endsWith(".W_k.bias")) expect(data, tensor).not.toEqual(original.data);
    }
    expect([...after.keys()].filter((tensor) => /^(mlm|nsp)\./.test(tensor))).toHaveLength(8);
  });

  test("keeps its vocabulary", () => {
    expect(readBytes(folder, name, "vocab.json")).toEqual(readBytes(folder, given, "vocab.json"));
  });

  test("answers as PyTorch does after a step too small to matter", async () => {
    const out = `${name}-still`;
    await train(out, "--epochs", "1", "--learning-rate", "1e-12");
    const { stdout } = await succeed(["predict", "--model", join(folder, out), "--data", data, "--json"]);
    const answers = readJsonLines(stdout) as { probabilities: Record<string, number> }[];
    answers.forEach(({ probabilities }, i) => {
      const exponentials = expected.logits[i]!.map(Math.exp);
      const total = exponentials.reduce((sum, value) => sum + value, 0);
      Object.values(probabilities).forEach((probability, label) => {
        expect(probability, `pair ${i + 1}`).toBeCloseTo(exponentials[label]! / total, 5);
      });
    });
  });

  test("gets a fresh output layer where the number of labels differs", async () => {
    const binary = join(folder, `${name}-binary.csv`);
    writeFileSync(binary, toCsv(pairs.map((pair, i) => ({ ...pair, label: i % 2 ? "yes" : "no" }))));
    await train(`${name}-binary`, "--train", binary, "--epochs", "1", "--learning-rate", "1e-12");
    const output = weightsIn(`${name}-binary`, "model.safetensors").get("output.weight")!;
    const { shape } = weightsIn(given, "pretrained.params").get("output.weight")!;
    expect(output.shape).toEqual([2, shape[1]]);
    const bound = 1 / Math.sqrt(shape[1]!);
    const values = [...(output.data as Float32Array)];
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(bound / 2);
  });
});

describe("a model that tunebert trained", () => {
  const data = join(folder, "pairs.csv");
  const flags = [
    "--train",
    data,
    ...TINY_TRAINING,
    "--learning-rate",
    "1e-2",
    "--dropout",
    "0",
    "--no-shuffle",
  ];

  beforeAll(async () => {
    writeFileSync(data, toCsv(tinyPairs()));
    const scratch = [...TINY_SIZES, "--embedding-std", "0.1", "--epochs", "4"];
    await succeed(["train", ...flags, ...scratch, "--out", join(folder, "first")]);
  });

  test("is where the next training goes on", async () => {
    const start = ["--pretrained", join(folder, "first"), "--out", join(folder, "second")];
    await succeed(["train", ...flags, ...start, "--epochs", "1"]);
    const before = lossesIn("first");
    const after = lossesIn("second");
    expect(before[0]).toBeGreaterThan(1);
    expect(after[0]).toBeLessThan(before[0]! - 0.2);
    expect(weightsIn("second", "model.safetensors").size).toBe(weightsIn("first", "model.safetensors").size);
  });

  test("starts the next training with the very parameters it ended with", async () => {
    const start = ["--pretrained", join(folder, "first"), "--out", join(folder, "third")];
    await succeed(["train", ...flags, ...start, "--epochs", "1", "--batch-size", "36"]);
    const { stdout } = await succeed(["predict", "--model", join(folder, "first"), "--data", data, "--json"]);
    const answers = readJsonLines(stdout) as { probabilities: Record<string, number> }[];
    const losses = tinyPairs().map(({ label }, i) => -Math.log(answers[i]!.probabilities[label]!));
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(lossesIn("third")[0]).toBeCloseTo(mean, 5);
  });

  test("leaves nothing to the seed but shuffling and dropout", async () => {
    const losses = async (out: string, ...more: string[]) => {
      const start = ["--pretrained", join(folder, "first"), "--out", join(folder, out)];
      await succeed(["train", "--train", data, ...TINY_TRAINING, ...start, "--epochs", "1", ...more]);
      return lossesIn(out);
    };
    const plain = ["--no-shuffle", "--dropout", "0"];
    const ordered = await losses("ordered", ...plain);
    expect(await losses("ordered-1", ...plain, "--seed", "1")).toEqual(ordered);
    const shuffled = await losses("shuffled", "--dropout", "0");
    expect(shuffled).not.toEqual(ordered);
    expect(await losses("shuffled-1", "--dropout", "0", "--seed", "1")).not.toEqual(shuffled);
    const dropped = await losses("dropped", "--no-shuffle");
    expect(dropped).not.toEqual(ordered);
    expect(await losses("dropped-1", "--no-shuffle", "--seed", "1")).not.toEqual(dropped);
  });
});

test("a folder with safetensors serves as well, and brings its number of heads on the command line", async () => {
  const given = writePretrained(join(folder, "pretraining"));
  const data = join(folder, "some.csv");
  writeFileSync(data, toCsv(tinyPairs()));
  const out = join(folder, "fine-tuned");
  const flags = ["--pretrained", given, "--heads", "2", ...TINY_TRAINING, "--epochs", "1", "--out", out];
  await succeed(["train", "--train", data, ...flags]);
  expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8"))).toMatchObject({
    hidden: 16,
    ffn: 32,
    heads: 2,
    blocks: 1,
    maxPositions: 24,
  });
});
