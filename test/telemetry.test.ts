/** ONNX Runtime's telemetry would keep a device id and a database in the home folder. Nothing of it is to be there. */
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { apiScript } from "./support/api-script.js";
import { type RunOptions, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
const model = join(folder, "model");
writeFileSync(data, toCsv(tinyPairs()));

/** Runs something in a home folder of its own, and says what is in there afterwards. */
async function atHome(args: readonly string[], options: RunOptions = {}) {
  const home = mkdtempSync(join(folder, "home-"));
  // Nothing else of the tests' environment: the library is quiet by itself where it sees a build server's.
  const { PATH, SystemRoot } = process.env;
  const env = { PATH, SystemRoot, HOME: home, USERPROFILE: home, LOCALAPPDATA: home, ...options.env };
  const ran = await tunebert(args, { ...options, env });
  return { ...ran, found: readdirSync(home, { recursive: true }) };
}

const script = (name: string, body: string) => ({ script: apiScript(folder, name, body) });

/** Opens a session, not by way of tunebert. */
const plainly = () => {
  const onnxRuntime = fileURLToPath(import.meta.resolve("onnxruntime-node"));
  return `
import { createRequire } from "node:module";
const { InferenceSession } = createRequire(import.meta.url)(${JSON.stringify(onnxRuntime)});
const { inferencePrograms } = await import(new URL("./bert/infer.js", BUILT));
await InferenceSession.create(inferencePrograms(model, threads(1).shape)[0].model);`;
};

const USE =
  "const predictor = await startPredictor(); console.log((await predictor.predict(somePairs(3))).length);";

/** Runs a file of the same folder in a Worker. */
const inWorker = (file: string, { before = "", options = "{}" } = {}) => `
import { SHARE_ENV, Worker } from "node:worker_threads";
${before}
new Worker(new URL(${JSON.stringify(`./${file}.mjs`)}, import.meta.url), ${options})
  .on("error", (error) => console.log(error.name + ": " + error.message));`;

// On Windows and with builds of one's own there is nothing to be switched off.
test.runIf(["linux", "darwin"].includes(process.platform))(
  "the library itself leaves something",
  async () => {
    const nowhere = "http://127.0.0.1:9"; // what it would send stays here
    const env = { https_proxy: nowhere, HTTPS_PROXY: nowhere };
    const { code, found } = await atHome([], { ...script("plain", plainly()), env });
    expect(code).toBe(0);
    expect(found.join(" ")).toMatch(/onnxruntime.*deviceid/);
  },
);

describe("the home folder stays empty after", () => {
  const flags = [...TINY_SIZES, ...TINY_TRAINING, "--epochs", "1"];

  beforeAll(async () => {
    const { code, stderr, found } = await atHome([
      "train",
      "--train",
      data,
      "--test",
      data,
      ...flags,
      "--out",
      model,
    ]);
    expect({ code, found }, stderr).toEqual({ code: 0, found: [] });
  });

  test.each([
    ["evaluate", "--model", model, "--data", data],
    ["predict", "--model", model, "a", "b"],
    ["compare", model, model, "--data", data],
    ["inspect", join(model, "model.safetensors")],
    ["convert", join(model, "model.safetensors"), join(folder, "converted.npz")],
    ["fetch", "--help"],
    ["demo", "--help"],
  ])("%s", async (...args) => {
    const { code, stderr, found } = await atHome(args);
    expect({ code, found }, stderr).toEqual({ code: 0, found: [] });
  });

  test("use from a program", async () => {
    expect(await atHome([], script("use", USE))).toMatchObject({ code: 0, stdout: "3\n", found: [] });
  });

  const worker = (name: string, how: Parameters<typeof inWorker>[1], env: NodeJS.ProcessEnv = {}) => {
    apiScript(folder, "use-in-worker", USE);
    return atHome([], { ...script(name, inWorker("use-in-worker", how)), env });
  };

  test("use from a Worker, which is refused where it cannot be switched off", async () => {
    const { code, stdout, found } = await worker("worker", {});
    expect({ code, found }).toEqual({ code: 0, found: [] });
    expect(stdout).toMatch(
      /^TunebertError: this Worker cannot .*: set ORT_DISABLE_TELEMETRY=1 before .*SHARE_ENV\n$/,
    );
    // A copy says nothing about the process.
    const copy = await worker("copy", { options: '{ env: { ORT_DISABLE_TELEMETRY: "1" } }' });
    expect({ stdout: copy.stdout, found: copy.found }).toEqual({ stdout, found: [] });
  });

  test.each([
    ["the environment of the process", {}, { ORT_DISABLE_TELEMETRY: "1" }],
    [
      "that of the main thread",
      { before: 'process.env.ORT_DISABLE_TELEMETRY = "1";', options: "{ env: {} }" },
      {},
    ],
    ["the environment they share", { options: "{ env: SHARE_ENV }" }, {}],
    ["tunebert in the main thread", { before: "await (await startPredictor()).close();" }, {}],
  ])("use from a Worker where it is switched off by %s", async (name, how, env) => {
    const { code, stdout, found } = await worker(`by ${name}`, how, env);
    expect({ code, stdout, found }).toEqual({ code: 0, stdout: "3\n", found: [] });
  });
});

test("a value of the user's stays", async () => {
  const body = "await startPredictor(); console.log(process.env.ORT_DISABLE_TELEMETRY);";
  const env = { ORT_DISABLE_TELEMETRY: "yes" };
  expect(await atHome([], { ...script("own", body), env })).toMatchObject({ stdout: "yes\n", found: [] });
});

// The library's telemetry searches command lines, with a recursion for each character of a word.
test.each([10_000, 100_000])("texts of %d characters are answered", async (length) => {
  const { code, signal, stdout, found } = await atHome([
    "predict",
    "--model",
    model,
    "a".repeat(length),
    "b",
  ]);
  expect({ code, signal, found }).toEqual({ code: 0, signal: null, found: [] });
  expect(stdout).toMatch(/^(entailment|contradiction|neutral) /);
});
