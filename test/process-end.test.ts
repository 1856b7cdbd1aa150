import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { apiScript } from "./support/api-script.js";
import { COMMAND, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();

async function run(name: string, body: string) {
  const { code, signal, stdout, stderr } = await tunebert([], { script: apiScript(folder, name, body) });
  return { code, signal, stdout, stderr };
}

/** Work without end, which something ends. */
const predictAnd = (end: string, delay: number) => `
const predictor = await startPredictor();
const pairs = somePairs(300);
await predictor.predict(pairs);
setTimeout(() => { ${end} }, ${delay});
for (;;) await predictor.predict(pairs);`;

describe("while a model is at work, the process ends with its own exit code", () => {
  test.each([0, 30])("by process.exit after %d ms", async (delay) => {
    const ended = await run(`exit-${delay}`, predictAnd("process.exit(3)", delay));
    expect(ended).toEqual({ code: 3, signal: null, stdout: "", stderr: "" });
  });

  test("by an exception that nobody catches", async () => {
    const { code, signal, stdout, stderr } = await run("throw", predictAnd('throw new Error("lost")', 10));
    expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: "" });
    expect(stderr).toContain("Error: lost");
    expect(stderr).not.toContain("Napi");
  });

  test("by process.exit in training", async () => {
    const body = `
for await (const { event, step } of await fit({ epochs: 1e6 })) {
  if (event === "step" && step === 2) setTimeout(() => process.exit(4), 20);
}`;
    expect(await run("train", body)).toEqual({ code: 4, signal: null, stdout: "", stderr: "" });
  });

  test("by process.exit while ONNX Runtime loads graphs, or in the first steps", async () => {
    const body = `
const training = await fit({ epochs: 1e6 });
setTimeout(() => process.exit(5), 150);
for await (const _ of training);`;
    expect(await run("load", body)).toEqual({ code: 5, signal: null, stdout: "", stderr: "" });
  });
});

describe("the command", () => {
  const model = join(folder, "model");

  beforeAll(async () => {
    const data = join(folder, "pairs.csv");
    writeFileSync(data, toCsv(tinyPairs()));
    const sizes = ["--hidden", "192", "--ffn", "512", "--heads", "2", "--blocks", "2", "--max-length", "64"];
    const flags = [...sizes, "--epochs", "1"];
    await succeed(["train", "--train", data, ...flags, "--out", model]);
  });

  test("ends well when the reader of its answers has gone", async () => {
    const child = spawn(process.execPath, [COMMAND, "predict", "--model", model, "--json", "--threads", "2"]);
    const text = "the calm otter waits ".repeat(7);
    child.stdin.on("error", () => {}).end(`${text}\t${text}\n`.repeat(5000));
    // Not before there is more than fits into the pipe, and the next answers are being found.
    child.stdout.once("readable", () => setTimeout(() => child.stdout.destroy(), 50));
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(stderr).toBe("");
  });
});
