import { expect, test } from "vitest";
import { describeRecipe, recipeFor, recipeKeeper, recordedRecipe } from "./recipe.js";

const size = (count: number) => ({ size: count, texts: 2 as const });

test("from scratch the recipe fits the number of examples", () => {
  const epochs = [300, 1200, 5000, 50_000, 1_000_000].map(
    (count) => recipeFor("auto", "scratch", size(count)).options,
  );
  expect(epochs.map(({ batchSize, epochs }) => [batchSize, epochs])).toEqual([
    ...[
      [32, 30],
      [32, 30],
      [64, 15],
      [64, 8],
      [256, 5],
    ],
  ]);
});

test("of a pretrained model, and where it is asked for, it is the book's", () => {
  const book = {
    batchSize: 512,
    epochs: 5,
    learningRate: 1e-4,
    schedule: "constant",
    warmup: 0,
    embeddingStd: 1,
  };
  expect(recipeFor("auto", "book", size(300)).options).toEqual(book);
  expect(recipeFor("book", "scratch", size(300)).options).toEqual(book);
});

test("of a model that tunebert pretrained it is one for small models, with more epochs for few examples", () => {
  const [few, many] = [2_500, 2_501].map((count) => recipeFor("auto", "pretrained", size(count)).options);
  expect(few).toMatchObject({ batchSize: 32, epochs: 10, learningRate: 5e-4, schedule: "linear" });
  expect(many).toMatchObject({ batchSize: 64, epochs: 4, learningRate: 5e-4, schedule: "linear" });
});

test("is told in a line, with what was given instead", () => {
  const recipe = recipeFor("auto", "scratch", size(1200));
  expect(describeRecipe(recipe, { ...recipe.options, batchSize: 16 })).toBe(
    "recipe: from scratch, 1,200 pairs: 30 epochs, batches of 16, learning rate 0.0005, linear decay; " +
      "--recipe book for the book's",
  );
});

test("is taken from the checkpoint of a run that resumes; of one that knew none it is the book's", () => {
  const recipe = recipeFor("auto", "scratch", { size: 1200, texts: 1 });
  const { name, save } = recipeKeeper(recipe).state!;
  const checkpoint = (memories: object) => ({
    ...{ file: "step-3.safetensors", bytes: 1, tensors: new Map(), state: { memories } as never },
  });
  expect(recordedRecipe(checkpoint({ [name]: save() }))).toEqual(recipe);
  expect(recordedRecipe(checkpoint({})).of).toBe("the book's");
  expect(() => recordedRecipe(checkpoint({ [name]: { of: 1 } }))).toThrow(
    "step-3.safetensors: memories.recipe.of is 1; expected text",
  );
});
