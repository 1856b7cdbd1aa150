import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { formatProgressLog } from "./format-progress.js";
import { type Progress, type ProgressStream, reportProgress } from "./progress.js";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv("CI", undefined);
  vi.stubEnv("NO_COLOR", undefined);
  vi.stubEnv("TERM", "xterm-256color");
  vi.stubEnv("XTERM_VERSION", undefined);
  vi.stubEnv("STY", undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe("in a terminal", () => {
  test("redraws one line, at most ten times a second, and leaves the last state", () => {
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    for (let step = 1; step <= 1000; step++) {
      reporter.update({ ...at(1, step), loss: 1 / step });
      vi.advanceTimersByTime(10);
    }
    reporter.finish();
    expect(stream.text.match(/epoch/g)!.length).toBeLessThan(120);
    expect(stream.text.match(/epoch/g)!.length).toBeGreaterThan(40);
    expect(stream.text.match(/\n/g)).toHaveLength(1);
    expect(screen(stream.text)).toEqual([expect.stringMatching(/^epoch 1\/2 {2}━+ {2}100%.* left$/), ""]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is coloured, and does not lose characters to the colours", () => {
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    reporter.update(at(1, 500));
    expect(stream.text).toContain("\u001b[36m━");
    expect(screen(stream.text)[0]).toMatch(/ left$/);
    expect(screen(stream.text)[0]).toHaveLength(79);
    reporter.finish();
  });

  test("is plain where NO_COLOR is set", () => {
    vi.stubEnv("NO_COLOR", "1");
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    reporter.update(at(1, 500));
    reporter.finish();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(stream.text).not.toMatch(/\u001b\[\d+m/);
    expect(screen(stream.text)[0]).toContain("loss 0.5000");
  });

  test("leaves line wrapping and the cursor of the terminal as they are", () => {
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    reporter.update(at(1, 500));
    reporter.finish();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is steered by control characters
    expect(stream.text).not.toMatch(/\u001b(\[\?|[78])/);
  });

  test("follows the width of the terminal", () => {
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    reporter.update(at(1, 500));
    stream.columns = 50;
    vi.advanceTimersByTime(200);
    expect(screen(stream.text)[0]!.length).toBeLessThan(50);
    reporter.finish();
  });

  test("leaves no fragments where a narrower terminal breaks the line into rows", () => {
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    reporter.update(at(1, 500)); // 79 characters
    stream.columns = 30;
    vi.advanceTimersByTime(200);
    expect(stream.text.split("\u001b[2A\r\u001b[J")).toHaveLength(2);
    vi.advanceTimersByTime(200);
    expect(stream.text.split("\u001b[2A\r\u001b[J")).toHaveLength(2);
    reporter.finish();
  });

  test("leaves the rows above alone in a terminal that does not break lines anew", () => {
    vi.stubEnv("XTERM_VERSION", "XTerm(390)");
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    reporter.update(at(1, 500));
    stream.columns = 30;
    vi.advanceTimersByTime(200);
    expect(stream.text).not.toContain("\u001b[2A");
    reporter.finish();
  });

  test("makes way for other output and comes back", () => {
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    reporter.update(at(1, 1000));
    reporter.clear();
    stream.write("epoch 1 is over\n");
    vi.advanceTimersByTime(1000);
    expect(screen(stream.text)).toEqual(["epoch 1 is over", ""]);
    reporter.update(at(2, 1));
    expect(screen(stream.text)[1]).toMatch(/^epoch 2\/2/);
    reporter.clear();
    reporter.finish();
    expect(screen(stream.text)).toEqual(["epoch 1 is over", ""]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("outside a terminal", () => {
  test("says once in a while that the model is measured", () => {
    const stream = fakeStream({});
    const reporter = reportProgress(stream);
    reporter.update(at(1, 1000));
    vi.advanceTimersByTime(60_000);
    const measuring = (done: number) =>
      reporter.update({ epoch: 1, epochs: 2, set: "test", done, all: 9842 });
    measuring(0);
    measuring(4096);
    vi.advanceTimersByTime(10_000);
    measuring(8192);
    reporter.finish();
    const lines = stream.text.trimEnd().split("\n");
    expect(lines).toEqual([
      formatProgressLog(at(1, 1000)),
      "epoch 1/2  measuring on the test set, 0 of 9,842",
      "epoch 1/2  measuring on the test set, 8,192 of 9,842",
    ]);
  });

  test("writes every tenth of an epoch where that is rarer than every 10 seconds, and the end", () => {
    const lines = logOf({ secondsPerStep: 1, lastStep: 950 });
    expect(lines.map(stepOf)).toEqual([1, 101, 201, 301, 401, 501, 601, 701, 801, 901, 950]);
    expect(lines[1]).toBe(formatProgressLog(at(1, 101)));
  });

  test("writes every 10 seconds where that is rarer", () => {
    const lines = logOf({ secondsPerStep: 0.025, lastStep: 1000 });
    expect(lines.map(stepOf)).toEqual([1, 401, 801, 1000]);
  });

  test("counts on over the edge of an epoch", () => {
    const stream = fakeStream({});
    const reporter = reportProgress(stream);
    reporter.update(at(1, 950));
    vi.advanceTimersByTime(60_000);
    reporter.update(at(2, 40));
    reporter.update(at(2, 50));
    expect(stream.text.trimEnd().split("\n").map(stepOf)).toEqual([950, 50]);
  });

  test("writes the end once", () => {
    const stream = fakeStream({});
    const reporter = reportProgress(stream);
    reporter.update(at(2, 1000));
    reporter.clear();
    reporter.finish();
    reporter.finish();
    expect(stream.text).toBe(`${formatProgressLog(at(2, 1000))}\n`);
  });

  test.each([
    ["CI", "true"],
    ["TERM", "dumb"],
  ])("writes the same log to a terminal with %s=%s", (name, value) => {
    vi.stubEnv(name, value);
    const stream = fakeStream({ isTTY: true, columns: 80 });
    const reporter = reportProgress(stream);
    reporter.update(at(1, 1));
    reporter.finish();
    expect(stream.text).toBe(`${formatProgressLog(at(1, 1))}\n`);
  });
});

function at(epoch: number, step: number): Progress {
  const rest = { loss: 0.5, accuracy: 0.75, examplesPerSecond: 100, secondsLeft: 90 };
  return { epoch, epochs: 2, step, steps: 1000, ...rest };
}

function fakeStream(kind: { isTTY?: boolean; columns?: number }): ProgressStream & { text: string } {
  return {
    ...kind,
    text: "",
    write(text) {
      this.text += text;
    },
  };
}

function logOf({ secondsPerStep, lastStep }: { secondsPerStep: number; lastStep: number }): string[] {
  const stream = fakeStream({});
  const reporter = reportProgress(stream);
  for (let step = 1; step <= lastStep; step++) {
    reporter.update(at(1, step));
    vi.advanceTimersByTime(secondsPerStep * 1000);
  }
  reporter.finish();
  return stream.text.trimEnd().split("\n");
}

function stepOf(line: string): number {
  return Number(/step (\d+)/.exec(line)?.[1]);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is steered by control characters
const CONTROL_OR_CHARACTER = /\u001b\[([\d?]*)([A-Za-z])|\n|[^\u001b\n]/g;

/** What a terminal shows after the text: its lines without trailing blanks. */
function screen(text: string): string[] {
  const lines = [""];
  let column = 0;
  for (const [token, parameter, command] of text.matchAll(CONTROL_OR_CHARACTER)) {
    const line = lines.at(-1)!;
    if (token === "\n") {
      lines.push("");
      column = 0;
    } else if (command === "G") column = Number(parameter) - 1;
    else if (command === "K") lines[lines.length - 1] = parameter === "2" ? "" : line.slice(0, column);
    else if (!command && token.length === 1) {
      lines[lines.length - 1] = line.slice(0, column).padEnd(column) + token + line.slice(column + 1);
      column++;
    }
  }
  return lines.map((line) => line.trimEnd());
}
