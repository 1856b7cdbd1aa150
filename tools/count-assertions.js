// Counts what the compiler is told instead of shown: non-null assertions (of these: on an index)
// and casts, per folder of src, tests left out.
//
// node tools/count-assertions.js [--list folder]

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript";

const source = fileURLToPath(new URL("../src", import.meta.url));
const { list } = parseArgs({ options: { list: { type: "string" } } }).values;

const folders = {};
const total = emptyCounts();
for (const path of sourceFiles()) {
  const name = relative(source, path);
  const folder = name.includes(sep) ? name.split(sep)[0] : ".";
  folders[folder] ??= emptyCounts();
  countAssertions(path, (kind, line, text) => {
    folders[folder][kind]++;
    total[kind]++;
    if (list === folder) console.log(`src/${name}:${line}: ${kind}: ${text}`);
  });
}
console.table({ ...folders, total });

function emptyCounts() {
  return { "!": 0, "! on an index": 0, as: 0 };
}

function sourceFiles() {
  return readdirSync(source, { recursive: true })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(source, name));
}

function countAssertions(path, count) {
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
  visit(file);

  function visit(node) {
    if (ts.isNonNullExpression(node)) {
      report("!", node);
      if (ts.isElementAccessExpression(node.expression)) report("! on an index", node);
    }
    if (ts.isAsExpression(node) && node.type.getText(file) !== "const") report("as", node);
    ts.forEachChild(node, visit);
  }

  function report(kind, node) {
    const start = node.getStart(file);
    count(kind, file.getLineAndCharacterOfPosition(start).line + 1, node.getText(file));
  }
}
