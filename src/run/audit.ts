import { dealFolds } from "../audit/folds.js";
import { nearDuplicates } from "../audit/near-duplicates.js";
import { type Suspect, suspectsOf } from "../audit/suspects.js";
import type { Answers } from "../data/answers.js";
import { isNoLabel } from "../data/no-label.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { checkOptions, type GivenOptions, option } from "../option.js";
import { wholeNumber } from "../option-kinds.js";
import { Random } from "../random.js";
import { required } from "../runtime/required.js";
import { threads } from "../runtime/threads/threads.js";
import type { Figures } from "../tasks/figures.js";
import { taskFor } from "../tasks/task-for.js";
import type { TextExample } from "../text/text-example.js";
import type { TrainEvent } from "../train/events.js";
import { Trainer } from "../train/trainer.js";
import { openExamples } from "./example-source.js";
import { runOptions } from "./options.js";
import { type Start, startTraining } from "./start-training.js";
import type { CommonTrainOptions, ExampleSource, UncheckedTrainOptions } from "./train-options.js";

export const foldOptions = {
  /** Parts of the examples, each of which is asked about by a model that was trained on the others. Default: 5. */
  folds: option(wholeNumber(2), {
    default: 5,
    help: "parts of the examples: each is asked about by a model that is trained on the others",
  }),
};

/** What is audited, and how the models learn that audit it: as {@link train} is told. */
export interface AuditOptions
  extends Omit<UncheckedTrainOptions, "train" | "validation" | "test" | "testShare" | "out" | "listeners">,
    GivenOptions<typeof foldOptions> {
  /** The examples whose labels are in question. */
  readonly data: ExampleSource;
  /** Other examples, say to test on, which should not be among these too: files. */
  readonly against?: readonly string[] | undefined;
  /** Is told of each step and epoch. */
  readonly onEvent?: ((event: TrainEvent, fold: Fold) => void) | undefined;
  /** Is told when a part has been asked about, and how well its labels were met. */
  readonly onFold?: ((fold: Fold, figures: Figures) => void) | undefined;
}

/** A part of the examples. */
export interface Fold {
  /** Which one, from 1. */
  readonly fold: number;
  readonly folds: number;
  /** Epochs for which its model is trained. */
  readonly epochs: number;
  /** Examples of which the model is trained on, and is asked about. */
  readonly trained: number;
  readonly asked: number;
}

/** Examples with nearly the same texts. */
export interface DuplicateGroup {
  /** Places in the audit's examples. */
  readonly examples: readonly number[];
  /** Whether their labels differ. */
  readonly differ: boolean;
}

/** An example of another file whose texts are, nearly the same, among those that are audited. */
export interface Leak {
  readonly example: TextExample;
  /** The places of those that are like it. */
  readonly like: readonly number[];
}

/** What may be wrong with examples. */
export interface Audit {
  /** Those with a label, in the order of their files. */
  readonly examples: readonly TextExample[];
  readonly answers: Answers;
  /** Labels that are probably wrong, the least believable first. */
  readonly suspects: readonly Suspect[];
  /** [K, K] of one label each: about how many examples have label i and should have label j. */
  readonly joint?: readonly (readonly number[])[];
  readonly duplicates: readonly DuplicateGroup[];
  readonly leaks: readonly Leak[];
}

/**
 * Finds examples whose labels are probably wrong, by confident learning on the answers of models that have not been trained on
 * them; near-duplicates, and whether their labels differ; and examples of other files that are among these. Near-duplicates
 * are always in one part, so that no model has seen what it is asked about.
 * @throws TunebertError when options do not go together, a file cannot be read, or there are too few examples
 * @example
 * const { suspects, examples } = await audit({ data: "train.csv", folds: 2, epochs: 1 });
 * for (const { example, suggested } of suspects) console.log(examples[example]?.text, suggested);
 */
