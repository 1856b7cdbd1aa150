/** What becomes of a command whose standard output or standard error takes no more. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import {
  holdsModel,
  type Ran,
  readBytes,
  start,
  succeed,
  temporaryFolder,
  tunebert,
} from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
writeFileSync(data, toCsv(tinyPairs()));
const model = join(folder, "model");
const weights = join(model, "model.safetensors");

function train(out: string, ...flags: string[]): string[] {
  const tiny = [...TINY_TRAINING, ...TINY_SIZES, "--epochs", "4"];
  return ["train", "--train", data, "--test", data, ...tiny, "--out", join(folder, out), ...flags];
}

/** Runs the command within a line of a shell, where "$@" stands for it. */
function inShell(line: string, args: readonly string[], input?: string): Promise<Ran> {
  return tunebert(args, { wrap: ["bash", "-c", line, "bash"], ...(input !== undefined && { input }) });
}

/** Runs the command with a reader that wants some lines and no more. The exit code is the command's. */
function readSome(lines: number, args: readonly string[], input?: string): Promise<Ran> {
  return inShell(`"$@" | head -${lines}; exit \${PIPESTATUS[0]}`, args, input);
}

beforeAll(async () => {
  await succeed(train("model"));
});

describe.skipIf(process.platform === "win32")(
  "a reader that closes standard output",
  { concurrent: true },
  () => {
    test.each([0, 4])("after %d lines does not end training", async (lines) => {
      const { code, stdout, stderr } = await readSome(lines, train(`read-${lines}`));
      expect(code, stderr).toBe(0);
      expect(stdout.match(/\n/g)?.length ?? 0).toBe(lines);
      expect(readBytes(folder, `read-${lines}`, "model.safetensors")).toEqual(readBytes(weights));
      expect(readdirSync(join(folder, `read-${lines}`)).sort()).toEqual(readdirSync(model).sort());
    });

    test("has its answers, and whoever answers stops asking", async () => {
      const pairs = Array.from(
        { length: 6000 },
        (_, i) => `the tall otter waits ${i}\tno otter waits\n`,
      ).join("");
      for (const threads of ["1", "2"]) {
        const args = ["predict", "--model", model, "--threads", threads];
        const { code, signal, stdout, stderr } = await readSome(1, args, pairs);
        expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
        expect(stdout).toMatch(/^\w+ +entailment [\d.]+ .*\n$/);
      }
    });

    test("is not kept waiting for pairs that are still to come", async () => {
      const asking = `yes $'some otter waits\\tno otter waits' | head -3000; exec sleep 300 2> /dev/null`;
      const line = `exec 3< <(${asking}); asks=$!; "$@" <&3 | head -1; code=\${PIPESTATUS[0]}; kill $asks; exit $code`;
      const { code, stderr } = await inShell(line, ["predict", "--model", model]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    });

    test.each([
      ["evaluate", ["evaluate", "--model", model, "--data", data]],
      ["inspect", ["inspect", weights]],
      ["compare", ["compare", model, model]],
      ["convert", ["convert", weights, join(folder, "closed.npz")]],
      ["--help", ["--help"]],
    ])("is no failure of %s", async (_, args) => {
      const { code, stderr } = await readSome(0, args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    });
  },
);

describe.skipIf(process.platform === "win32")(
  "a reader that closes standard error",
  { concurrent: true },
  () => {
    test("has no say in the exit code", async () => {
      const missing = ["evaluate", "--model", join(folder, "nowhere"), "--data", data];
      expect((await inShell('"$@" 2> >(true)', missing)).code).toBe(1);
      expect((await inShell('"$@" 2> >(true)', ["evaluate"])).code).toBe(2);
    });

    test("and standard output too: training goes on to its files", async () => {
      const { code } = await inShell('"$@" > >(true) 2> >(true)', train("unread"));
      expect(code).toBe(0);
      expect(readBytes(folder, "unread", "model.safetensors")).toEqual(readBytes(weights));
    });
  },
);

describe.skipIf(!existsSync("/dev/full"))("a full device", { concurrent: true }, () => {
  const message = /^tunebert: cannot write to standard (output|error): no space is left on the disk$/m;

  test("as standard output ends training with a message and a checkpoint to go on from", async () => {
    const { code, stderr } = await inShell('"$@" > /dev/full', train("full"));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).toMatch(/^To go on from step \d+:\n.* --resume$/m);
    await succeed(train("full", "--resume"));
    expect(readBytes(folder, "full", "model.safetensors")).toEqual(readBytes(weights));
  });

  test("as standard error does too, and says so on standard output, unless that is for programs", async () => {
    const { code, stdout } = await inShell('"$@" 2> /dev/full', train("full-error"));
    expect(code).toBe(1);
    expect(stdout).toMatch(message);
    const json = await inShell('"$@" 2> /dev/full', train("full-json", "--log-format", "json"));
    expect(json.code).toBe(1);
    for (const line of json.stdout.trimEnd().split("\n")) JSON.parse(line);
    expect(readdirSync(join(folder, "full-json", "checkpoints"))).toHaveLength(1);
  });

  test("does not cost what cannot be resumed", async () => {
    const { code, stderr } = await inShell('"$@" > /dev/full', train("full-whole", "--no-checkpoints"));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(holdsModel(join(folder, "full-whole"))).toBe(true);
  });

  test.each([
    ["predict", ["predict", "--model", model, "the otter waits", "no otter waits"]],
    ["predict --data", ["predict", "--model", model, "--data", data, "--json"]],
    ["evaluate", ["evaluate", "--model", model, "--data", data]],
    ["inspect", ["inspect", weights]],
    ["compare", ["compare", model, model, "--json"]],
    ["convert", ["convert", weights, join(folder, "full.npz")]],
    ["--help", ["--help"]],
  ])("is a failure of %s", async (_, args) => {
    const { code, stderr } = await inShell('"$@" > /dev/full', args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("takes no message of what went wrong, which goes to standard output then", async () => {
    const args = ["evaluate", "--model", join(folder, "nowhere"), "--data", data];
    const { code, stdout } = await inShell('"$@" 2> /dev/full', args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^tunebert: cannot read .*nowhere/);
    const json = await inShell('"$@" 2> /dev/full', [...args, "--json"]);
    expect(json).toMatchObject({ code: 1, stdout: "" });
  });
});

describe.skipIf(process.platform === "win32")("a terminal that hangs up", { concurrent: true }, () => {
  test("stops training after its step and a checkpoint, however often it does", async () => {
    const long = train("hung", "--epochs", "400");
    const run = start(long);
    while (!existsSync(join(folder, "hung", "metrics.jsonl"))) await sleep(2);
    run.kill("SIGHUP");
    run.kill("SIGHUP");
    const { code, stderr } = await run.ended;
    expect(code).toBe(129);
    expect(stderr).toMatch(/^stopped\. To go on from step \d+:\n.* --resume$/m);
    expect(
      readdirSync(join(folder, "hung", "checkpoints")).some((name) => name.endsWith(".safetensors")),
    ).toBe(true);
  });
});
