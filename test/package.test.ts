import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { shippedModels } from "../src/hub/shipped.js";
import { holdsModel, start, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { anchors, links } from "./support/markdown.js";
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

/** Of each model that ships. */
const MODEL_FILES = [
  "LICENSE",
  "MODEL_CARD.md",
  "config.json",
  "model.safetensors",
  "tokenizer_config.json",
  "vocab.json",
];

test("the tarball holds the built package, what is to be read about it, and nothing else", () => {
  const others = packed.filter((path) => !/^dist\/[\w/-]+\.(js|d\.ts|wasm)$/.test(path));
  const alone = others.filter((path) => !/^docs\/([\w-]+\.md|images\/[\w-]+\.png)$/.test(path));
  const models = alone.filter((path) => path.startsWith("models/"));
  expect(alone.filter((path) => !models.includes(path)).sort()).toEqual([
    ...["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "package.json"],
  ]);
  expect(models.map((path) => path.replace(/^models\/[\w.]+\//, "")).sort()).toEqual(
    shippedModels.flatMap(() => MODEL_FILES).sort(),
  );
  expect(packed).toContain("dist/index.js");
  expect(packed).toContain("dist/index.d.ts");
  expect(packed).toContain("dist/runtime/threads/replica-worker.js");
  expect(packed.filter((path) => /test|fixture|support/.test(path))).toEqual([]);
});

test("no file of the tarball refers to one that is not in it", () => {
  const dead = packed.flatMap((path) => {
    const text = readFileSync(join(installed, path), "utf8");
    if (path.endsWith(".md")) return deadLinks(path, text);
    return /\.(js|ts)$/.test(path) && /^\/\/# sourceMappingURL=/m.test(text) ? [`${path}: a source map`] : [];
  });
  expect(dead).toEqual([]);
});

/** Links of a page to files that are not in the tarball, or to headings that their page does not have. */
function deadLinks(page: string, text: string): string[] {
  return links(text)
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [path, anchor] = target.split("#", 2);
      const file = path === "" ? page : join(dirname(page), path!).replaceAll("\\", "/");
      if (!packed.includes(file)) return true;
      return anchor !== undefined && !anchors(readFileSync(join(installed, file), "utf8")).has(anchor);
    })
    .map((target) => `${page}: ${target}`);
}

test("the help of the installed command tells where messages are explained", async () => {
  const { stdout } = await succeed(["--help"], { cwd: user, script: join(installed, manifest.bin.tunebert) });
  const [page] = /\S+troubleshooting\.md$/m.exec(stdout)!;
  expect(readFileSync(page, "utf8")).toMatch(/^# Troubleshooting$/m);
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

  test.each([
    ["TypeScript 7", "@typescript/native/bin/tsc"],
    ["TypeScript 6", "typescript/bin/tsc6"],
  ])("compiles with %s against the types of the package, without those of Node", (_, compiler) => {
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [] },
      ...{ target: "es2022", module: "nodenext", lib: ["es2023", "dom"] },
    };
    writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["example.ts"] }));
    const tsc = join(project, "node_modules", compiler);
    const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: user, encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  test("trains, saves and asks a model", async () => {
    const { stdout } = await succeed([], { cwd: user, script: "example.js" });
    expect(stdout).toMatch(/label: '(entailment|contradiction|neutral)'/);
    expect(holdsModel(join(user, "my-model"))).toBe(true);
    const evaluated = await succeed(["evaluate", "--model", "my-model", "--data", "test.csv"], { cwd: user });
    expect(evaluated.stdout).toContain("9 examples");
  });

  test.runIf(process.features.require_module)("leaves a model that a CommonJS program asks", async () => {
    const program = `
      const { loadModel, Predictor } = require("tunebert");
      loadModel("my-model")
        .then((saved) => Predictor.start({ ...saved, threads: 1 }))
        .then((predictor) => predictor.close())
        .then(() => console.log("asked"));`;
    writeFileSync(join(user, "asks.cjs"), program);
    const { stdout, stderr } = await succeed([], { cwd: user, script: "asks.cjs" });
    expect({ stdout, stderr }).toEqual({ stdout: "asked\n", stderr: "" });
  });

  test("says what to do where the package's modules were moved into a bundle", async () => {
    cpSync(join(installed, "dist"), join(user, "bundle"), { recursive: true });
    const program = `
      import { loadModel, Predictor } from "./bundle/index.js";
      await Predictor.start({ ...(await loadModel("my-model")), threads: 1 });`;
    writeFileSync(join(user, "bundled.mjs"), program);
    const { code, stderr } = await tunebert([], { cwd: user, script: "bundled.mjs" });
    expect(code).toBe(1);
    expect(stderr).toMatch(/TunebertError: cannot find #replica-worker.*--external:tunebert/);
  });

  describe("the programs on the page about serving", () => {
    const pair = { text: "some otter waits", textPair: "no otter waits" };
    const answered = { label: expect.any(String), probabilities: expect.any(Array) };
    beforeAll(() => {
      const page = readFileSync(join(project, "docs/serving.md"), "utf8");
      for (const [, program, name] of page.matchAll(/^```js\n(\/\/ (\w+\.js)\n.*?)^```/gms)) {
        writeFileSync(join(user, name!), program!);
      }
    });

    test("the container's command serves, its page too", async () => {
      const page = readFileSync(join(project, "docs/serving.md"), "utf8");
      const [, words] = /^CMD (\[.*\])$/m.exec(page)!;
      const [, script, ...args] = JSON.parse(words!) as [string, string, ...string[]];
      const own = args.map((word) => ({ "/app/my-model": "my-model", "0.0.0.0": "127.0.0.1" })[word] ?? word);
      const server = start([...own, "--port", "0"], { cwd: user, script: join(user, script) });
      try {
        const url = await vi.waitFor(() => /served at (\S+)/.exec(server.stderr())![1]!, 20_000);
        for (const path of ["/health", "/", "/page.js", "/page.css"]) {
          expect((await fetch(url + path)).status, path).toBe(200);
        }
      } finally {
        server.kill("SIGTERM");
      }
      expect((await server.ended).code).toBe(0);
    });

    test("the service answers, and says what is wrong", async () => {
      // The service tells nobody where it listens.
      const program = `
        import { Server } from "node:http";
        const { listen } = Server.prototype;
        const listening = new Promise((resolve) => {
          Server.prototype.listen = function (port) {
            return listen.call(this, port, "127.0.0.1", () => resolve(this));
          };
        });
        process.env.PORT = "0";
        await import("./service.js");
        const server = await listening;
        const ask = async (query) => {
          const response = await fetch("http://127.0.0.1:" + server.address().port + "/?" + new URLSearchParams(query));
          return { status: response.status, body: await response.json() };
        };
        console.log(JSON.stringify([await ask(${JSON.stringify(pair)}), await ask({ textPair: "alone" })]));
        process.exit();`;
      writeFileSync(join(user, "asks-service.mjs"), program);
      const { stdout } = await succeed([], { cwd: user, script: "asks-service.mjs" });
      const [good, bad] = JSON.parse(stdout);
      expect(good).toEqual({ status: 200, body: answered });
      expect(bad).toEqual({ status: 400, body: { error: expect.stringContaining("text is null") } });
    });

    test("the function answers, loads its model once, and says what is wrong", async () => {
      const program = `
        import { handler } from "./function.js";
        const ask = (body) => handler({ body });
        const answers = [await ask('${JSON.stringify(pair)}'), await ask('${JSON.stringify(pair)}'), await ask("{}")];
        console.log(JSON.stringify(answers));`;
      writeFileSync(join(user, "asks-function.mjs"), program);
      const { stdout } = await succeed([], { cwd: user, script: "asks-function.mjs" });
      const [first, second, bad] = JSON.parse(stdout);
      expect(first.statusCode).toBe(200);
      expect(JSON.parse(first.body)).toEqual(answered);
      expect(second).toEqual(first);
      expect(bad.statusCode).toBe(400);
    });
  });
});
