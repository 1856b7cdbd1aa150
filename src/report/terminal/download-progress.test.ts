import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DownloadProgress } from "./download-progress.js";

beforeEach(() => {
  vi.stubEnv("CI", undefined);
  vi.stubEnv("TERM", "xterm");
});

afterEach(() => vi.unstubAllEnvs());

/** A stream that keeps what is written, and a clock that is set by hand. */
function stage(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const stream = { isTTY, columns, write: (text: string) => void written.push(text) };
  const clock = { seconds: 0 };
  return { written, clock, progress: new DownloadProgress(stream, () => clock.seconds) };
}

test("a terminal's line is redrawn, at most ten times a second, and ends with the last state", () => {
  const { written, clock, progress } = stage(true);
  for (let step = 0; step <= 1000; step++) {
    clock.seconds = step / 200;
    progress.update("snli", step * 1e5, 1e8);
  }
  progress.finish();
  expect(written.length).toBeGreaterThan(30);
  expect(written.length).toBeLessThan(60);
  expect(written.at(-2)).toBe("\rsnli  100%  100 MB of 100 MB  20.0 MB/s  0s left\u001b[K");
  expect(written.at(-1)).toBe("\n");
  expect(written.slice(0, -1).join("")).not.toContain("\n");
});

test("a log gets a line every ten seconds, and the last", () => {
  const { written, clock, progress } = stage(false);
  for (let second = 0; second <= 25; second++) {
    clock.seconds = second;
    progress.update("snli", second * 1e6, 1e8);
  }
  progress.finish();
  progress.finish();
  expect(written).toEqual([
    "snli    0%  0 B of 100 MB\n",
    "snli   10%  10.0 MB of 100 MB  1.00 MB/s  1m 30s left\n",
    "snli   20%  20.0 MB of 100 MB  1.00 MB/s  1m 20s left\n",
    "snli   25%  25.0 MB of 100 MB  1.00 MB/s  1m 15s left\n",
  ]);
});

test("the time left follows a connection that gets slower", () => {
  const { written, clock, progress } = stage(false);
  let received = 0;
  for (let second = 0; second <= 40; second++) {
    clock.seconds = second;
    progress.update("snli", received, 1e8);
    received += second < 20 ? 1e6 : 1e5;
  }
  progress.finish();
  expect(written.at(-1)).toContain("100 kB/s  13m 00s left");
});

test("what was received before this run does not count as speed", () => {
  const { written, clock, progress } = stage(false);
  progress.update("snli", 5e7, 1e8);
  clock.seconds = 10;
  progress.update("snli", 6e7, 1e8);
  expect(written.at(-1)).toBe("snli   60%  60.0 MB of 100 MB  1.00 MB/s  40s left\n");
});

test("without a length there is no percentage", () => {
  const { written, progress } = stage(false);
  progress.update("snli", 512, undefined);
  expect(written).toEqual(["snli  512 B\n"]);
});

test("a note stands on a line of its own", () => {
  const { written, progress } = stage(true);
  progress.update("snli", 0, 10);
  progress.note("trying again");
  expect(written.slice(-2)).toEqual(["\n", "trying again\n"]);
});

test("a narrow terminal's line is cut", () => {
  const { written, progress } = stage(true, 10);
  progress.update("snli", 0, 10);
  expect(written[0]).toBe("\rsnli    0\u001b[K");
});
