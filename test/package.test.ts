import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { holdsModel, succeed, temporaryFolder } from "./support/command.js";
import { tinyPairs, toCsv } from "./support/tiny.js";

const project = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));

/** A folder of a user of the package, who has installed it and nothing else. */
const user = temporaryFolder();
const installed = join(user, "node_modules", "tunebert");
let packed: string[];

/** Unpacks the tarball and links what it depends on, as an installation would, without a registry. */
beforeAll(() => {
  const npm = ["pack", "--json", "--pack-destination", user];
  const [tarball] = JSON.parse(execFileSync("npm", npm, { cwd: project, encoding: "utf8", stdio: "pipe" }));
  packed = tarball.files.map(({ path }: { path: string }) => path);
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(user, tarball.filename), "--strip-components=1", "-C", installed]);
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(user, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(project, "node_modules", name), link, "junction");
  }
  writeFileSync(join(user, "package.json"), '{ "type": "module" }');
  writeFileSync(join(user, "train.csv"), toCsv(tinyPairs()));
  writeFileSync(join(user, "test.csv"), toCsv(tinyPairs().slice(0, 9)));
});

test("the tarball holds the built package, what is to be read about it, and nothing else", () => {
  const others = packed.filter((path) => !/^dist\/[\w/-]+\.(js|d\.ts|js\.map|wasm)$/.test(path));
  expect(others.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  expect(packed).toContain("dist/index.js");
  expect(packed).toContain("dist/index.d.ts");
  expect(packed).toContain("dist/runtime/threads/replica-worker.js");
  expect(packed.filter((path) => /test|fixture|support/.test(path))).toEqual([]);
});

test("the installed command trains and answers", async () => {
  const script = join(installed, manifest.bin.tunebert);
  const options = { cwd: user, script };
  const sizes = ["--hidden", "16", "--ffn", "16", "--heads", "2", "--blocks", "1", "--epochs", "1"];
  await succeed(["train", "--train", "train.csv", "--threads", "2", ...sizes, "--out", "model"], options);
  const { stdout } = await succeed(
    ["predict", "--model", "model", "some otter waits", "no otter waits"],
    options,
  );
  expect(stdout).toMatch(/entailment \d\.\d{3} +contradiction \d\.\d{3} +neutral \d\.\d{3}/);
});

describe("the example in the README", () => {
  beforeAll(() => {
    const [, example] = /```ts\n(.*?)```/s.exec(readFileSync(join(project, "README.md"), "utf8"))!;
    writeFileSync(join(user, "example.ts"), example!);
  });

  test("compiles against the types of the package, without those of Node", () => {
    const flags = [
      ...["--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--module", "nodenext"],
      ...["--lib", "es2023,dom", "--types", ""],
    ];
    const tsc = join(project, "node_modules", "@typescript", "native", "bin", "tsc");
    expect(() =>
      execFileSync(process.execPath, [tsc, ...flags, "example.ts"], { cwd: user, stdio: "pipe" }),
    ).not.toThrow();
  });

  test("trains, saves and asks a model", async () => {
    const { stdout } = await succeed([], { cwd: user, script: "example.js" });
    expect(stdout).toMatch(/label: '(entailment|contradiction|neutral)'/);
    expect(holdsModel(join(user, "my-model"))).toBe(true);
    const evaluated = await succeed(["evaluate", "--model", "my-model", "--data", "test.csv"], { cwd: user });
    expect(evaluated.stdout).toContain("9 examples");
  });
});
