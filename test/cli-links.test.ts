/** Links in the folder that training writes to, and where convert writes. */
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { CheckpointFolder } from "../src/hub/store/checkpoint-folder.js";
import { fail, filesOf, readBytes, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
writeFileSync(data, toCsv(tinyPairs()));

function train(out: string, ...flags: string[]): string[] {
  const tiny = [...TINY_TRAINING, ...TINY_SIZES, "--epochs", "2", "--tensorboard"];
  return ["train", "--train", data, "--test", data, ...tiny, "--out", join(folder, out), ...flags];
}

beforeAll(async () => {
  await succeed(train("model"));
});

/** A copy of the model in which every file and folder is a link to one elsewhere. */
function linked(out: string): { readonly elsewhere: string; readonly names: readonly string[] } {
  const elsewhere = join(folder, `${out}-elsewhere`);
  cpSync(join(folder, "model"), elsewhere, { recursive: true });
  mkdirSync(join(folder, out));
  const names = readdirSync(elsewhere);
  for (const name of names) symlinkSync(join(elsewhere, name), join(folder, out, name), "junction");
  return { elsewhere, names };
}

function contentOf(place: string) {
  return ["", "checkpoints", "tensorboard"].map((name) => filesOf(join(place, name)));
}

test("a new run replaces links, and what they lead to stays as it is", async () => {
  const { elsewhere, names } = linked("links");
  const before = contentOf(elsewhere);
  await succeed(train("links", "--overwrite", "--seed", "1"));
  expect(contentOf(elsewhere)).toEqual(before);
  for (const name of names) expect(lstatSync(join(folder, "links", name)).isSymbolicLink(), name).toBe(false);
  expect(readBytes(folder, "links", "model.safetensors")).not.toEqual(
    readBytes(elsewhere, "model.safetensors"),
  );
});

test("a run that resumes replaces links to files, of both kinds", async () => {
  cpSync(join(folder, "model"), join(folder, "resumed"), { recursive: true });
  cpSync(join(folder, "model"), join(folder, "kept"), { recursive: true });
  const out = join(folder, "resumed");
  for (const name of filesOf(out).keys()) {
    renameSync(join(out, name), join(out, "moved"));
    if (name === "metrics.jsonl") linkSync(join(folder, "kept", name), join(out, name));
    else symlinkSync(join(folder, "kept", name), join(out, name));
  }
  renameSync(join(out, "moved"), join(folder, "moved"));
  const before = contentOf(join(folder, "kept"));
  await succeed(train("resumed", "--epochs", "3", "--resume"));
  expect(contentOf(join(folder, "kept"))).toEqual(before);
  expect(readFileSync(join(out, "metrics.jsonl"), "utf8")).toContain('"epoch":3');
});

test.each(["checkpoints", "tensorboard"])("a run does not resume through a link called %s", async (name) => {
  const out = `through-${name}`;
  cpSync(join(folder, "model"), join(folder, out), { recursive: true });
  const elsewhere = join(folder, `${out}-elsewhere`);
  renameSync(join(folder, out, name), elsewhere);
  symlinkSync(elsewhere, join(folder, out, name), "junction");
  const before = filesOf(elsewhere);
  const { code, stderr } = await tunebert(train(out, "--epochs", "3", "--resume"));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(`^tunebert: .*${name} is a link; tunebert writes to no folder elsewhere`, "m"),
  );
  expect(filesOf(elsewhere)).toEqual(before);
});

test("checkpoints are not kept through a link from TypeScript either", async () => {
  mkdirSync(join(folder, "api"));
  mkdirSync(join(folder, "api-elsewhere"));
  symlinkSync(join(folder, "api-elsewhere"), join(folder, "api", "checkpoints"), "junction");
  const checkpoint = { tensors: new Map(), state: { step: 1, best: null } };
  await expect(new CheckpointFolder(join(folder, "api")).save(checkpoint)).rejects.toThrow(/is a link/);
  expect(readdirSync(join(folder, "api-elsewhere"))).toEqual([]);
});

test("the output folder itself may be a link", async () => {
  mkdirSync(join(folder, "real"));
  symlinkSync(join(folder, "real"), join(folder, "named"), "junction");
  await succeed(train("named"));
  expect(lstatSync(join(folder, "named")).isSymbolicLink()).toBe(true);
  expect(readBytes(folder, "real", "model.safetensors")).toEqual(
    readBytes(folder, "model", "model.safetensors"),
  );
});

test("convert writes to the file that a link leads to, and only if it is allowed to replace it", async () => {
  const weights = join(folder, "model", "model.safetensors");
  const [target, link, lost] = ["target.npz", "link.npz", "lost.npz"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(target, "before");
  symlinkSync(target, link);
  symlinkSync(join(folder, "nowhere.npz"), lost);
  for (const out of [link, lost]) expect(await fail(["convert", weights, out])).toMatch(/exists already/);
  expect(readFileSync(target, "utf8")).toBe("before");
  expect(existsSync(join(folder, "nowhere.npz"))).toBe(false);
  await succeed(["convert", weights, link, "--overwrite"]);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(target, "utf8")).not.toBe("before");
});

test.skipIf(process.platform === "win32")("too few file descriptors are known before training", async () => {
  const limited = (count: number, out: string) =>
    tunebert(train(out), { wrap: ["bash", "-c", `ulimit -n ${count}; exec "$@"`, "bash"] });
  const { code, stderr } = await limited(92, "few");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^tunebert: .*too many files are open at once; allow more, say with `ulimit -n 1024`$/ms,
  );
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(existsSync(join(folder, "few"))).toBe(false);
  const enough = await limited(256, "enough");
  expect(enough.code, enough.stderr).toBe(0);
});
