import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseSafetensors, serializeSafetensors } from "../src/weights/safetensors.js";
import { fail, holdsModel, readBytes, succeed, temporaryFolder } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
const train = (out: string, ...flags: string[]) => {
  return ["train", "--train", data, ...TINY_SIZES, ...TINY_TRAINING, "--out", out, ...flags];
};

beforeAll(() => writeFileSync(data, toCsv(tinyPairs())));

describe("a model whose weights hold what is not a number", () => {
  const model = join(folder, "model");
  const message = "the model answers NaN, not a number; its weights are too large or damaged";

  beforeAll(async () => {
    await succeed(train(model, "--epochs", "1"));
    const weights = join(model, "model.safetensors");
    const state = parseSafetensors(new Uint8Array(readFileSync(weights)));
    state.get("hidden.0.bias")!.data[3] = Number.NaN;
    writeFileSync(weights, serializeSafetensors(state));
  });

  test.each([
    ["example 1", "evaluate", "--model", model, "--data", data],
    ["example 1", "evaluate", "--model", model, "--data", data, "--json"],
    [`${data}, row 2`, "predict", "--model", model, "--data", data],
    ["example 1", "compare", model, model, "--data", data],
  ])("answers nothing, for %s: %s", async (where, ...args) => {
    expect(await fail(args)).toBe(`${where}: ${message}`);
  });
});

test("an epoch after which the model answers with what is not a number leaves no model and no checkpoint", async () => {
  const out = join(folder, "diverged");
  const flags = ["--validation", data, "--metric", "loss", "--learning-rate", "1e30"];
  // A step an epoch: nothing but the validation sees what the step has made.
  const message = await fail(train(out, ...flags, "--batch-size", "36"));
  expect(message).toMatch(
    /^the answer to validation example 1 is NaN at step 1 \(epoch 1\): training has diverged/,
  );
  expect(holdsModel(out)).toBe(false);
  expect(readBytes(out, "metrics.jsonl").length).toBeGreaterThan(0);
});
