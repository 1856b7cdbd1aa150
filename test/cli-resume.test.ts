import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Figures } from "../src/tasks/figures.js";
import { parseSafetensors, parseSafetensorsMetadata } from "../src/weights/safetensors.js";
import { checkpointBytes, deepJson } from "./support/checkpoint-bytes.js";
import {
  fail,
  filesOf,
  readBytes,
  readJsonLines,
  type Started,
  start,
  succeed,
  temporaryFolder,
  tunebert,
} from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, TWO_EPOCHS_OF_EVENTS, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
writeFileSync(data, toCsv(tinyPairs()));
const EPOCHS = 40;
const STEPS = 3 * EPOCHS;

/** The arguments of a run of 120 steps with dropout, a checkpoint every 7 steps and at the end of each epoch. */
function run(out: string, ...flags: string[]): string[] {
  return fineTune(out, ...TINY_SIZES, ...flags);
}

/** The same without the sizes of a model from scratch. */
function fineTune(out: string, ...flags: string[]): string[] {
  const tiny = [...TINY_TRAINING, "--epochs", `${EPOCHS}`, "--checkpoint-every", "7"];
  return ["train", "--train", data, "--test", data, ...tiny, "--out", join(folder, out), ...flags];
}

function checkpoints(out: string): string[] {
  return readdirSync(join(folder, out, "checkpoints")).sort();
}

function metricsOf(out: string) {
  return readJsonLines(readFileSync(join(folder, out, "metrics.jsonl"), "utf8"));
}

/** Sends a signal once the run has taken so many steps, and waits for its end. */
async function stopAt(step: number, out: string, { kill, ended }: Started, signal: NodeJS.Signals) {
  const path = join(folder, out, "metrics.jsonl");
  while (!existsSync(path) || !readFileSync(path, "utf8").includes(`"step":${step},`)) await sleep(2);
  kill(signal);
  return ended;
}

/** What the run has left equals, byte for byte or but for times, what one that never stopped leaves. */
function expectTheSame(out: string, whole = "whole") {
  for (const file of ["model.safetensors", "vocab.json", "config.json", "curves.svg"]) {
    expect(readBytes(folder, out, file), file).toEqual(readBytes(folder, whole, file));
  }
  const figures = (name: string) =>
    metricsOf(name)
      .filter(({ event }) => event !== "checkpoint")
      .map(({ seconds, examplesPerSecond, ...rest }) => rest);
  expect(figures(out)).toEqual(figures(whole));
  expect(readdirSync(join(folder, out)).sort()).toEqual(readdirSync(join(folder, whole)).sort());
}

beforeAll(async () => {
  await succeed(run("whole"));
});

test("the last two checkpoints stay, and the best", () => {
  const accuracyOf = ({ test }: Record<string, unknown>) => (test as Figures).accuracy!;
  const best = metricsOf("whole")
    .filter(({ event }) => event === "epoch")
    .reduce((a, b) => (accuracyOf(b) > accuracyOf(a) ? b : a));
  const steps = [STEPS - 1, STEPS, 3 * (best.epoch as number)].map((step) => `step-${step}.safetensors`);
  expect(checkpoints("whole")).toEqual([...new Set(steps)].sort());
});

test.each([1, 2])("a run on %d threads that was killed resumes to the same bytes", async (threads) => {
  const whole = threads === 1 ? "whole" : "whole-2";
  const flags = ["--threads", `${threads}`];
  if (threads > 1) await succeed(run(whole, ...flags));
  const out = `killed-${threads}`;
  await stopAt(20, out, start(run(out, ...flags)), "SIGKILL");
  writeFileSync(
    join(folder, out, "checkpoints", "step-21.safetensors.4194305--0123456789abcdef.tmp"),
    "half",
  );
  await stopAt(70, out, start(run(out, ...flags, "--resume")), "SIGKILL");
  const { stderr } = await succeed(run(out, ...flags, "--resume"));
  expect(stderr).toMatch(/^resuming at step \d+ from .*: epoch \d+, [012] steps of it done$/m);
  expectTheSame(out, whole);
  expect(checkpoints(out)).toEqual(checkpoints(whole));
});

test("a run with every option of training resumes to the same bytes", async () => {
  const options = [
    ...["--batch-size", "6", "--accumulate", "2", "--schedule", "cosine", "--warmup", "0.1"],
    ...["--weight-decay", "0.1", "--clip-norm", "0.5", "--label-smoothing", "0.1", "--freeze", "embeddings"],
    ...["--class-weights", "neutral=2", "entailment=0.5", "--validation", data],
    ...["--metric", "loss", "--patience", "5"],
  ];
  await succeed(run("options", ...options));
  await stopAt(20, "options-killed", start(run("options-killed", ...options)), "SIGKILL");
  await succeed(run("options-killed", ...options, "--resume"));
  expectTheSame("options-killed", "options");
  expect(checkpoints("options-killed")).toEqual(checkpoints("options"));
});

