import type { BertConfig } from "../../bert/config.js";
import { type Html, html } from "../../text/html.js";
import { type DataRecord, isRegression, type RunRecord } from "../files/run-record.js";
import { settingRows } from "../files/setting-text.js";
import { formatCount, formatDuration } from "../terminal/format-quantity.js";
import { facts, namesOf } from "./page-parts.js";

/** The sections on how the run was made. */
export function runSections(run: RunRecord): Html[] {
  const { model, settings, data, training } = run;
  return [
    html`<section aria-labelledby="settings"><h2 id="settings">Settings</h2>
${facts("Model", [
  ["labels", isRegression(model) ? undefined : namesOf(model.labels)],
  ["weights began as", model.pretrained ?? "random numbers"],
  ...sizeRows(model),
  ["truncation", model.truncation],
])}
${facts("Training", [...settingRows(settings), ["saved model", savedModel(training)]])}</section>`,
    html`<section aria-labelledby="data"><h2 id="data">Data</h2>
${dataFacts("Training examples", data.train)}
${dataFacts("Validation examples", data.validation)}
${dataFacts("Test examples", data.test)}</section>`,
    machineSection(run),
  ];
}

/** How large a model is. */
export function sizeRows(
  model: BertConfig & { readonly parameters: number; readonly maxLength: number },
): (readonly [name: string, value: string | number])[] {
  return [
    ["parameters", formatCount(model.parameters)],
    ["hidden size", model.hidden],
    ["feed-forward width", model.ffn],
    ["attention heads", model.heads],
    ["Transformer blocks", model.blocks],
    ["vocabulary rows", formatCount(model.vocabularySize)],
    ["positions", model.maxPositions],
    ["longest input", `${model.maxLength} tokens`],
  ];
}

/** On what a run was made, and how fast. */
export function machineSection({
  training,
  machine,
  tunebert,
  finished,
}: Pick<RunRecord, "machine" | "tunebert" | "finished"> & {
  readonly training: Pick<RunRecord["training"], "examplesPerSecond" | "steps" | "seconds" | "threads">;
}): Html {
  return html`<section aria-labelledby="machine"><h2 id="machine">Machine and speed</h2>
${facts("Speed", [
  ["examples per second", training.examplesPerSecond.toFixed(1)],
  ["steps", formatCount(training.steps)],
  ["time of all steps", formatDuration(training.seconds)],
  ["threads", training.threads],
])}
${facts("Machine", [
  ["processor", machine.processor],
  ["cores", machine.cores],
  ["memory", `${machine.memoryGiB} GiB`],
  ["system", machine.system],
  ["Node", machine.node],
  ["ONNX Runtime", machine.onnxruntime],
  ["tunebert", tunebert],
  [
    "finished",
    html`<time datetime="${finished}">${finished.replace("T", " ").replace(/\.\d+Z$/, " UTC")}</time>`,
  ],
])}</section>`;
}

function savedModel({ epochs, savedEpoch }: RunRecord["training"]): string {
  return `that of epoch ${savedEpoch} of ${epochs}`;
}

function dataFacts(caption: string, data: DataRecord | undefined): Html | undefined {
  if (data === undefined) return undefined;
  const { name, sha256, pairs, skipped, truncated } = data;
  return facts(caption, [
    ["from", name],
    ["SHA-256 of the file", sha256 === undefined ? undefined : html`<code>${sha256}</code>`],
    ["examples", formatCount(pairs)],
    ["skipped without a label", skipped === 0 ? undefined : formatCount(skipped)],
    ["truncated", truncated === 0 ? undefined : formatCount(truncated)],
  ]);
}
