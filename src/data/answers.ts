/** What a model answers with: one of the labels, in the order of the logits, or a number. */
export type Answers = readonly string[] | "number";

/** What is learnt: which label an example has, or which number. */
export type TaskName = "classification" | "regression";

/** What a model answers with that has learnt such a task. */
export type AnswersOf<Task extends TaskName> = Task extends "regression" ? "number" : readonly string[];
