import { expect, test } from "vitest";
import { NativeCalls } from "./native-calls.js";

const WITHIN = 0;

test("a thread is within native code until its call is over, also one that fails", async () => {
  const calls = new NativeCalls();
  const inThread = new NativeCalls(calls.cells);
  let end = () => {};
  const call = inThread.make(() => new Promise<void>((resolve) => (end = resolve)));
  expect(calls.cells[WITHIN]).toBe(1);
  end();
  await call;
  expect(calls.cells[WITHIN]).toBe(0);
  await expect(inThread.make(() => Promise.reject(new Error("of the call")))).rejects.toThrow("of the call");
  expect(calls.cells[WITHIN]).toBe(0);
});

test("once they are closed, no call begins, and the one under way ends", async () => {
  const calls = new NativeCalls();
  const inThread = new NativeCalls(calls.cells);
  let end = (_: string) => {};
  const underWay = inThread.make(() => new Promise<string>((resolve) => (end = resolve)));
  calls.close();
  end("answer");
  expect(await underWay).toBe("answer");
  let begun = false;
  const late = inThread.make(async () => {
    begun = true;
  });
  await expect(late).rejects.toThrow("the thread is to end");
  expect([begun, calls.cells[WITHIN]]).toEqual([false, 0]);
});

test("all threads there are share one listener on the process's exit, which goes with the last of them", () => {
  const before = process.listenerCount("exit");
  const threads = [new NativeCalls(), new NativeCalls()];
  for (const calls of threads) calls.closeBeforeExit();
  expect(process.listenerCount("exit")).toBe(before + 1);
  threads[0]!.forget();
  expect(process.listenerCount("exit")).toBe(before + 1);
  threads[1]!.forget();
  threads[1]!.forget();
  expect(process.listenerCount("exit")).toBe(before);
});
