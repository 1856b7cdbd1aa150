import type { Random } from "../../random.js";
import { type Caption, oneOf, render } from "./caption.js";
import {
  actions,
  colours,
  type Groups,
  hypernyms,
  type Kind,
  type Noun,
  nouns,
  numbers,
  places,
  qualities,
} from "./words.js";

export type Label = "entailment" | "contradiction" | "neutral";

/** Two sentences and how the second follows from the first. */
export interface SamplePair {
  readonly text: string;
  readonly textPair: string;
  readonly label: Label;
}

/** What a hypothesis is about; often what is harder to compare, but no more than three times. */
const aspects = [
  ...["action", "action", "action"] as const,
] as const;
