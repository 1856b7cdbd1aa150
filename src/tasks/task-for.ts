import type { BertClassifier } from "../bert/bert-classifier.js";
import { type Answers, type AnyOf, taskOf } from "../data/answers.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { defaultsOf } from "../option.js";
import {
  type ClassificationOptions,
  classification,
  classificationFigures,
  classificationOptions,
} from "./classification.js";
import { type DistillationOptions, distillation } from "./distillation.js";
import type { FigureKind } from "./figures.js";
import { multiLabel, multiLabelFigures } from "./multi-label.js";
import { regression, regressionFigures } from "./regression.js";
import type { Task } from "./task.js";

/**
 * The task of a model that answers so.
 * @param teacher (n · K) a teacher's logits for the examples; default: none
 * @throws TunebertError when an option means nothing for it, or as the task does
 */
export function taskFor(
  model: BertClassifier<Answers>,
  train: TextDataset,
  options: ClassificationOptions & DistillationOptions,
  teacher?: Float32Array,
): Task<TextDataset> {
  if (isClassifier(model)) {
    return teacher ? distillation(model, train, teacher, options) : classification(model, train, options);
  }
  expectNoClassOptions(options);
  if (givesNumbers(model)) return regression(model, train, options);
  if (givesAnyLabels(model)) return multiLabel(model, train, options);
  throw new Error("the model answers with neither labels nor numbers");
}

/** What models that answer so are measured by; the first of these counts, unless another is named. */
export function figuresOf(answers: Answers): readonly [FigureKind, ...FigureKind[]] {
  return FIGURES[taskOf(answers)];
}

const FIGURES = {
  classification: classificationFigures,
  "multi-label": multiLabelFigures,
  regression: regressionFigures,
};

/** Whether a model answers with one of its labels. */
export function isClassifier(model: BertClassifier<Answers>): model is BertClassifier {
  return taskOf(model.answers) === "classification";
}

/** Whether a model answers with any of its labels. */
export function givesAnyLabels(model: BertClassifier<Answers>): model is BertClassifier<AnyOf> {
  return taskOf(model.answers) === "multi-label";
}

/** Whether a model answers with a number. */
export function givesNumbers(model: BertClassifier<Answers>): model is BertClassifier<"number"> {
  return model.answers === "number";
}

function expectNoClassOptions(options: ClassificationOptions): void {
  const usual = defaultsOf(classificationOptions);
  const names = ["classWeights", "labelSmoothing"] as const;
  const given = names.find((name) => options[name] !== usual[name]);
  if (given === undefined) return;
  throw new TunebertError(
    (named) => `${named} is for one label of several; leave it out where any labels or numbers are learnt`,
    {
      option: given,
    },
  );
}
