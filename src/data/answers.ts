/** Any of the labels, several at once or none, each with a logit of its own. */
export interface AnyOf {
  /** The labels, in the order of the logits. */
  readonly anyOf: readonly string[];
}

/** What a model answers with: one of the labels, in the order of the logits, any of them, or a number. */
export type Answers = readonly string[] | AnyOf | "number";

/** What is learnt: which label an example has, which ones, or which number. */
export type TaskName = "classification" | "multi-label" | "regression";

/** What a model answers with that has learnt such a task. */
export type AnswersOf<Task extends TaskName> = Task extends "regression"
  ? "number"
  : Task extends "multi-label"
    ? AnyOf
    : readonly string[];

/** The task of a model that answers so. */
export function taskOf(answers: Answers): TaskName {
  if (answers === "number") return "regression";
  return "anyOf" in answers ? "multi-label" : "classification";
}

/** The labels that a model knows; none of one that answers with a number. */
export function labelsOf(answers: Answers): readonly string[] {
  if (answers === "number") return [];
  return "anyOf" in answers ? answers.anyOf : answers;
}
