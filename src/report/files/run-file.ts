import { TunebertError } from "../../error.js";
import * as json from "../../text/json-reader.js";
import { printable } from "../../text/printable.js";
import { readTexts } from "../../text/text-example.js";
import type { RunRecord } from "./run-record.js";

const FORMAT = "tunebert-run";
const VERSION = 1;

/** The text of run.json. */
export function formatRun(run: RunRecord): string {
  const lines = JSON.stringify({ format: FORMAT, version: VERSION, ...run }, null, 2).split("\n");
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/**
 * Reads the text of run.json. What nobody relies on is taken as it is: an earlier version may not have written it.
 * @throws TunebertError, with `path`, when it is not JSON, not ours, or lacks a part
 */
export function parseRun(text: string, path: string): RunRecord {
  const { format, version, ...run } = json.parseJson(text, path, readFormat);
  if (format !== FORMAT || version !== VERSION) {
    throw new TunebertError(
      `${path} does not describe a training run of tunebert (format ${FORMAT}, version ${VERSION})`,
    );
  }
  return json.readJson(run, path, readRun) as RunRecord;
}

const readFormat = json.object({ format: json.anything, version: json.anything });

/** Earlier versions had names of their own for the figures. */
const readTraining: json.JsonReader<unknown> = (value, place) => {
  const common = { examplesPerSecond: json.number, threads: json.count };
  const isNamed = typeof value === "object" && value !== null && Object.hasOwn(value, "trainLoss");
  if (!isNamed) return json.object({ ...common, train: json.record(json.number) })(value, place);
  const read = json.object({ ...common, trainLoss: json.number, trainAccuracy: json.fraction });
  const { trainLoss: loss, trainAccuracy: accuracy, ...training } = read(value, place);
  return { ...training, train: { loss, accuracy } };
};

const readTask: json.JsonReader<"multi-label"> = (value, place) => {
  if (value !== "multi-label") throw json.fault(value, place, '"multi-label"');
  return value;
};

/** What those who compare runs rely on. */
const readRun = json.object({
  model: json.object({
    labels: json.list(json.string),
    task: json.optional(readTask),
    parameters: json.count,
    texts: readTexts,
  }),
  settings: json.record(json.anything),
  data: json.object({ train: json.record(json.anything) }),
  machine: json.object({ processor: json.string }),
  training: readTraining,
}) as json.JsonReader<unknown>;
