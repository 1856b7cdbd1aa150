import { TunebertError } from "../error.js";
import { printable } from "../text/printable.js";
import type { RunRecord } from "./run-record.js";

const FORMAT = "tunebert-run";
const VERSION = 1;

/** The text of run.json. */
export function formatRun(run: RunRecord): string {
  const lines = JSON.stringify({ format: FORMAT, version: VERSION, ...run }, null, 2).split("\n");
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/**
 * Reads the text of run.json.
 * @throws TunebertError, with `path`, when it is not JSON, not ours, or lacks a part
 */
export function parseRun(text: string, path: string): RunRecord {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TunebertError(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (json?.format !== FORMAT || json.version !== VERSION) {
    throw new TunebertError(
      `${path} does not describe a training run of tunebert (format ${FORMAT}, version ${VERSION})`,
    );
  }
  for (const [part, type] of Object.entries(PARTS)) {
    const [object, name] = part.split(".") as [string, string];
    const value = (json[object] as Record<string, unknown> | undefined)?.[name];
    const found = Array.isArray(value) ? "array" : typeof value;
    if (found !== type)
      throw new TunebertError(`${path}: ${part} is not of type ${type}; the file is damaged`);
  }
  if (typeof json.settings !== "object" || json.settings === null) {
    throw new TunebertError(`${path}: settings is not of type object; the file is damaged`);
  }
  const { format: _, version: __, ...run } = json;
  return run as unknown as RunRecord;
}

/** What those who compare runs rely on. */
const PARTS = {
  "model.labels": "array",
  "model.parameters": "number",
  "training.trainLoss": "number",
  "training.trainAccuracy": "number",
  "training.examplesPerSecond": "number",
  "training.threads": "number",
  "machine.processor": "string",
  "data.train": "object",
};
