import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { succeed } from "./support/command.js";

const project = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(project, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(project, page), "utf8");

  test("calls commands that there are, with flags that they take", async () => {
    for (const [command, flags] of calls(text)) {
      const known = await flagsOf(command);
      expect(known, `tunebert ${command}`).toEqual(expect.arrayContaining([...flags]));
    }
  });
});

const known = new Map<string, Promise<string[]>>();

/** The flags that a command takes. */
function flagsOf(command: string): Promise<string[]> {
  const flags =
    known.get(command) ??
    succeed([command, "--help"]).then(({ stdout }) =>
      stdout.match(/^ +(?:-\w, )?--[\w-]+/gm)!.map((line) => line.replace(/^.*--/, "--")),
    );
  known.set(command, flags);
  return flags;
}
test("the page of options is what the tables of options say", () => {
  const tool = join(project, "tools", "write-options.js");
  const { status, stderr } = spawnSync(process.execPath, [tool, "--check"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

/** The flags with which a page calls each command in its blocks of shell. */
function calls(text: string): Map<string, Set<string>> {
  const called = new Map<string, Set<string>>();
  for (const [, block] of text.matchAll(/^```sh.*\n([\s\S]*?)^```/gm)) {
    const lines = block!.replaceAll("\\\n", "").matchAll(/npx tunebert (\w+)([^|#\n]*)/g);
    for (const [, command, rest] of lines) {
      const flags = called.get(command!) ?? new Set();
      for (const flag of rest!.match(/--[a-z][\w-]*/g) ?? []) flags.add(flag);
      called.set(command!, flags);
    }
  }
  return called;
}
