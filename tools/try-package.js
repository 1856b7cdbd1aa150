// Installs the packed tarball in an empty folder and tries it as its users would: as a command, from CommonJS, compiled
// with TypeScript 5.6 and 7, bundled by esbuild, and without what docs/install.md says may be left out.
//
//   npm run build && node tools/try-package.js
//
// Wants npm's registry, for what tunebert depends on, both compilers and esbuild; 800 MB in the folder for temporary
// files, and a minute. Prints what it saw, among it the sizes that docs/install.md tells; fails at the first step that
// does not do what is promised.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const TYPESCRIPTS = ["5.6", "7"];
const MODEL = "--hidden 16 --ffn 16 --heads 2 --blocks 1 --epochs 1 --batch-size 50 --overwrite --out model";

/** The folder of a user, in which nothing but tunebert is installed. */
const user = mkdtempSync(join(tmpdir(), "tunebert-package-"));
const modules = join(user, "node_modules");
/** Where compilers and bundler are. */
const workshop = join(user, "workshop");
try {
  install();
  tellSizes();
  trainAndAsk();
  askFromCommonJs();
  compile();
  bundle();
  leaveOut();
} finally {
  rmSync(user, { recursive: true, force: true });
}

function install() {
  const [tarball] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", user], PROJECT));
  npmInstall(user, `./${tarball.filename}`);
  console.log(`installed ${tarball.filename}, ${tarball.files.length} files`);
}

/** Leaves out what onnxruntime-node's script would download, which tunebert does not use. */
function npmInstall(folder, ...packages) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  run("npm", ["install", ...packages], folder, { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" });
}

function tellSizes() {
  console.log(`node_modules: ${megabytes(modules)} MB`);
  for (const name of ["onnxruntime-node", "protobufjs", "vega", "tunebert"]) {
    console.log(`  ${name}: ${megabytes(join(modules, name))} MB`);
  }
  const binaries = join(modules, "onnxruntime-node", "bin", "napi-v6");
  for (const system of readdirSync(binaries)) {
    for (const processor of readdirSync(join(binaries, system))) {
      console.log(`    ${system}/${processor}: ${megabytes(join(binaries, system, processor))} MB`);
    }
  }
}

function trainAndAsk() {
  tunebert("demo --pairs .");
  for (const name of ["train", "test"]) {
    const rows = readFileSync(join(user, `${name}.tsv`), "utf8")
      .split("\n")
      .slice(0, 500);
    writeFileSync(join(user, `${name}.csv`), rows.join("\n"));
  }
  tunebert(`train --train train.csv --test test.csv ${MODEL}`);
  const [answer] = tunebert("predict --model model a b").split("\n");
  console.log(`the command trains and answers: ${answer}`);
}

function askFromCommonJs() {
  const program = `
    const { loadModel, Predictor } = require("tunebert");
    loadModel("model")
      .then((saved) => Predictor.start({ ...saved, threads: 1 }))
      .then((predictor) => predictor.close());`;
  writeFileSync(join(user, "asks.cjs"), program);
  run("node", ["asks.cjs"]);
  console.log("a CommonJS program asks it");
}

/** The README's example, and what every TypeScript takes in a CommonJS module. */
function compile() {
  const [, example] = /```ts\n(.*?)```/s.exec(readFileSync(join(PROJECT, "README.md"), "utf8"));
  writeFileSync(join(user, "example.ts"), example);
  writeFileSync(
    join(user, "imports.cts"),
    'import("tunebert").then(({ loadModel }) => loadModel("model"));\n',
  );
  const compilers = TYPESCRIPTS.map((version) => `typescript-${version}@npm:typescript@${version}`);
  npmInstall(workshop, "esbuild", "@types/node@20", ...compilers);
  for (const version of TYPESCRIPTS) {
    for (const types of [[], ["node"]]) {
      typecheck(version, { module: "nodenext", types }, ["example.ts", "imports.cts"]);
      typecheck(version, { module: "esnext", moduleResolution: "bundler", types }, ["example.ts"]);
    }
    run("node", ["example.js"]);
    run("node", ["imports.cjs"]);
    rmSync(join(user, "my-model"), { recursive: true });
    console.log(`TypeScript ${version} compiles the README's example, and it trains`);
  }
}

function typecheck(version, options, files) {
  const compilerOptions = {
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
    ...{ target: "es2022", lib: ["es2023", "dom"], typeRoots: [join(workshop, "node_modules", "@types")] },
    ...options,
  };
  writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  run("node", [join(workshop, "node_modules", `typescript-${version}`, "bin", "tsc")]);
}

function bundle() {
  const esbuild = join(workshop, "node_modules", ".bin", "esbuild");
  for (const [program, format, output] of [
    ["example.ts", "esm", "bundle/example.mjs"],
    ["asks.cjs", "cjs", "bundle/asks.cjs"],
  ]) {
    const flags = ["--bundle", "--platform=node", "--external:tunebert", `--format=${format}`];
    run(esbuild, [program, ...flags, `--outfile=${output}`]);
    run("node", [output]);
    console.log(`esbuild ${program} ${flags.join(" ")}: the bundle runs`);
  }
}

/** Does what docs/install.md says, and trains with what is left. */
function leaveOut() {
  const page = readFileSync(join(PROJECT, "docs", "install.md"), "utf8");
  const [, commands] = /^```sh leave out\n(.*?)^```/ms.exec(page);
  run("sh", ["-ec", commands]);
  tunebert(`train --train train.csv --test test.csv ${MODEL}`);
  console.log(`trains with ${megabytes(modules)} MB in node_modules`);
}

function tunebert(args) {
  return run(join(modules, ".bin", "tunebert"), args.split(" "));
}

function run(program, args, cwd = user, env = process.env) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** What files take, in millions of bytes. */
function megabytes(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const bytes = files.map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
  return Math.round(bytes.reduce((sum, size) => sum + size, 0) / 1e6);
}
