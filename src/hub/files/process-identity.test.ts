import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { isRunning, thisProcess } from "./process-identity.js";

test("this process is running", () => {
  expect(thisProcess().process).toBe(process.pid);
  expect(isRunning(thisProcess())).toBe(true);
  expect(isRunning({ process: process.pid })).toBe(true);
});

test("a process that has ended is not, nor one whose number was never given", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.on("close", resolve));
  expect(isRunning({ process: child.pid! })).toBe(false);
  expect(isRunning({ process: 4_194_305 })).toBe(false);
});

test.runIf(process.platform === "linux")("another that was given the number is not the same", () => {
  expect(thisProcess().started).toMatch(/^\d+$/);
  expect(isRunning({ process: process.pid, started: "1" })).toBe(false);
});

test.runIf(process.platform === "linux")("one that has ended, and nobody has asked how, is not", async () => {
  // The shell becomes a program that does not wait for its child, which ends later: the shell would have asked.
  const parent = spawn("sh", ["-c", "sleep 0.5 & echo $!; exec sleep 30"]);
  try {
    const [line] = await new Promise<Buffer[]>((resolve) =>
      parent.stdout.once("data", (data) => resolve([data])),
    );
    const id = Number(line);
    const state = () => readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1]![0];
    while (state() !== "Z") await sleep(5);
    expect(() => process.kill(id, 0)).not.toThrow();
    expect(isRunning({ process: id })).toBe(false);
  } finally {
    parent.kill("SIGKILL");
  }
});
