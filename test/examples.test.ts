/** Every public function and class has an example; these, and those of the pages, compile and run. */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleRun, writeExampleFolder } from "./support/example-folder.js";

const project = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tunebert-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Example {
  /** The function, class or page that it belongs to. */
  readonly of: string;
  readonly code: string;
}

const options: ts.CompilerOptions = {
  ...{ strict: true, noEmit: true, skipLibCheck: true },
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  typeRoots: [join(project, "node_modules/@types")],
};

const entries = publicEntries();
const examples: readonly Example[] = [
  ...entries.flatMap(({ name, example }) => (example === undefined ? [] : [{ of: name, code: example }])),
  ...pageExamples(),
];
const imported = entries.map(({ name }) => name);
let runs: readonly ExampleRun[];

beforeAll(async () => {
  await writeExampleFolder(join(folder, "files"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(project, join(folder, "node_modules/tunebert"), "junction");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  examples.forEach(({ code }, i) => {
    writeFileSync(fileOf(i, "ts"), withImports(code));
    const { outputText } = ts.transpileModule(checking(withImports(code)), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(fileOf(i, "js"), outputText);
  });
  runs = runAll();
});

test("every public function and class has an example", () => {
  expect(entries.filter(({ example }) => example === undefined).map(({ name }) => name)).toEqual([]);
});

test("all examples compile under strict", () => {
  const program = ts.createProgram(
    examples.map((_, i) => fileOf(i, "ts")),
    options,
  );
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const index = Number(/(\d+)\.ts$/.exec(file?.fileName ?? "")?.[1]);
    return `${examples[index]?.of}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  expect(problems).toEqual([]);
});

test.each(examples.map(({ of }, i) => [of, i] as const))("the example of %s runs", (_, i) => {
  expect(runs[i]?.failure).toBeUndefined();
  for (const { promised, printed } of runs[i]?.lines ?? []) expect(printed).toBe(promised);
});

/** What the package exports that is called, with its example. */
function publicEntries(): { readonly name: string; readonly example: string | undefined }[] {
  const index = join(project, "src/index.ts");
  const program = ts.createProgram([index], { ...options, module: ts.ModuleKind.NodeNext });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(index);
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module ? checker.getExportsOfModule(module) : [];
  return exported.flatMap((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if (!(target.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class))) return [];
    const tag = target.getJsDocTags(checker).find(({ name }) => name === "example");
    return { name: symbol.name, example: tag && ts.displayPartsToString(tag.text) };
  });
}

/** The blocks of TypeScript in the pages. */
function pageExamples(): Example[] {
  const docs = readdirSync(join(project, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...docs.map((name) => `docs/${name}`)].flatMap((page) => {
    const blocks = readFileSync(join(project, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm);
    return Array.from(blocks, ([, code = ""]) => ({ of: page, code }));
  });
}

function fileOf(index: number, ending: "ts" | "js"): string {
  return join(folder, `${index}.${ending}`);
}

/** An example with an import of what it uses, where it has none. */
function withImports(code: string): string {
  if (/^import /m.test(code)) return code;
  const declared = Array.from(
    code.matchAll(/const (\w+|[[{][^=]*[\]}]) =/g),
    ([, names = ""]) => names,
  ).join();
  const used = imported.filter((name) => word(name).test(code) && !word(name).test(declared));
  return `import { ${used.join(", ")} } from "tunebert";\n${code}\nexport {};\n`;
}

function word(name: string): RegExp {
  return new RegExp(`(?<![.\\w])${name}\\b`);
}

/** A line such as `console.log(value); // 2` promises what is printed; one that only gives an idea says "such as". */
function checking(code: string): string {
  return code.replaceAll(
    /^console\.log\((.*)\); \/\/ (?!such as)(.*)$/gm,
    (_, value: string, promised: string) => {
      return `promise(${JSON.stringify(promised)}, ${value});`;
    },
  );
}

/** Runs all in one process, one after the other. */
function runAll(): readonly ExampleRun[] {
  const runner = fileURLToPath(new URL("support/run-examples.js", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [runner, String(examples.length)], {
    ...{ cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 },
    env: { ...process.env, NO_COLOR: "1", TUNEBERT_CACHE: join(folder, "cache") },
  });
  expect(stderr).not.toContain("run-examples");
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n", stdout.length - 2) + 1));
}
