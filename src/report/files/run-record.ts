import { arch, availableParallelism, cpus, totalmem, type } from "node:os";
import type { BertConfig } from "../../bert/config.js";
import type { TextDataset } from "../../data/text-dataset.js";
import type { Evaluation } from "../../metrics/evaluation.js";
import type { GuessEvaluation } from "../../metrics/guesses.js";
import type { MultiLabelReport } from "../../metrics/multi-label.js";
import { loadOnnxRuntime } from "../../runtime/threads/onnx-runtime.js";
import type { Figures } from "../../tasks/figures.js";
import type { Texts } from "../../text/text-example.js";

/** What a training run was and what came of it: all that is reported of it but its curves and its answers. */
export interface RunRecord {
  readonly name: string;
  /** The version of tunebert. */
  readonly tunebert: string;
  /** When training ended, in ISO 8601. */
  readonly finished: string;
  readonly model: ModelRecord;
  /** Options by their names in the API; lists and objects as JSON has them. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly data: {
    readonly train: DataRecord;
    readonly validation?: DataRecord | undefined;
    readonly test?: DataRecord | undefined;
  };
  readonly machine: MachineRecord;
  readonly training: TrainingRecord;
  /** What may be wrong with the examples, the options or the outcome, a sentence each; left out by earlier versions. */
  readonly warnings?: readonly string[] | undefined;
  /** Of the saved model, on pairs that it was not trained on; left out where there are none. */
  readonly evaluation?: (Evaluation & HeldOutData) | undefined;
  /** The same of a model that answers with a number. */
  readonly regression?: (GuessEvaluation & HeldOutData) | undefined;
  /** The same of a model that answers with any of its labels. */
  readonly multiLabel?: (MultiLabelReport & HeldOutData) | undefined;
}

/** Which examples a model was evaluated on. */
export interface HeldOutData {
  readonly data: "validation" | "test";
}

export interface ModelRecord extends BertConfig {
  /** What it answers with; none where it answers with a number. */
  readonly labels: readonly string[];
  /** Left out where it answers with one of them, or with a number. */
  readonly task?: "multi-label" | undefined;
  /** Numbers that training may change. */
  readonly parameters: number;
  /** Longest input in tokens. */
  readonly maxLength: number;
  readonly truncation: string;
  /** How many texts it answers at a time. */
  readonly texts: Texts;
  /** What its weights began as: a folder or a name; left out for a model from scratch. */
  readonly pretrained?: string | undefined;
}

/** What is remembered of the pairs that a dataset was made of. */
export interface DataRecord {
  /** The file's name without its folder, or what generated the pairs. */
  readonly name: string;
  /** SHA-256 of the file, in hexadecimal; left out where there is no file. */
  readonly sha256?: string | undefined;
  /** Examples used. */
  readonly pairs: number;
  /** Left out because they have no label. */
  readonly skipped: number;
  /** Examples that lost tokens to fit. */
  readonly truncated: number;
  /** The part of their words that the model does not know; left out by earlier versions. */
  readonly unknownShare?: number | undefined;
}

/** What is remembered of a dataset. @param file what is known of where it comes from */
export function dataRecord(
  file: Pick<DataRecord, "name" | "sha256">,
  { size: pairs, skipped, truncated, unknownShare }: TextDataset,
): DataRecord {
  return { ...file, pairs, skipped, truncated, unknownShare };
}

export interface MachineRecord {
  readonly processor: string;
  /** That the process may use. */
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly onnxruntime: string;
}

export interface TrainingRecord {
  /** Done; less than were asked for if training stopped early. */
  readonly epochs: number;
  /** Whose model is saved: the best on validation pairs, or without those the last. */
  readonly savedEpoch: number;
  readonly steps: number;
  readonly threads: number;
  /** Wall time of all steps; evaluation and saving not counted. */
  readonly seconds: number;
  readonly examplesPerSecond: number;
  /** Means over the last epoch, while its steps were made. */
  readonly train: Figures;
}

/** Whether a model answers with a number. */
export function isRegression({ labels }: Pick<ModelRecord, "labels">): boolean {
  return labels.length === 0;
}

/** Whether a model answers with any of its labels. */
export function isMultiLabel({ task }: Pick<ModelRecord, "task">): boolean {
  return task === "multi-label";
}

/** What this process runs on. */
export function thisMachine(): MachineRecord {
  return {
    processor: cpus()[0]?.model.trim() || "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${arch()}`,
    node: process.version,
    onnxruntime: loadOnnxRuntime().env.versions.node ?? "unknown",
  };
}