describe("asked to stop", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s, a run finishes its step, saves, and says how to resume", async (signal, code) => {
    const ran = await stopAt(10, signal, start(run(signal, "--overwrite")), signal);
    expect(ran.code).toBe(code);
    const step = metricsOf(signal).findLast(({ event }) => event === "step")!.step;
    expect(ran.stderr).toContain("stopping after this step and a checkpoint; once more stops at once\n");
    const [, from, command] = /^stopped\. To go on from step (\d+):\n {2}(.*)$/m.exec(ran.stderr)!;
    expect(Number(from)).toBe(step);
    expect(existsSync(join(folder, signal, "checkpoints", `step-${step}.safetensors`))).toBe(true);
    expect(command).toMatch(/^node \S*dist\/cli\/main\.js train .* --resume$/);
    expect(command).not.toContain("--overwrite");
    await succeed([], { wrap: ["sh", "-c", command!] });
    expectTheSame(signal);
  });

  test("twice, it stops at once", async () => {
    const large = ["--hidden", "384", "--ffn", "1536", "--blocks", "6", "--batch-size", "36"];
    const slow = start(run("twice", ...large));
    const path = join(folder, "twice", "metrics.jsonl");
    while (!existsSync(path)) await sleep(2);
    slow.kill("SIGINT");
    while (!slow.stderr().includes("stopping")) await sleep(2);
    slow.kill("SIGTERM");
    const { signal, stderr } = await slow.ended;
    expect(signal).toBe("SIGTERM");
    expect(stderr).not.toContain("To go on");
  });
});

describe("of a run that was stopped", () => {
  beforeAll(async () => {
    const { code } = await stopAt(40, "stopped", start(run("stopped")), "SIGINT");
    expect(code).toBe(130);
  });

  /** A copy that a test may change. */
  async function copy(out: string) {
    await cp(join(folder, "stopped"), join(folder, out), { recursive: true });
    return checkpoints(out)
      .map((name) => Number(/\d+/.exec(name)))
      .sort((a, b) => a - b)
      .map((step) => join(folder, out, "checkpoints", `step-${step}.safetensors`));
  }

  test.each([
    ["has a wrong byte", (bytes: Uint8Array) => bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1)],
    ["has a wrong byte in its header", (bytes: Uint8Array) => bytes.with(200, bytes[200]! ^ 1)],
    ["is cut short", (bytes: Uint8Array) => bytes.subarray(0, -1)],
    ["is empty", () => new Uint8Array(0)],
  ])("a latest checkpoint that %s is reported, and the one before it used", async (how, damage) => {
    const out = `damaged, ${how}`;
    const files = await copy(out);
    writeFileSync(files.at(-1)!, damage(readBytes(files.at(-1)!)));
    const { stderr } = await succeed(run(out, "--resume"));
    expect(stderr).toContain(`${files.at(-1)}: it is damaged`);
    expect(stderr).toContain(`from ${files.at(-2)}`);
    expectTheSame(out);
  });

  test("no checkpoint that can be used is an error", async () => {
    const files = await copy("ruined");
    for (const file of files) writeFileSync(file, "ruined");
    const { code, stderr } = await tunebert(run("ruined", "--resume"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tunebert: none of the checkpoints in .* can be used: step-.*$/m);
  });

  test("other settings or data are refused by name, and nothing is touched", async () => {
    await copy("changed");
    const before = readBytes(folder, "changed", "metrics.jsonl");
    const other = join(folder, "other.csv");
    writeFileSync(other, toCsv([...tinyPairs()].reverse()));
    const flags = ["--learning-rate", "5e-4", "--max-length", "15", "--train", other, "--resume"];
    const { code, stderr } = await tunebert(run("changed", ...flags));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /another run:\n {2}the training pairs changed\n {2}--learning-rate was 0.0001, is 0.0005\n {2}--max-length was 16, is 15\n/,
    );
    expect(readBytes(folder, "changed", "metrics.jsonl")).toEqual(before);
  });

  test("another number of threads is allowed, and said to change the bits", async () => {
    await copy("threads");
    const { stderr } = await succeed(run("threads", "--threads", "2", "--resume"));
    expect(stderr).toMatch(/the checkpoint is of 1 threads, and now there are 2: .* not be, bit for bit/);
    expect(metricsOf("threads").at(-1)).toMatchObject({ event: "done", threads: 2 });
  });

  test("a new run does not replace the checkpoints, but with --overwrite", async () => {
    await copy("replaced");
    expect(await fail(run("replaced"))).toMatch(
      /holds a trained model already; .* pass --resume to go on with its training, or pass --overwrite/,
    );
    await succeed(run("replaced", "--epochs", "1", "--overwrite"));
    expect(checkpoints("replaced")).toEqual(["step-3.safetensors"]);
  });

  test("a lost config.json is written anew", async () => {
    await copy("unconfigured");
    rmSync(join(folder, "unconfigured", "config.json"));
    await succeed(run("unconfigured", "--resume"));
    expectTheSame("unconfigured");
  });

  test("more epochs may be asked for", async () => {
    await copy("longer");
    await succeed(run("longer", "--epochs", "50", "--resume"));
    await succeed(run("long", "--epochs", "50"));
    expectTheSame("longer", "long");
  });
});

