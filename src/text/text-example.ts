import { fault, type JsonReader } from "./json-reader.js";

/** One text, or a pair of texts, to be classified. All examples of a data set have as many texts. */
export interface TextExample {
  readonly text: string;
  /** The second text of a pair: what follows from the first, contradicts it or answers it. */
  readonly textPair?: string | undefined;
  /**
   * A list where any labels may apply, several or none. Left out when nobody has said: to be predicted, or without agreement
   * among its annotators.
   */
  readonly label?: string | readonly string[] | undefined;
  /** The file the example was read from; errors name it. */
  readonly fileName?: string;
  /** Its row there, the first row being 1; errors name it. */
  readonly row?: number;
}

/** How many texts an example has. */
export type Texts = 1 | 2;

/** The number of texts of models and runs that do not tell it: they are of a time when there were pairs alone. */
export const DEFAULT_TEXTS: Texts = 2;

export function textsOf({ textPair }: Pick<TextExample, "textPair">): Texts {
  return textPair === undefined ? 1 : 2;
}

/** Reads the number of texts that a file of ours tells, or does not tell. */
export const readTexts: JsonReader<Texts> = (value = DEFAULT_TEXTS, place) => {
  if (value !== 1 && value !== 2) throw fault(value, place, "1 or 2");
  return value;
};
