import type { AnswersOf, TaskName } from "../data/answers.js";
import { loadModel, readModelConfig } from "../hub/store/model-folder.js";
import { Predictor } from "../predict/predictor.js";
import { threads } from "../runtime/threads/threads.js";
import type { EpochFigures } from "../train/model-selection.js";
import { prepareRun } from "./prepare-run.js";
import { inRunFolder } from "./run-folder.js";
import { trainInFolder } from "./train-in-folder.js";
import { expectTogether, type TrainOptions } from "./train-options.js";

/**
 * What training came to.
 * @typeParam Task what was learnt
 */
export interface Trained<Task extends TaskName = "classification"> {
  /** The model that is kept: the best epoch's where there were examples to choose by, else the last one's. */
  readonly model: Predictor<AnswersOf<Task>>;
  /** Of that epoch; accuracies are fractions. */
  readonly figures: EpochFigures;
  /** Which epoch that was, from 1. */
  readonly epoch: number;
  /** What may be wrong with the examples, the options or the outcome, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Fine-tunes a pretrained BERT, or trains one from scratch, in one call: what `tunebert train` does, with options of the
 * same names. The folder `out` then holds the model, its checkpoints, metrics and report.
 * @throws TunebertError when options do not go together, a file cannot be read, or as {@link trainInFolder}
 * @typeParam Task what is learnt
 * @example
 * const { model, figures } = await train({ train: "train.csv", test: "test.csv", out: "my-model", epochs: 3 });
 * console.log(figures.test?.accuracy);
 * console.log(await model.predict({ text: "A dog runs .", textPair: "An animal moves ." }));
 */
export async function train<Task extends TaskName = "classification">(
  options: TrainOptions<Task>,
): Promise<Trained<Task>> {
  expectTogether(options);
  return inRunFolder(options.out, options, async (folder) => {
    const run = await prepareRun(folder, options);
    const { kept, epoch: last, warnings } = await trainInFolder(run);
    const { epoch, ...figures } = kept;
    const { thresholds } = await readModelConfig(folder.path);
    const saved = epoch === last ? { ...run, thresholds } : await loadModel(folder.path, { task: "any" });
    const model = new Predictor({ ...saved, device: threads(options.threads) });
    return { model: model as Predictor<AnswersOf<Task>>, figures, epoch, warnings }; // it learnt what the options say
  });
}
