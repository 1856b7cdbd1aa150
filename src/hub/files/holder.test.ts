import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { readHolder, stateOf, thisHolder } from "./holder.js";

const over = spawnSync(process.execPath, ["--version"]).pid;

test("a process that runs is running, one that has ended is over, also where its number was given to another", () => {
  expect(readHolder(JSON.parse(JSON.stringify(thisHolder())))).toEqual(thisHolder());
  expect(stateOf(thisHolder())).toBe("running");
  expect(stateOf({ ...thisHolder(), process: over, started: undefined })).toBe("over");
});

test.skipIf(process.platform !== "linux")(
  "a number that was given to another process is known by its start",
  () => {
    expect(stateOf({ ...thisHolder(), started: "1" })).toBe("over");
  },
);

test("of a process on another computer nothing is known", () => {
  expect(stateOf({ ...thisHolder(), process: over, place: "elsewhere" })).toBe("unknown");
});

test.each([
  ["whose number is text", { ...thisHolder(), process: "1" }],
  ["whose number is no whole one", { ...thisHolder(), process: 0.5 }],
  ["without a place", { process: 1, host: "a" }],
  ["that nobody noted", undefined],
  ["that is a list", [1]],
])("there is no holder %s", (_, value) => {
  expect(readHolder(value)).toBeUndefined();
  expect(stateOf(readHolder(value))).toBe("unknown");
});
