import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { apiScript } from "./support/api-script.js";
import { COMMAND, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();

async function run(name: string, body: string) {
  const { code, signal, stdout, stderr } = await tunebert([], { script: apiScript(folder, name, body) });
  return { code, signal, stdout, stderr };
}

/** Work without end, which something ends. */
const predictAnd = (end: string, delay: number) => `
const predictor = await startPredictor();
const pairs = somePairs(300);
setTimeout(() => { ${end} }, ${delay});
for (;;) await predictor.predict(pairs);`;

describe("while a model is at work, the process ends with its own exit code", () => {
  test.each([1, 150])("by process.exit after %d ms", async (delay) => {
    const ended = await run(`exit-${delay}`, predictAnd("process.exit(3)", delay));
    expect(ended).toEqual({ code: 3, signal: null, stdout: "", stderr: "" });
  });

  test("by an exception that nobody catches", async () => {
    const { code, signal, stdout, stderr } = await run("throw", predictAnd('throw new Error("lost")', 50));
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

  test("by process.exit while its threads start", async () => {
    const body = `
setTimeout(() => process.exit(5), 60);
for (;;) await startPredictor();`;
    expect(await run("start", body)).toEqual({ code: 5, signal: null, stdout: "", stderr: "" });
  });

  test("by process.exit where another listener throws", async () => {
    const listener = 'process.on("exit", () => { throw new Error("of a listener"); });';
    const { code, signal } = await run("listener", listener + predictAnd("process.exit(3)", 50));
    expect([code, signal]).toEqual([3, null]);
  });
});

describe("the command", () => {
  const model = join(folder, "model");

  beforeAll(async () => {
    const data = join(folder, "pairs.csv");
    writeFileSync(data, toCsv(tinyPairs()));
    const flags = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "1"];
    await succeed(["train", "--train", data, ...flags, "--out", model]);
  });

  test("ends well when the reader of its answers has gone", async () => {
    const child = spawn(process.execPath, [COMMAND, "predict", "--model", model, "--threads", "2"]);
    const pair = tinyPairs()[0]!;
    child.stdin.on("error", () => {}).end(`${pair.premise}\t${pair.hypothesis}\n`.repeat(20_000));
    child.stdout.once("data", () => child.stdout.destroy());
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(stderr).toBe("");
  });
});
