/** Two texts and how they relate: one example of natural language inference. */
export interface TextPair {
  readonly premise: string;
  readonly hypothesis: string;
  /** `undefined` when the pair has none: to be predicted, or without agreement among its annotators. */
  readonly label: string | undefined;
  /** The file the pair was read from and its row there, the first row being 1; errors name them. */
  readonly fileName?: string;
  readonly row?: number;
}
