import pc from "picocolors";
import { formatCount, formatDuration } from "./format-quantity.js";

/** How far a long piece of work has come. */
export type Progress = TrainingProgress | MeasuringProgress;

interface RunningEpoch {
  /** The running epoch, counted from 1. */
  epoch: number;
  epochs: number;
}

interface TrainingProgress extends RunningEpoch {
  /** Steps done within the epoch. */
  step: number;
  steps: number;
  loss: number;
  /** Between 0 and 1; left out where the work has none. */
  accuracy?: number | undefined;
  examplesPerSecond: number;
  /** Until the end of the last epoch. */
  secondsLeft: number;
}

/** The model is measured, once the steps of an epoch are done. */
interface MeasuringProgress extends RunningEpoch {
  /** On which examples. */
  set: "validation" | "test";
  done: number;
  all: number;
}

export type Colors = ReturnType<typeof pc.createColors>;

const COLORLESS = pc.createColors(false);
const GAP = "  ";
const SHORTEST_BAR = 8;
const LONGEST_BAR = 30;

/**
 * Progress as one line of a terminal, with a bar that takes the room left over. It never fills the last column,
 * where some terminals wrap; in a narrow terminal the less important fields go first.
 *
 * @param columns width of the terminal in characters
 * @param colors from picocolors; none if left out
 */
export function formatProgressLine(progress: Progress, columns: number, colors: Colors = COLORLESS): string {
  const width = Math.max(0, columns - 1);
  const fields = progressFields(progress);
  while (fields.length > 1 && shortestLine(fields) > width) fields.splice(leastImportant(fields), 1);
  const others = fields.filter((field) => field.name !== "bar");
  const room = width - lineLength(others.map((field) => field.text)) - GAP.length;
  return fields
    .map(({ name, text }) => {
      if (name === "bar") return formatBar(fractionDone(progress), Math.min(room, LONGEST_BAR), colors);
      return paint(name, text.slice(0, width), colors);
    })
    .join(GAP);
}

/** Progress as a line of a log, which nothing will overwrite. */
export function formatProgressLog(progress: Progress): string {
  const { epoch, epochs } = progress;
  if ("set" in progress) return [`epoch ${epoch}/${epochs}`, measuring(progress)].join(GAP);
  return [
    `epoch ${epoch}/${epochs}`,
    `step ${progress.step}/${progress.steps}`,
    formatPercent(fractionDone(progress)),
    `loss ${progress.loss.toFixed(4)}`,
    ...(progress.accuracy === undefined ? [] : [`accuracy ${progress.accuracy.toFixed(3)}`]),
    `${formatRate(progress.examplesPerSecond)} examples/s`,
    `${formatDuration(progress.secondsLeft)} left`,
  ].join(GAP);
}

/** The part that is done of the running epoch's steps or, once it is measured, of the examples; between 0 and 1. */
export function fractionDone(progress: Progress): number {
  const [done, all] = "set" in progress ? [progress.done, progress.all] : [progress.step, progress.steps];
  return all > 0 ? Math.min(1, Math.max(0, done / all)) : 0;
}

/** How many epochs' steps are done. */
export function epochsDone(progress: Progress): number {
  return "set" in progress ? progress.epoch : progress.epoch - 1 + fractionDone(progress);
}

type FieldName = "epoch" | "bar" | "percent" | "measuring" | "loss" | "accuracy" | "rate" | "left";

interface Field {
  name: FieldName;
  text: string;
}

const FIRST_TO_GO: FieldName[] = ["rate", "bar", "accuracy", "left", "loss", "percent", "measuring"];

function progressFields(progress: Progress): Field[] {
  const fields: Field[] = [
    { name: "epoch", text: `epoch ${progress.epoch}/${progress.epochs}` },
    { name: "bar", text: " ".repeat(SHORTEST_BAR) },
    { name: "percent", text: formatPercent(fractionDone(progress)) },
  ];
  if ("set" in progress) return [...fields, { name: "measuring", text: measuring(progress) }];
  fields.push({ name: "loss", text: `loss ${progress.loss.toFixed(4)}` });
  if (progress.accuracy !== undefined) {
    fields.push({ name: "accuracy", text: `acc ${progress.accuracy.toFixed(3)}` });
  }
  fields.push(
    { name: "rate", text: `${formatRate(progress.examplesPerSecond)} ex/s` },
    { name: "left", text: `${formatDuration(progress.secondsLeft)} left` },
  );
  return fields;
}

function measuring({ set, done, all }: MeasuringProgress): string {
  return `measuring on the ${set} set, ${formatCount(done)} of ${formatCount(all)}`;
}

function leastImportant(fields: Field[]): number {
  const name = FIRST_TO_GO.find((candidate) => fields.some((field) => field.name === candidate));
  return fields.findIndex((field) => field.name === name);
}

function shortestLine(fields: Field[]): number {
  return lineLength(fields.map((field) => field.text));
}

function lineLength(texts: string[]): number {
  return texts.join(GAP).length;
}

function formatBar(fraction: number, length: number, colors: Colors): string {
  const done = Math.floor(fraction * length);
  return colors.cyan("━".repeat(done)) + colors.dim("─".repeat(length - done));
}

function paint(name: FieldName, text: string, colors: Colors): string {
  if (name === "epoch") return colors.bold(text);
  if (name === "rate" || name === "left") return colors.dim(text);
  return text;
}

function formatPercent(fraction: number): string {
  return `${Math.floor(fraction * 100 + 1e-9)}%`.padStart(4);
}

function formatRate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}
