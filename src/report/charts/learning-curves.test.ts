import { describe, expect, test } from "vitest";
import { drawLearningCurves, type LearningCurves } from "./learning-curves.js";

const fiveEpochs: LearningCurves = {
  train: {
    loss: at([0.5, 1, 2, 3, 4, 5], [1.0986, 0.9, 0.7, 0.6, 0.55, 0.512]),
    accuracy: at([0.5, 1, 2, 3, 4, 5], [0.4, 0.5, 0.6, 0.7, 0.78, 0.812]),
  },
  validation: {},
  test: { accuracy: at([1, 2, 3, 4, 5], [0.62, 0.66, 0.7, 0.73, 0.741]) },
};

describe("drawLearningCurves", () => {
  test("draws a standalone document on a white background, the same every time", async () => {
    const svg = await drawLearningCurves(fiveEpochs);
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toMatch(/<\/svg>\n$/);
    expect(svg).toMatch(/<rect width="736" height="\d+" fill="white"\/>/);
    expect(svg).not.toMatch(/href|url\(|<script|<style|@import/);
    expect(await drawLearningCurves(fiveEpochs)).toBe(svg);
  });

  test("names the panels, the epochs and the last values", async () => {
    const svg = await drawLearningCurves(fiveEpochs, { title: "small & fast <model>" });
    expect(texts(svg)).toEqual(
      expect.arrayContaining(["Loss", "Accuracy", "Epoch", "train 0.512", "train 0.812", "test 0.741"]),
    );
    expect(texts(svg)).toContain("small &amp; fast &lt;model&gt;");
    expect(svg).toContain(
      'aria-label="Learning curves, ending at train loss 0.512, train accuracy 0.812, test accuracy 0.741"',
    );
  });

  test("is one image to those who cannot see it: nothing in it has a role or a name of its own", async () => {
    const svg = await drawLearningCurves(fiveEpochs, { title: 'a role="x"' });
    expect(svg.match(/ (?:role|aria-\w+)=/g)).toEqual([" role=", " aria-label=", " role="]);
    expect(texts(svg)).toContain('a role="x"');
  });

  test("goes through the points", async () => {
    const svg = await drawLearningCurves({
      train: { loss: at([0.5, 1], [1, 0.5]), accuracy: at([0.5, 1], [0.5, 0.7]) },
      validation: {},
      test: { accuracy: at([1], [0.6]) },
    });
    expect(linePaths(svg)).toEqual(["M260,0L520,85", "M260,170L520,0", "M520,85Z"]);
  });

  test("tells test from train by dashes and markers, not by colour alone", async () => {
    const svg = await drawLearningCurves(fiveEpochs);
    expect(svg.match(/<path[^>]*stroke-dasharray="6,4"/g)).toHaveLength(1);
    const [circles, , , , diamonds] = markerGroups(svg).map((group) => new Set(group));
    expect(circles!.size).toBe(1);
    expect(diamonds!.size).toBe(1);
    expect([...circles!]).not.toEqual([...diamonds!]);
  });

  test("marks every point of short curves, and the last of long ones", async () => {
    const markers = markerGroups(await drawLearningCurves(fiveEpochs)).map((group) => group.length);
    expect(markers).toEqual([6, 1, 6, 1, 5, 1]);
    const epochs = Array.from({ length: 200 }, (_, index) => index + 1);
    const values = epochs.map((epoch) => 1 / epoch);
    const long = await drawLearningCurves({
      train: { loss: at(epochs, values), accuracy: at(epochs, values) },
      validation: {},
      test: { accuracy: at([100, 200], [0.2, 0.3]) },
    });
    expect(markerGroups(long).map((group) => group.length)).toEqual([1, 1, 1, 1, 2, 1]);
  });

  test("marks the points of a single epoch", async () => {
    const svg = await drawLearningCurves({
      train: { loss: at([1], [0.9]), accuracy: at([1], [0.6]) },
      validation: {},
      test: { accuracy: at([1], [0.65]) },
    });
    expect(markerGroups(svg).map((group) => group.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test.each([
    ["equal", 0.75, 0.75],
    ["close, train above", 0.76, 0.75],
    ["close, test above", 0.75, 0.76],
    ["both at the top", 1, 1],
    ["both at the bottom", 0, 0],
  ])("keeps labels apart and inside their panel when the last values are %s", async (_, train, test) => {
    const svg = await drawLearningCurves({
      train: { loss: at([1, 2], [0.9, 0.8]), accuracy: at([1, 2], [0.5, train]) },
      validation: {},
      test: { accuracy: at([1, 2], [0.5, test]) },
    });
    const [, trainHeight, testHeight] = [
      ...svg.matchAll(/translate\(568,([\d.]+)\)[^>]*>(?:train|test) /g),
    ].map((match) => Number(match[1]));
    expect(Math.abs(trainHeight! - testHeight!)).toBeGreaterThan(17.9);
    expect(trainHeight! < testHeight!).toBe(train >= test);
    for (const height of [trainHeight!, testHeight!]) {
      expect(height).toBeGreaterThanOrEqual(0);
      expect(height).toBeLessThan(180);
    }
  });

  test("shows validation beside training and test, told apart by dashes and markers", async () => {
    const svg = await drawLearningCurves({
      ...fiveEpochs,
      validation: {
        loss: at([1, 2, 3, 4, 5], [0.95, 0.8, 0.7, 0.66, 0.65]),
        accuracy: at([1, 2, 3, 4, 5], [0.6, 0.65, 0.7, 0.73, 0.742]),
      },
    });
    expect(texts(svg)).toEqual(
      expect.arrayContaining(["validation 0.650", "train 0.812", "validation 0.742", "test 0.741"]),
    );
    expect(svg.match(/<path[^>]*stroke-dasharray="2,3"/g)).toHaveLength(2);
    const heights = [...svg.matchAll(/translate\(568,([\d.]+)\)[^>]*>(?:train|validation|test) 0\.[78]/g)]
      .map((match) => Number(match[1]))
      .sort((a, b) => a - b);
    expect(heights).toHaveLength(3);
    for (const [i, height] of heights.slice(1).entries()) expect(height - heights[i]!).toBeGreaterThan(17.9);
  });

  test("leaves out points that are not finite, and curves without points", async () => {
    const svg = await drawLearningCurves({
      train: { loss: at([1, 2, 3], [2, Number.NaN, Number.POSITIVE_INFINITY]), accuracy: [] },
      validation: {},
      test: { accuracy: at([Number.NaN], [0.5]) },
    });
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(texts(svg)).toContain("train 2.000");
    expect(texts(svg).filter((text) => /^(train|test) /.test(text))).toHaveLength(1);
  });

  test("keeps a loss that exploded, and a long title, within the chart", async () => {
    const train = { ...fiveEpochs.train, loss: at([1, 2], [2, 123_456.7]) };
    const svg = await drawLearningCurves({ ...fiveEpochs, train }, { title: "x".repeat(100) });
    expect(texts(svg)).toEqual(expect.arrayContaining(["train 1.2e+5", "1.5e+5", `${"x".repeat(63)}…`]));
  });
});

function at(epochs: number[], values: number[]) {
  return epochs.map((epoch, index) => ({ epoch, value: values[index]! }));
}

function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
}

function linePaths(svg: string): string[] {
  return [...svg.matchAll(/<g class="mark-line role-mark"[^>]*><path d="([^"]*)"/g)].map(
    (match) => match[1]!,
  );
}

/** The shapes of each group of markers: of a curve, then of its key, curve after curve. */
function markerGroups(svg: string): string[][] {
  return [...svg.matchAll(/<g class="mark-symbol role-mark[^>]*>(.*?)<\/g>/g)].map((group) =>
    [...group[1]!.matchAll(/ d="([^"]*)"/g)].map((match) => match[1]!),
  );
}
