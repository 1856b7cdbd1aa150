/** Two texts and how they relate: one example of natural language inference. */
export interface TextPair {
  /** The first text. */
  readonly premise: string;
  /** The second text, which follows from the first, contradicts it, or neither. */
  readonly hypothesis: string;
  /** `undefined` when the pair has none: to be predicted, or without agreement among its annotators. */
  readonly label: string | undefined;
  /** The file the pair was read from; errors name it. */
  readonly fileName?: string;
  /** Its row there, the first row being 1; errors name it. */
  readonly row?: number;
}
