import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { succeed } from "./support/command.js";

const project = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/options.md",
  "docs/tutorial.md",
  "docs/truncation.md",
  "docs/performance.md",
];

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(project, page), "utf8");

  test("calls commands that there are, with flags that they take", async () => {
    for (const [command, flags] of calls(text)) {
      const { stdout } = await succeed([command, "--help"]);
      const known = new Set(
        stdout.match(/^ +(?:-\w, )?--[\w-]+/gm)!.map((line) => line.replace(/^.*--/, "--")),
      );
      expect([...known], `tunebert ${command}`).toEqual(expect.arrayContaining([...flags]));
    }
  });

  test("links to files that there are", () => {
    for (const [, target] of text.matchAll(/\]\(([^):#]+)(?:#[\w-]+)?\)/g)) {
      expect(existsSync(join(project, dirname(page), target!)), target).toBe(true);
    }
  });
});

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
