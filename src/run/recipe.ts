import type { FoundCheckpoint } from "../hub/store/checkpoint-folder.js";
import { formatCount } from "../report/terminal/format-quantity.js";
import * as json from "../text/json-reader.js";
import type { Texts } from "../text/text-example.js";
import type { ScheduleName } from "../train/schedule.js";
import { type Listener, savedState } from "./listeners/listener.js";

/** What a recipe says; each of these may be given instead. */
export interface RecipeOptions {
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly warmup: number;
  /** Of fresh embeddings. */
  readonly embeddingStd: number;
  readonly weightDecay?: number | undefined;
  readonly clipNorm?: number | undefined;
}

/** What a run starts from: nothing, a model of the book's, one that tunebert pretrained, or a published BERT. */
export type Start = "scratch" | "book" | "pretrained" | "published";

/** Options that fit what is trained. */
export interface Recipe {
  /** What it is for, for a person to read. */
  readonly of: string;
  readonly options: RecipeOptions;
}

/** D2l section 16.7's, for the pretrained models of the book. */
const BOOK: Recipe = {
  of: "the book's",
  options: {
    ...{ batchSize: 512, epochs: 5, learningRate: 1e-4, schedule: "constant", warmup: 0, embeddingStd: 1 },
  },
};

/** As most published BERTs are fine-tuned (Devlin et al., 2019, appendix A.3), with clipping. */
const FINE_TUNING: Recipe = {
  of: "fine-tuning",
  options: {
    ...{ batchSize: 32, epochs: 3, learningRate: 5e-5, schedule: "linear", warmup: 0.1, embeddingStd: 1 },
    ...{ weightDecay: 0.01, clipNorm: 1 },
  },
};

/** Of models that tunebert pretrains, which are small: a learning rate that a large one would not bear. */
const SMALL: Recipe = {
  of: "fine-tuning a small model",
  options: {
    ...{ batchSize: 64, epochs: 4, learningRate: 5e-4, schedule: "linear", warmup: 0.1, embeddingStd: 1 },
  },
};
/** Examples of which that has more epochs. */
const FEW = 2_500;

/**
 * From scratch, by the number of examples up to which they hold: enough steps for few examples, and not too many passes
 * over many. docs/recipes.md has the measurements.
 */
const SCRATCH = [
  { most: FEW, batchSize: 32, epochs: 30 },
  { most: 20_000, batchSize: 64, epochs: 15 },
  { most: 200_000, batchSize: 64, epochs: 8 },
];
const MANY = { batchSize: 256, epochs: 5 };

/** The names by which recipes are asked for. */
export const RECIPES = ["auto", "book"] as const;
export type RecipeName = (typeof RECIPES)[number];

/** What there is to train on. */
export interface TrainingSize {
  readonly size: number;
  readonly texts: Texts;
}

export function recipeFor(name: RecipeName, start: Start, { size, texts }: TrainingSize): Recipe {
  if (name === "book" || start === "book") return BOOK;
  if (start === "published") return FINE_TUNING;
  if (start === "pretrained")
    return size <= FEW ? { of: SMALL.of, options: { ...SMALL.options, batchSize: 32, epochs: 10 } } : SMALL;
  const { batchSize, epochs } = SCRATCH.find(({ most }) => size <= most) ?? MANY;
  return {
    of: `from scratch, ${formatCount(size)} ${texts === 1 ? "texts" : "pairs"}`,
    options: { batchSize, epochs, learningRate: 5e-4, schedule: "linear", warmup: 0.1, embeddingStd: 0.02 },
  };
}

/** A recipe in one line, with what was given instead of its options. */
export function describeRecipe({ of }: Recipe, options: RecipeOptions): string {
  const { epochs, batchSize, learningRate, schedule } = options;
  const decay = schedule === "constant" ? "" : `, ${schedule} decay`;
  const other = of === BOOK.of ? "" : "; --recipe book for the book's";
  return `recipe: ${of}: ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, batches of ${batchSize}, learning rate ${learningRate}${decay}${other}`;
}

const STATE = "recipe";

/** Keeps a run's recipe in its checkpoints. */
export function recipeKeeper(recipe: Recipe): Listener {
  return {
    handle() {},
    state: { name: STATE, save: () => recipe, read: readRecipe, restore() {} },
  };
}

/** The recipe of the run that a checkpoint is of; the book's where it is of a time when there was no other. */
export function recordedRecipe(checkpoint: FoundCheckpoint): Recipe {
  return (savedState(checkpoint, STATE, readRecipe) as Recipe | undefined) ?? BOOK;
}

const readSchedule: json.JsonReader<ScheduleName> = (value, place) => {
  if (value === "constant" || value === "linear" || value === "cosine") return value;
  throw json.fault(value, place, "constant, linear or cosine");
};

const readRecipe = json.object<Recipe>({
  of: json.string,
  options: json.object<RecipeOptions>({
    batchSize: json.count,
    epochs: json.count,
    learningRate: json.number,
    schedule: readSchedule,
    warmup: json.number,
    embeddingStd: json.number,
    weightDecay: json.optional(json.number),
    clipNorm: json.optional(json.number),
  }),
});