export async function audit(options: AuditOptions): Promise<Audit> {
  const { folds } = checkOptions(foldOptions, options);
  const { train: all, isSnli } = await readAll(options.data, options);
  const words = options.words ?? (isSnli && options.pretrained === undefined ? "book" : undefined);
  const start = await startTraining({ resumeFrom: undefined }, { ...options, words, train: all, out: "" });
  const { set } = start.train;
  const examples = labelled(all, set, options);
  if (set.size < 2 * folds) {
    throw new TunebertError((named) => `${set.size} examples are too few for ${named} ${folds}`, {
      option: "folds",
    });
  }
  const groups = nearDuplicates(examples);
  // Before the models are trained, for a file may not be there.
  const leaks = await leaksOf(examples, options);
  const outputs = await answersOfOthers(start, groups, { ...options, folds });
  return {
    ...{ examples, answers: set.answers, leaks },
    ...suspectsOf(set, outputs),
    duplicates: groups.map((group) => ({ examples: group, differ: differ(group, set) })),
  };
}

async function readAll(
  source: ExampleSource,
  options: Omit<CommonTrainOptions, "train" | "out">,
): Promise<{ readonly train: TextExample[]; readonly isSnli: boolean }> {
  const opened = await openExamples("train", source, { ...options, train: source, out: "" });
  const train: TextExample[] = [];
  for await (const example of opened.examples) train.push(example);
  return { train, isSnli: opened.isSnli };
}

/** The examples that the dataset was made of, in its order. */
function labelled(
  all: readonly TextExample[],
  { labelNames, size }: TextDataset,
  { noLabel, limit }: Pick<AuditOptions, "noLabel" | "limit">,
): TextExample[] {
  const isNone = (label: string) => isNoLabel(label, labelNames, noLabel);
  const examples = all
    .filter(({ label }) => label !== undefined && !(typeof label === "string" && isNone(label)))
    .slice(0, limit);
  if (examples.length !== size) throw new Error(`${size} examples were encoded, not ${examples.length}`);
  return examples;
}

/** What the output layer gives for each example, by a model that was trained on other folds. */
async function answersOfOthers(
  { train: { set }, fresh, options: settled }: Start,
  groups: readonly (readonly number[])[],
  { folds, signal, onEvent, onFold }: AuditOptions & { readonly folds: number },
): Promise<Float32Array> {
  const options = runOptions(settled);
  const kinds = set.answers === "number" ? new Int32Array(set.size) : set.labels;
  const fold = dealFolds(kinds, groups, { folds, random: new Random(options.seed) });
  let outputs = new Float32Array();
  for (let which = 0; which < folds; which++) {
    const places = Array.from(fold.keys());
    const asked = places.filter((i) => fold[i] === which);
    const trained = places.filter((i) => fold[i] !== which);
    const about = {
      fold: which + 1,
      folds,
      epochs: options.epochs,
      trained: trained.length,
      asked: asked.length,
    };
    if (asked.length === 0) continue;
    const model = fresh();
    const task = taskFor(model, set.subset(trained), options);
    const trainer = new Trainer(task, threads(options.threads), options);
    let answers = new Float32Array();
    let figures: Figures = {};
    const test = set.subset(asked);
    for await (const event of trainer.fit({
      test,
      signal,
      onAnswers: (_, given) => (answers = new Float32Array(given)),
    })) {
      onEvent?.(event, about);
      if (event.event === "done") figures = event.test ?? {};
    }
    const { outputs: width } = model;
    if (outputs.length === 0) outputs = new Float32Array(set.size * width);
    asked.forEach((example, i) => {
      outputs.set(answers.subarray(i * width, (i + 1) * width), example * width);
    });
    onFold?.(about, figures);
  }
  return outputs;
}

function differ(group: readonly number[], { answers, labels, numbers }: TextDataset): boolean {
  const targets = answers === "number" ? numbers : labels;
  return group.some((example) => targets[example] !== targets[required(group[0], "an example")]);
}

async function leaksOf(examples: readonly TextExample[], options: AuditOptions): Promise<Leak[]> {
  const leaks: Leak[] = [];
  for (const file of options.against ?? []) {
    const { train: others } = await readAll(file, options);
    for (const group of nearDuplicates([...examples, ...others])) {
      const like = group.filter((i) => i < examples.length);
      if (like.length === 0) continue;
      for (const i of group.filter((i) => i >= examples.length)) {
        leaks.push({ example: required(others[i - examples.length], "an example"), like });
      }
    }
  }
  return leaks;
}
