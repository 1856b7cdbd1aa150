/** What people call figures whose names are no words. */
const TITLES: Readonly<Record<string, string>> = {
  macroF1: "Macro F1",
  matthews: "Matthews correlation",
  microF1: "Micro F1",
  exactMatch: "Exact match",
  pearson: "Pearson correlation",
  spearman: "Spearman correlation",
  tokenLoss: "Loss of masked tokens",
  tokenAccuracy: "Tokens guessed",
  nextSentenceLoss: "Loss of next sentences",
  nextSentenceAccuracy: "Next sentences told",
};

/** What lines call them. */
const SHORT: Readonly<Record<string, string>> = {
  accuracy: "acc",
  macroF1: "macro F1",
  microF1: "micro F1",
  exactMatch: "exact",
  tokenAccuracy: "token acc",
};

/** A figure's name as a heading. */
export function figureTitle(name: string): string {
  return TITLES[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** A figure's name where room is short: `acc`. */
export function shortFigureName(name: string): string {
  return SHORT[name] ?? name;
}
