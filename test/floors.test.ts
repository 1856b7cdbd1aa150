/** Who imports whom: the house that CONTRIBUTING.md draws, kept. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** From the ground up; what is not named here is not part of the house. */
const FLOORS: readonly (readonly string[])[] = [
  ["error", "concatenate", "option", "option-kinds", "system-error", "random"],
  ["onnx", "weights", "text", "runtime"],
  ["nn", "autodiff", "data", "metrics"],
  ["bert", "tasks", "audit"],
  ["train", "predict", "hub", "report"],
  ["run"],
  ["serve"],
  ["cli"],
  ["index"],
];
/** Up to this floor the same code runs in a browser tab… */
const PORTABLE = 3;
/** … but for what is Node's. */
const NODES_PART = ["runtime/threads/", "runtime/mpi/"];

interface SourceFile {
  /** Below src, with `/` between its parts. */
  readonly name: string;
  /** Of this project, likewise. */
  readonly imports: readonly string[];
  /** Node's own modules. */
  readonly nodeModules: readonly string[];
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map(read);

function read(name: string): SourceFile {
  const text = readFileSync(join(SRC, name), "utf8");
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(([, one]) => one!);
  return {
    name,
    imports: specifiers
      .filter((one) => one.startsWith("."))
      .map((one) => relative(SRC, join(SRC, dirname(name), one)).replaceAll("\\", "/"))
      .map((one) => one.replace(/\.js$/, ".ts")),
    nodeModules: specifiers.filter((one) => one.startsWith("node:")),
  };
}

const roomOf = (name: string) => name.split("/")[0]!.replace(/\.ts$/, "");
const floorOf = (name: string) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(name)));

test("every file stands on a floor, and every import is of a file that is there", () => {
  const names = new Set(files.map(({ name }) => name));
  expect(files.map(({ name }) => name).filter((name) => floorOf(name) < 0)).toEqual([]);
  expect(files.flatMap(({ imports }) => imports).filter((name) => !names.has(name))).toEqual([]);
});

test("nothing imports from a floor above its own", () => {
  const upwards = files.flatMap(({ name, imports }) =>
    imports.filter((one) => floorOf(one) > floorOf(name)).map((one) => `${name} imports ${one}`),
  );
  expect(upwards).toEqual([]);
});

test("there is no circle of rooms, and none of files", () => {
  const rooms = edges(
    files.flatMap(({ name, imports }) => imports.map((one) => [roomOf(name), roomOf(one)])),
  );
  expect(circle(rooms)).toEqual([]);
  expect(circle(edges(files.flatMap(({ name, imports }) => imports.map((one) => [name, one]))))).toEqual([]);
});

test("Node's modules are imported above the portable floors alone, and in the runtime's half for Node", () => {
  const portable = files.filter(
    ({ name }) => floorOf(name) <= PORTABLE && !NODES_PART.some((part) => name.startsWith(part)),
  );
  const found = portable.flatMap(({ name, nodeModules }) =>
    nodeModules.map((one) => `${name} imports ${one}`),
  );
  expect(found).toEqual([]);
});

function edges(pairs: readonly (readonly string[])[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [from, to] of pairs as [string, string][]) {
    if (from !== to) found.set(from, (found.get(from) ?? new Set()).add(to));
  }
  return found;
}

/** The first circle that is found, or nothing. */
function circle(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>();
  const walk = (from: string, path: readonly string[]): string[] => {
    if (path.includes(from)) return [...path.slice(path.indexOf(from)), from];
    if (done.has(from)) return [];
    for (const to of graph.get(from) ?? []) {
      const found = walk(to, [...path, from]);
      if (found.length > 0) return found;
    }
    done.add(from);
    return [];
  };
  for (const from of graph.keys()) {
    const found = walk(from, []);
    if (found.length > 0) return found;
  }
  return [];
}
