import type { Question } from "../predict/predictor.js";
import { ownProgram, shellWord } from "./shell-words.js";

/** Where a trained model and its report are, and what to type to ask it. */
export function whereAndHow(
  folder: string,
  question: Question,
  [, script = "tunebert"]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const texts = [question.text, question.textPair ?? []].flat();
  const words = [
    "predict",
    "--model",
    folder,
    ...(texts.some((text) => text.startsWith("-")) ? ["--"] : []),
    ...texts,
  ];
  return [
    `The model and report.html are in ${folder}. Ask it yourself:`,
    `  ${[...ownProgram(script, env), ...words.map(shellWord)].join(" ")}`,
  ];
}
