/** The models that come with the package. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateSamplePairs, showcasePairs } from "../src/data/sample-pairs/sample-pairs.js";
import { shippedFolder, shippedModels } from "../src/hub/shipped.js";
import { loadPretrained } from "../src/hub/store/pretrained.js";
import { MaskFiller } from "../src/predict/mask-filler.js";
import { succeed } from "./support/command.js";

const folder = shippedFolder("bert.mini")!;

test.each(shippedModels)("$name is small, and brings its licence and its card", ({ name }) => {
  const place = shippedFolder(name)!;
  const files = readdirSync(place);
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "MODEL_CARD.md", "config.json", "vocab.json"]));
  const bytes = files.reduce((sum, file) => sum + statSync(join(place, file)).size, 0);
  expect(bytes).toBeLessThan(6e6);
  const licence = readFileSync(join(place, "LICENSE"), "utf8");
  for (const source of [
    "CC BY-SA 4.0",
    "SNLI",
    "WikiText-2",
    ...(name === "nli.mini" ? ["WordNet 3.0"] : []),
  ])
    expect(licence).toContain(source);
});

test("it is found by its name, without a network", async () => {
  const { config, tokenizer, state } = await loadPretrained("bert.mini");
  expect(config).toMatchObject({ hidden: 128, blocks: 3, heads: 4, vocabularySize: tokenizer.size });
  expect(tokenizer.size).toBeLessThanOrEqual(12_000);
  expect(state.get("encoder.token_embedding.weight")?.shape).toEqual([tokenizer.size, 128]);
  expect((await succeed(["fetch", "bert.mini"])).stdout.trim()).toBe(folder);
});

test("it knows every word of the sample pairs", async () => {
  const { tokenizer } = await loadPretrained("bert.mini");
  const { train, test } = generateSamplePairs(1);
  const texts = [...train, ...test, ...showcasePairs].flatMap(({ text, textPair }) => [text, textPair]);
  const unknown = texts.filter((text) => tokenizer.ids(text).includes(tokenizer.unknown!));
  expect(unknown).toEqual([]);
});

test("it guesses words", async () => {
  const filler = await MaskFiller.load("bert.mini");
  try {
    const [candidates] = await filler.fill("a man is <mask> on a bench .");
    expect(candidates!.map(({ token }) => token)).toContain("sitting");
    const [animals] = await filler.fill("a brown <mask> is running through the grass .");
    expect(animals![0]!.token).toBe("dog");
  } finally {
    await filler.close();
  }
});

test.each([
  ["Two dogs run in a park .", "Animals are outside .", "entailment"],
  ["A man is sleeping .", "A person is asleep .", "entailment"],
  ["Children play football on a field .", "The children are sleeping in bed .", "contradiction"],
  ["A man is sleeping", "A man is awake", "contradiction"],
  ["The street is empty .", "The street is crowded .", "contradiction"],
  ["The dog is wet .", "The dog is dry .", "contradiction"],
  ["A woman eats lunch .", "The woman is eating with her sister .", "neutral"],
])("without a model of one's own, predict asks nli.mini: %s | %s", async (text, textPair, label) => {
  const { stdout } = await succeed(["predict", text, textPair]);
  expect(stdout).toMatch(new RegExp(`^${label} `));
});
