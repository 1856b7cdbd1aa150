/** `--truncation` from the command line to config.json, and from there to the answers. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../src/hub/store/model-folder.js";
import { fail, readJsonLines, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { type LabelledExample, TINY_SIZES, tinyPairs, toCsv } from "./support/tiny.js";

/** Leaves five tokens of a pair. */
const MAX_LENGTH = 8;
/** Nine tokens and two: ratio keeps four and one, longest-first three and two. */
const LONG = { text: "the calm loud tall otter waits the calm loud", textPair: "no otter" };
const AS_CUT_BY_RATIO = { text: "the calm loud tall", textPair: "no" };
const AS_CUT_LONGEST_FIRST = { text: "the calm loud", textPair: "no otter" };

/** Enough that the model tells the labels apart. */
const LEARNING = ["--epochs", "8", "--learning-rate", "1e-2", "--embedding-std", "0.1"];

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
const model = join(folder, "model");
const configFile = join(model, "config.json");

function train(out: string, ...flags: string[]) {
  const training = [
    "--batch-size",
    "12",
    "--threads",
    "1",
    "--max-length",
    String(MAX_LENGTH),
    "--epochs",
    "1",
  ];
  return [
    "train",
    "--train",
    data,
    ...TINY_SIZES,
    ...training,
    ...LEARNING,
    "--recipe",
    "book",
    "--out",
    out,
    ...flags,
  ];
}

async function answer({ text, textPair }: typeof LONG) {
  const { stdout } = await succeed(["predict", "--model", model, text, textPair, "--json"]);
  return readJsonLines(stdout)[0]!.probabilities;
}

async function confusion(pairs: LabelledExample[]): Promise<unknown> {
  const file = join(folder, "measured.csv");
  writeFileSync(file, toCsv(pairs));
  const { stdout } = await succeed(["evaluate", "--model", model, "--data", file, "--json"]);
  return JSON.parse(stdout).confusion;
}

const config = () => JSON.parse(readFileSync(configFile, "utf8"));
const rewrite = (changed: object) => writeFileSync(configFile, JSON.stringify(changed));

beforeAll(async () => {
  writeFileSync(data, toCsv(tinyPairs()));
  await succeed(train(model, "--truncation", "ratio"));
});

describe("a model trained with --truncation ratio", () => {
  test("says so in config.json, and when it is loaded", async () => {
    expect(config()).toMatchObject({ maxLength: MAX_LENGTH, truncation: "ratio" });
    expect(await loadModel(model)).toMatchObject({ truncation: "ratio" });
  });

  test("answers on what ratio leaves of a pair", async () => {
    expect(await answer(LONG)).toEqual(await answer(AS_CUT_BY_RATIO));
    expect(await answer(LONG)).not.toEqual(await answer(AS_CUT_LONGEST_FIRST));
  });

  test("is evaluated on what ratio leaves of a pair", async () => {
    // The word that tells the label comes last, so what is cut decides.
    const pairs = tinyPairs().map(({ textPair, label }) => {
      return {
        text: LONG.text,
        textPair: textPair.split(" ").slice(0, 2).reverse().join(" "),
        label,
      };
    });
    const byRatio = pairs.map(({ textPair, label }) => {
      return { text: AS_CUT_BY_RATIO.text, textPair: textPair.split(" ")[0]!, label };
    });
    const longestFirst = pairs.map((pair) => ({ ...pair, text: AS_CUT_LONGEST_FIRST.text }));
    const measured = await confusion(pairs);
    expect(measured).toEqual(await confusion(byRatio));
    expect(measured).not.toEqual(await confusion(longestFirst));
  });
});

describe("a config.json", () => {
  test("from before there was a choice means longest-first", async () => {
    const whole = config();
    const { truncation, ...older } = whole;
    rewrite(older);
    try {
      expect(truncation).toBe("ratio");
      expect(await answer(LONG)).toEqual(await answer(AS_CUT_LONGEST_FIRST));
    } finally {
      rewrite(whole);
    }
  });

  test.each(["random", "toString", 3, null])("with the truncation %j is refused", async (truncation) => {
    const whole = config();
    rewrite({ ...whole, truncation });
    try {
      expect(await fail(["predict", "--model", model, "a", "b"])).toMatch(
        /config\.json: truncation is .*; it must be longest-first, ratio or only-first$/,
      );
    } finally {
      rewrite(whole);
    }
  });
});

test("--truncation takes no other word", async () => {
  const { code, stderr } = await tunebert(train(join(folder, "none"), "--truncation", "random"));
  expect(code).toBe(2);
  expect(stderr).toContain("Allowed choices are longest-first, ratio");
});
