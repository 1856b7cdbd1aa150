/** Training in several processes of Open MPI. Where `mpirun` is not installed, this is left out. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import {
  COMMAND,
  holdsModel,
  readBytes,
  type Started,
  start,
  succeed,
  temporaryFolder,
} from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const hasMpi = spawnSync("mpirun", ["--version"]).status === 0;
const root = temporaryFolder();
const data = join(root, "pairs.csv");
const other = join(root, "other.csv");
const args = (out: string, ...flags: string[]) => [
  ...["train", "--train", data, "--test", data, "--min-frequency", "1", ...TINY_SIZES, ...TINY_TRAINING],
  ...["--dropout", "0.1", "--clip-norm", "0.5", "--out", join(root, out), ...flags],
];
/** What a test machine needs: it may be root's, and have fewer cores than processes. */
const MPIRUN = ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"];

/** Processes of mpirun, and others behind them. */
function mpirun(count: number, words: readonly string[], others: readonly string[] = []): Started {
  const rest = others.length === 0 ? [] : [":", "-n", "1", process.execPath, COMMAND, ...others];
  return start([...words, ...rest], { wrap: ["mpirun", ...MPIRUN, "-n", String(count)] });
}

/** Whether a run has ended its first epoch. */
function hasBegun(out: string): boolean {
  const metrics = join(root, out, "metrics.jsonl");
  return existsSync(metrics) && readFileSync(metrics, "utf8").includes('"event":"epoch"');
}

/** The processes that mpirun has started for a folder, the one of rank 1 last. */
function pidsOf(out: string): number[] {
  const { stdout } = spawnSync("pgrep", ["-f", `^${process.execPath} .*--out ${join(root, out)}`], {
    encoding: "utf8",
  });
  return stdout.trim().split("\n").map(Number);
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++) await setTimeout(50);
  expect(holds()).toBe(true);
}

describe.skipIf(!hasMpi)("mpirun (left out where Open MPI is not installed)", () => {
  beforeAll(() => {
    writeFileSync(data, toCsv(tinyPairs()));
    writeFileSync(other, toCsv(tinyPairs().slice(1)));
  });

  test("two processes of one thread give the bytes of one with two, and print what one prints", async () => {
    await succeed(args("alone", "--epochs", "2", "--threads", "2"));
    const { code, stdout, stderr } = await mpirun(2, args("two", "--epochs", "2")).ended;
    expect(code, stderr).toBe(0);
    expect(readBytes(root, "two/model.safetensors")).toEqual(readBytes(root, "alone/model.safetensors"));
    expect(stdout.match(/^epoch 2\/2: /gm)).toHaveLength(1);
    expect(stdout).toMatch(/^2 processes, 2 on \S+; 1 thread each$/m);
  });

  test("a run goes on with the bytes of one that never stopped, also as one process", async () => {
    for (const out of ["some", "more"]) {
      expect((await mpirun(2, args(out, "--epochs", "1")).ended).code).toBe(0);
    }
    expect((await mpirun(2, args("some", "--epochs", "2", "--resume")).ended).code).toBe(0);
    await succeed(args("more", "--epochs", "2", "--resume", "--threads", "2"));
    for (const out of ["some", "more"]) {
      expect(readBytes(root, `${out}/model.safetensors`)).toEqual(readBytes(root, "alone/model.safetensors"));
    }
    const { stderr } = await mpirun(3, args("more", "--epochs", "3", "--resume")).ended;
    expect(stderr).toContain("the checkpoint is of 2 threads, and now there are 3");
  });

  test("evaluation and prediction are shared out, and told once", async () => {
    for (const command of ["evaluate", "predict"]) {
      const words = [command, "--model", join(root, "alone"), "--data", data, "--json"];
      const { stdout: expected } = await succeed([...words, "--threads", "2"]);
      const { code, stdout, stderr } = await mpirun(2, words).ended;
      expect(code, stderr).toBe(0);
      expect(stdout).toBe(expected);
    }
  });

  test("other data, settings or folders are refused by name", async () => {
    const words = args("differs");
    const others = words.map((word) => (word === data ? other : word));
    const { code, stderr } = await mpirun(1, words, [...others, "--seed", "7"]).ended;
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^tunebert: rank 1 on \S+ differs from rank 0 on \S+:$/m);
    expect(stderr).toContain("  training pairs: others there");
    expect(stderr).toContain("  seed: 7, there 0");
    expect(stderr.match(/^tunebert: /gm)).toHaveLength(1);
    expect(existsSync(join(root, "differs/model.safetensors"))).toBe(false);
    const again = await mpirun(2, args("two")).ended;
    expect(again.code).not.toBe(0);
    expect(again.stderr.match(/^tunebert: .*/gm)).toEqual([expect.stringContaining("--overwrite")]);
  });

  test("SIGTERM ends all after a checkpoint, and a rank that dies ends all", {
    timeout: 120_000,
  }, async () => {
    const long = (out: string) => mpirun(2, args(out, "--epochs", "100000", "--checkpoint-every", "1h"));
    const stopped = long("stopped");
    await until(() => hasBegun("stopped"));
    stopped.kill("SIGTERM");
    const { code, stderr } = await stopped.ended;
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^stopped\. To go on from step \d+, have mpirun start this/m);
    expect(stderr).toContain("--resume");
    expect(holdsModel(join(root, "stopped"))).toBe(true);

    const orphaned = long("orphaned");
    await until(() => hasBegun("orphaned"));
    process.kill(pidsOf("orphaned").at(-1)!, "SIGKILL");
    const ended = await orphaned.ended;
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toMatch(/rank \d/);
    expect(readFileSync(join(root, "orphaned/metrics.jsonl"), "utf8")).toContain('"epoch"');
  });

  test("a rank that is silent ends all, with its name", { timeout: 120_000 }, async () => {
    const run = mpirun(2, args("silent", "--epochs", "100000", "--rank-timeout", "2"));
    await until(() => hasBegun("silent"));
    const pid = pidsOf("silent").at(-1)!;
    process.kill(pid, "SIGSTOP");
    const { code, stderr } = await run.ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "tunebert: rank 1 has been silent for 2 s; see what it does, or allow it more by --rank-timeout",
    );
  });
});