describe("a run that is finished", () => {
  /** A copy, with what all its files hold and when they were last written. */
  async function copy(out: string) {
    await cp(join(folder, "whole"), join(folder, out), { recursive: true, preserveTimestamps: true });
    const look = () =>
      readdirSync(join(folder, out), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => [
          name,
          statSync(join(parentPath, name)).mtimeMs,
          readBytes(parentPath, name),
        ]);
    return { look, before: look() };
  }

  test("says so, and stays as it is, to the last file, whatever the threads are now", async () => {
    const { look, before } = await copy("finished");
    const { stdout, stderr } = await succeed(run("finished", "--threads", "2", "--resume"));
    expect(stderr).toContain(
      `nothing is left to train: all ${EPOCHS} epochs are done; raise --epochs to go on\n`,
    );
    expect(stdout).toMatch(/^loss .*, test acc .*\n.* on 1 CPU thread$/m);
    expect(look()).toEqual(before);
  });

  test("but for its reports gets them", async () => {
    await copy("unreported");
    for (const file of ["run.json", "report.html", "curves.svg"]) rmSync(join(folder, "unreported", file));
    await succeed(run("unreported", "--resume"));
    expectTheSame("unreported");
    writeFileSync(join(folder, "unreported", "run.json"), "{");
    await succeed(run("unreported", "--resume"));
    const { training } = JSON.parse(readFileSync(join(folder, "unreported", "run.json"), "utf8"));
    expect(training).toMatchObject({ steps: STEPS, threads: 1 });
  });

  test("is not said to be where it is refused", async () => {
    const message = await fail(run("whole", "--learning-rate", "5e-4", "--resume"));
    expect(message).toMatch(/^cannot resume, since this would be another run:\n {2}--learning-rate was/);
  });
});

describe("a checkpoint with a right checksum", () => {
  /** A finished run whose latest checkpoint has another state. */
  async function withState(out: string, change: (state: string) => string) {
    await cp(join(folder, "whole"), join(folder, out), { recursive: true });
    const path = join(folder, out, "checkpoints", `step-${STEPS}.safetensors`);
    const bytes = readBytes(path);
    const { state } = parseSafetensorsMetadata(bytes) as { state: string };
    const tensors = parseSafetensors(bytes);
    tensors.delete("sha256");
    writeFileSync(path, checkpointBytes(tensors, change(state)));
    return path;
  }

  test.each([
    ["null", () => "null", "its state: it is null"],
    ["nested deeply", () => deepJson(100_000), "its state is nested more than 100 levels"],
    ["of strings", (s: string) => s.replace(/"step":\d+/, '"step":"120"'), 'state: step is "120"; expected'],
    [
      "of a version with no text",
      (s: string) => s.replace('"version":3', '"version":{"toString":1}'),
      "version is an object",
    ],
  ])("and a state that is %s is reported, and the one before it used", async (how, change, message) => {
    const path = await withState(`state ${how}`, change);
    const { stderr } = await succeed(run(`state ${how}`, "--resume"));
    expect(stderr).toContain(`${path}: `);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`from ${path.replace(`${STEPS}`, `${STEPS - 1}`)}`);
    expectTheSame(`state ${how}`);
  });

  test.each([
    ["count", (s: string) => s.replace(/"examples":\d+/, '"examples":1e15'), "examples cannot be right"],
    [
      "curve",
      (s: string) => s.replace(/"loss":\[/, '"loss":[null,'),
      "memories.curves.train.loss[0] is null",
    ],
    [
      "log",
      (s: string) => s.replace(/"metricsBytes":\d+/, '"metricsBytes":-1'),
      "memories.metricsBytes is -1",
    ],
    [
      "setting",
      (s: string) => s.replace('"settings":{', '"settings":{"constructor":"x","toString":1,'),
      "constructor was x, is not given",
    ],
  ])("and a %s that is none is refused, and nothing is touched", async (what, change, message) => {
    const path = await withState(`odd ${what}`, change);
    const before = filesOf(join(folder, `odd ${what}`));
    const refused = await fail(run(`odd ${what}`, "--resume"));
    expect(refused).toContain(message);
    if (what !== "setting") expect(refused).toContain(`${path}: `);
    expect(filesOf(join(folder, `odd ${what}`))).toEqual(before);
  });
});

