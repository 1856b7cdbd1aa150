/** Two commands that are to write to one folder. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { loadModel, prepareModelFolder } from "../src/hub/store/model-folder.js";
import { fail, readBytes, type Started, start, succeed, temporaryFolder } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const LOCK = ".tunebert.lock";
const [mine, others] = ["mine.csv", "others.csv"].map((name) => join(folder, name)) as [string, string];
writeFileSync(mine, toCsv(tinyPairs()));
writeFileSync(others, toCsv(tinyPairs()).replaceAll("otter", "walrus"));

function train(data: string, out: string, ...flags: string[]): string[] {
  const tiny = [...TINY_TRAINING, ...TINY_SIZES, "--min-frequency", "1", "--checkpoint-every", "5"];
  return ["train", "--train", data, "--test", data, ...tiny, "--out", join(folder, out), ...flags];
}

/** Waits until a run has kept its first checkpoint and its first model. */
async function untilItTrains(out: string): Promise<void> {
  const [checkpoints, model] = ["checkpoints", "model.safetensors"].map((name) =>
    join(folder, out, name),
  ) as [string, string];
  const isKept = () =>
    existsSync(checkpoints) && readdirSync(checkpoints).some((name) => name.endsWith("5.safetensors"));
  while (!existsSync(model) || !isKept()) await sleep(2);
}

/** Begins a run that would go on for long, does something meanwhile, and stops it. */
async function whileOneTrains(out: string, act: (run: Started) => Promise<void>): Promise<void> {
  const run = start(train(mine, out, "--epochs", "100000"));
  try {
    await untilItTrains(out);
    await act(run);
  } finally {
    run.kill("SIGTERM");
  }
  expect((await run.ended).code).toBe(143);
  expect(existsSync(join(folder, out, LOCK))).toBe(false);
}

test("of two runs that start together in one folder, one trains, and its model is whole", async () => {
  const both = [start(train(mine, "both", "--epochs", "30")), start(train(others, "both", "--epochs", "30"))];
  const ends = await Promise.all(both.map(({ ended }) => ended));
  const [one, other] = ends[0]!.code === 0 ? ends : ends.toReversed();
  expect(one!.code, one!.stderr).toBe(0);
  expect(other!.code).toBe(1);
  // The one that started when the other was done would have lost its model.
  expect(other!.stderr).toMatch(
    /^tunebert: .*both (is in use: process \d+ on \S+ is training in it|holds a trained model)/m,
  );
  const word = ends[0]!.code === 0 ? "otter" : "walrus";
  expect(JSON.parse(readFileSync(join(folder, "both", "vocab.json"), "utf8"))).toContain(word);
  const data = word === "otter" ? mine : others;
  const { stdout } = await succeed(["evaluate", "--model", join(folder, "both"), "--data", data]);
  expect(stdout).toContain("accuracy");
  expect(existsSync(join(folder, "both", LOCK))).toBe(false);
});

test("a folder in which a run goes on is refused to every other, and can be read", async () => {
  await whileOneTrains("busy", async (run) => {
    const vocabulary = readBytes(folder, "busy", "vocab.json");
    const inUse = new RegExp(
      `busy is in use: process ${run.pid} on \\S+ is training in it\\. Wait for its end, or choose another`,
    );
    const refused = [
      train(others, "busy"),
      train(others, "busy", "--overwrite"),
      train(mine, "busy", "--epochs", "100000", "--resume"),
      ["demo", "--out", join(folder, "busy")],
    ];
    for (const message of await Promise.all(refused.map((args) => fail(args))))
      expect(message).toMatch(inUse);
    const saved = await loadModel(join(folder, "busy"));
    await expect(prepareModelFolder(join(folder, "busy"), saved, { overwrite: true })).rejects.toThrow(inUse);
    await succeed(["evaluate", "--model", join(folder, "busy"), "--data", mine]);
    await succeed(["predict", "--model", join(folder, "busy"), "the calm otter waits", "no otter waits"]);
    expect(readBytes(folder, "busy", "vocab.json")).toEqual(vocabulary);
  });
});

test("a run that was killed holds nothing: the next takes its lock and sweeps what it left", async () => {
  const run = start(train(mine, "killed", "--epochs", "100000"));
  await untilItTrains("killed");
  run.kill("SIGKILL");
  await run.ended;
  expect(existsSync(join(folder, "killed", LOCK))).toBe(true);
  const left = `model.safetensors.${run.pid}-1-0123456789abcdef.tmp`;
  const alive = `model.safetensors.${process.pid}--0123456789abcdef.tmp`;
  for (const name of [left, alive]) writeFileSync(join(folder, "killed", name), "half");
  await succeed(train(mine, "killed", "--epochs", "2", "--overwrite"), { cwd: process.cwd() });
  const names = readdirSync(join(folder, "killed"));
  expect(names).not.toContain(LOCK);
  expect(names).not.toContain(left);
  expect(names).toContain(alive);
});

test("a run whose lock is taken stops, and writes nothing more", async () => {
  const run = start(train(mine, "lost", "--epochs", "100000"));
  await untilItTrains("lost");
  writeFileSync(join(folder, "lost", LOCK), "another's");
  const { code, stderr } = await run.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tunebert: .*lost is no longer this run's/m);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(readFileSync(join(folder, "lost", LOCK), "utf8")).toBe("another's");
});

test("a run that fails before it trains leaves no folder", async () => {
  const missing = train(join(folder, "missing.csv"), join("new", "folder"));
  expect(await fail(missing)).toMatch(/cannot read/);
  expect(existsSync(join(folder, "new"))).toBe(false);
});
