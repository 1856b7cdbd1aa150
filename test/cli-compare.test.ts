import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fail, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const data = write("pairs.csv", toCsv(tinyPairs()));
const short = join(folder, "short");
const long = join(folder, "long");

async function train(out: string, ...flags: string[]): Promise<void> {
  const usual = [...TINY_SIZES, ...TINY_TRAINING, "--learning-rate", "1e-2", "--embedding-std", "0.1"];
  await succeed(["train", "--train", data, ...usual, "--out", join(folder, out), ...flags]);
}

beforeAll(async () => {
  await train("short", "--test", data, "--epochs", "1");
  await train("long", "--test", data, "--epochs", "20");
});

describe("compare", () => {
  test("lays runs side by side", async () => {
    const { stdout } = await succeed(["compare", short, long]);
    expect(stdout).toMatch(/^epochs +1 +20$/m);
    expect(stdout).toMatch(/^McNemar's exact test on 36 examples/m);
    expect(stdout).not.toMatch(/^batch size/m);
  });

  test("prints one JSON object, whose figures are those of evaluate", async () => {
    const { runs, figures, tests } = JSON.parse((await succeed(["compare", short, long, "--json"])).stdout);
    expect(runs).toEqual([short, long]);
    for (const [i, model] of [short, long].entries()) {
      const { stdout } = await succeed(["evaluate", "--model", model, "--data", data, "--json"]);
      const { accuracy, macroF1 } = JSON.parse(stdout);
      expect([figures.accuracy[i], figures.macroF1[i]]).toEqual([accuracy, macroF1]);
    }
    expect(tests).toHaveLength(1);
    expect(tests[0].difference).toBeCloseTo(figures.accuracy[1] - figures.accuracy[0], 12);
    expect(tests[0].pValue).toBeLessThan(0.05);
  });

  test("lets the models answer other pairs", async () => {
    const other = write("other.csv", `${toCsv(tinyPairs().slice(0, 12))}some otter,no otter,\n`);
    const { pairs } = JSON.parse((await succeed(["compare", short, long, "--data", other, "--json"])).stdout);
    expect(pairs).toBe(12);
  });

  test("wants two runs", async () => {
    const { code, stderr } = await tunebert(["compare", short]);
    expect(code).toBe(2);
    expect(stderr).toContain("give two or more");
  });

  test("refuses what is no finished run", async () => {
    expect(await fail(["compare", short, folder])).toMatch(/holds no run\.json, .* with --data$/);
    expect(await fail(["compare", short, join(folder, "nowhere")])).toContain("nowhere holds no run.json");
    await train("damaged", "--test", data, "--epochs", "1");
    writeFileSync(join(folder, "damaged", "run.json"), "{}");
    expect(await fail(["compare", short, join(folder, "damaged")])).toContain(
      "does not describe a training run",
    );
  });

  test("takes models whose training nobody recorded, if it gets pairs", async () => {
    const bare = join(folder, "bare");
    mkdirSync(bare);
    for (const file of ["config.json", "vocab.json", "model.safetensors"]) {
      copyFileSync(join(long, file), join(bare, file));
    }
    const { stdout } = await succeed(["compare", short, bare, "--data", data, "--json"]);
    const { figures, differences, tests } = JSON.parse(stdout);
    const { figures: recorded } = JSON.parse((await succeed(["compare", short, long, "--json"])).stdout);
    expect(figures).toMatchObject({ accuracy: recorded.accuracy, parameters: recorded.parameters });
    expect(figures.trainLoss).toEqual([recorded.trainLoss[0], null]);
    expect(differences).toEqual({});
    expect(tests[0].pValue).toBeLessThan(0.05);
    expect((await succeed(["compare", bare, bare, "--data", data])).stdout).toContain("Nothing differs");
    expect(await fail(["compare", short, bare])).toMatch(/bare holds no run\.json, .* with --data$/);
    expect(await fail(["compare", bare, folder, "--data", data])).toMatch(
      /config\.json: there is no such file$/,
    );
  });

  test("refuses records that are none", async () => {
    const odd = join(folder, "odd");
    const labels = '"labels": [';
    cpSync(short, odd, { recursive: true });
    const [run, predictions] = ["run.json", "predictions.jsonl"].map((name) =>
      readFileSync(join(odd, name), "utf8"),
    );
    write("odd/run.json", run!.replace(labels, `${labels}null, `));
    expect(await fail(["compare", short, odd])).toMatch(
      /run\.json: model\.labels\[0\] is null; expected text$/,
    );
    write(
      "odd/run.json",
      `{"format":"tunebert-run","version":1,"settings":${"[".repeat(1e5)}${"]".repeat(1e5)}}`,
    );
    expect(await fail(["compare", short, odd])).toMatch(/run\.json is nested more than 100 levels deep$/);
    write("odd/run.json", run!);
    write("odd/predictions.jsonl", predictions!.replace(/"trueLabel":"\w+"/, '"trueLabel":"__proto__"'));
    expect(await fail(["compare", short, odd])).toMatch(/predictions\.jsonl, line 1: .* label "__proto__"$/);
    write("odd/predictions.jsonl", predictions!.replace(/"probabilities":\{[^}]*\}/, '"probabilities":{}'));
    expect(await fail(["compare", short, odd])).toMatch(/predictions\.jsonl, line 1: probabilities lack /);
    write("odd/predictions.jsonl", "");
    expect(await fail(["compare", short, odd])).toMatch(/predictions\.jsonl holds no answers/);
    write("odd/config.json", '{"format":"tunebert","version":1,"labels":{"length":1e9}}');
    expect(await fail(["compare", short, odd, "--data", data])).toMatch(
      /config\.json: \w+ is missing; expected/,
    );
  });

  test("refuses runs with other labels", async () => {
    const renamed = tinyPairs().map((pair) => ({
      ...pair,
      label: pair.label === "neutral" ? "open" : pair.label,
    }));
    const file = write("renamed.csv", toCsv(renamed));
    await train("renamed", "--train", file, "--test", file, "--epochs", "1");
    expect(await fail(["compare", short, join(folder, "renamed")])).toMatch(
      /short answers with contradiction, entailment, neutral, but .*renamed with contradiction, entailment, open/,
    );
    expect(await fail(["compare", short, long, "--data", file])).toMatch(
      /renamed\.csv, row 4: unknown label .*; known labels: .* --no-label$/,
    );
  });

  test("refuses runs that were tested on other pairs, or on none, unless it gets some", async () => {
    const fewer = write("fewer.csv", toCsv(tinyPairs().slice(0, 9)));
    await train("fewer", "--test", fewer, "--epochs", "1");
    expect(await fail(["compare", short, join(folder, "fewer")])).toMatch(
      /different examples \(36 and 9, the first that differs is number 10\).*--data/,
    );
    rmSync(join(folder, "fewer", "predictions.jsonl"));
    expect(await fail(["compare", short, join(folder, "fewer")])).toContain("trained without test examples");
    await succeed(["compare", short, join(folder, "fewer"), "--data", data]);
  });
});

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