test("without a checkpoint there is nothing to resume", async () => {
  expect(await fail(run("nowhere", "--resume"))).toMatch(
    /holds no checkpoint, so there is nothing to resume/,
  );
});

test("--no-checkpoints takes none", async () => {
  await succeed(run("none", "--epochs", "1", "--no-checkpoints"));
  expect(existsSync(join(folder, "none", "checkpoints"))).toBe(false);
});

test("a pretrained model resumes from its checkpoint, not from its weights", async () => {
  const flags = ["--pretrained", join(folder, "whole"), "--epochs", "20"];
  await succeed(fineTune("tuned", ...flags));
  await stopAt(30, "retuned", start(fineTune("retuned", ...flags)), "SIGKILL");
  await succeed(fineTune("retuned", ...flags, "--resume"));
  expectTheSame("retuned", "tuned");
});

test("the pretrained model may lie elsewhere or be spelt otherwise, but has to be the same", async () => {
  const [here, there] = [join(folder, "whole"), join(folder, "there")];
  await cp(here, there, { recursive: true });
  await succeed(fineTune("moved", "--epochs", "1", "--pretrained", here));
  for (const [i, pretrained] of [`${here}/`, relative("", here), there].entries()) {
    await succeed(fineTune("moved", "--epochs", `${i + 2}`, "--resume", "--pretrained", pretrained));
  }
  const refused = await fail(
    fineTune("moved", "--epochs", "5", "--resume", "--pretrained", join(folder, "whole-2")),
  );
  expect(refused).toMatch(/another run:\n {2}the pretrained weights changed\nGive/);
});

test("a run that replaces the model it starts from can be resumed", async () => {
  await cp(join(folder, "whole"), join(folder, "itself"), { recursive: true });
  const flags = ["--pretrained", join(folder, "itself")];
  await succeed(fineTune("itself", ...flags, "--epochs", "1", "--overwrite"));
  await succeed(fineTune("itself", ...flags, "--epochs", "2", "--resume"));
  await succeed(fineTune("other", "--pretrained", join(folder, "whole"), "--epochs", "2"));
  expectTheSame("itself", "other");
});

test("--log-format json prints every event, and nothing else", async () => {
  const { stdout, stderr } = await succeed(run("json", "--epochs", "2", "--log-format", "json"));
  const events = readJsonLines(stdout);
  expect(events.filter(({ event }) => event !== "checkpoint").map(({ event }) => event)).toEqual(
    TWO_EPOCHS_OF_EVENTS,
  );
  const checkpoint = events.find(({ event }) => event === "checkpoint");
  expect(checkpoint).toMatchObject({ step: 3, epoch: 2, stepInEpoch: 0, best: true });
  expect(basename(checkpoint!.file as string)).toBe("step-3.safetensors");
  expect(stderr).toContain("read 36 train examples");
});

test.skipIf(process.platform === "win32")(
  "where files may not grow, the run ends with a message, and its checkpoints stay",
  async () => {
    const size = readBytes(folder, "whole", "checkpoints", checkpoints("whole")[0]!).length;
    // In blocks of 1,024 bytes: checkpoints grow with the curves in them, until one does not fit.
    const limit = Math.floor(size / 1024);
    const wrap = ["bash", "-c", `ulimit -f ${limit}; exec "$@"`, "bash"];
    const { code, stderr } = await tunebert(run("full"), { wrap });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^tunebert: cannot write .*step-\d+\.safetensors: the file would be larger than is allowed$/m,
    );
    expect(stderr).toContain(" --resume\n");
    expect(checkpoints("full").length).toBeGreaterThanOrEqual(2);
    await succeed(run("full", "--resume"));
    expectTheSame("full");
  },
);
