import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { hasEnded, thisProcess } from "./holder.js";

test("a process that runs has not ended, and one that is over has", () => {
  expect(hasEnded(thisProcess())).toBe(false);
  const { pid } = spawnSync(process.execPath, ["--version"]);
  expect(hasEnded({ process: pid, host: hostname() })).toBe(true);
});

test.each([
  ["of another computer", { process: 2 ** 22 + 1, host: "elsewhere" }],
  ["that is none", { process: "1", host: hostname() }],
  ["that is no whole number", { process: 0.5, host: hostname() }],
  ["that nobody noted", undefined],
  ["that is a list", [1]],
])("nothing is known of a process %s", (_, holder) => {
  expect(hasEnded(holder)).toBe(false);
});
