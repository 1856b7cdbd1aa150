import { stringify } from "csv-stringify/sync";
import { type Answers, labelsOf, taskOf } from "../data/answers.js";
import { mostProbable, probabilitiesJson } from "../metrics/label-probabilities.js";
import type { MultiLabelPrediction, NumberPrediction, Prediction } from "../predict/predictor.js";
import { printable } from "../text/printable.js";
import type { TextExample, Texts } from "../text/text-example.js";

/** What a model answers. */
type Answer = Prediction | MultiLabelPrediction | NumberPrediction;

/** How answers are written: one a line. */
export interface PredictionFormat {
  /** The line above all answers, where there is one. */
  readonly head?: string;
  line(example: TextExample, answer: Answer): string;
}

export const PREDICTION_FORMATS = ["text", "jsonl", "csv"] as const;

/** What is answered, and how much of it is written. */
export interface FormatOptions {
  readonly texts: Texts;
  /** What the model answers with. */
  readonly answers: Answers;
  /** Of each answer the most probable labels only, so many. */
  readonly top: number | undefined;
}

export function predictionFormat(
  name: (typeof PREDICTION_FORMATS)[number],
  options: FormatOptions,
): PredictionFormat {
  if (name === "text") return { line: (_, answer) => formatPrediction(answer, options.top) };
  if (name === "jsonl") return { line: (example, answer) => predictionJson(example, answer, options.top) };
  return csv(options);
}

/** Labels that a line shows; of more, the most probable. */
const SHOWN = 20;

/** A number as it is written: as many digits as single precision has. */
const DIGITS = 7;

/** Digits of a probability after the point. */
const PROBABILITY_DIGITS = 6;

/** A number; the labels that apply, or a dash, and the probabilities; or else the label, and every label's probability: `entailment  entailment 0.912  contradiction 0.031  neutral 0.057`. */
export function formatPrediction(answer: Answer, top = SHOWN): string {
  if ("number" in answer) return String(rounded(answer));
  const { probabilities } = answer;
  const shown = probabilities.length <= top ? probabilities : mostProbable(probabilities, top);
  const each = shown.map((entry) => `${printable(entry.label)} ${entry.probability.toFixed(3)}`);
  if ("labels" in answer) {
    return [printable(answer.labels.join(", ")) || "-", ...each, ...rest(probabilities, shown)].join("  ");
  }
  const width = shown.reduce((widest, entry) => Math.max(widest, printable(entry.label).length), 0);
  return [printable(answer.label).padEnd(width), ...each, ...rest(probabilities, shown)].join("  ");
}

function rest(all: readonly unknown[], shown: readonly unknown[]): string[] {
  const others = all.length - shown.length;
  return others === 0 ? [] : [`and ${others} ${others === 1 ? "other" : "others"}`];
}

function predictionJson({ text, textPair }: TextExample, answer: Answer, top: number | undefined): string {
  if ("number" in answer) return JSON.stringify({ text, textPair, number: rounded(answer) });
  const { probabilities, ...answered } = answer;
  const shown = top === undefined ? probabilities : mostProbable(probabilities, top);
  const known = JSON.stringify({ text, textPair, ...answered }).slice(0, -1);
  return `${known},"probabilities":${probabilitiesJson(shown)}}`;
}

/**
 * RFC 4180: a column for each label's probability, or for the most probable labels and theirs; where any may apply, those that
 * do as a JSON list before them.
 */
function csv({ texts, answers, top }: FormatOptions): PredictionFormat {
  const labels = labelsOf(answers);
  const areAny = taskOf(answers) === "multi-label";
  const row = (cells: readonly (string | number)[]) => stringify([cells], { eof: false });
  const given = texts === 1 ? ["text"] : ["text", "textPair"];
  const places = Array.from({ length: Math.min(top ?? 1, labels.length) }, (_, i) => (i === 0 ? "" : i + 1));
  const applying = areAny ? ["labels"] : [];
  const answered =
    areAny && top === undefined ? [] : places.flatMap((place) => [`label${place}`, `probability${place}`]);
  const each = top === undefined ? labels.map((label) => `probability of ${label}`) : [];
  return {
    head: row([...given, ...(answers === "number" ? ["number"] : [...applying, ...answered, ...each])]),
    line({ text, textPair = "" }, answer) {
      const asked = texts === 1 ? [text] : [text, textPair];
      if ("number" in answer) return row([...asked, rounded(answer)]);
      const { probabilities } = answer;
      const best = answered.length === 0 ? [] : mostProbable(probabilities, places.length);
      const all = top === undefined ? probabilities.map(({ probability }) => digits(probability)) : [];
      return row([
        ...asked,
        ...("labels" in answer ? [JSON.stringify(answer.labels)] : []),
        ...best.flatMap(({ label, probability }) => [label, digits(probability)]),
        ...all,
      ]);
    },
  };
}

function digits(probability: number): string {
  return probability.toFixed(PROBABILITY_DIGITS);
}

function rounded({ number }: NumberPrediction): number {
  return Number(number.toPrecision(DIGITS));
}
