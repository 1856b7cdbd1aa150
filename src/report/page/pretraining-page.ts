import type { BertConfig } from "../../bert/config.js";
import type { PretrainingHeads } from "../../bert/pretraining-program.js";
import type { Figures } from "../../tasks/figures.js";
import { Html, html } from "../../text/html.js";
import { figureTitle } from "../charts/figure-names.js";
import { drawCurvePanels, type LearningCurves } from "../charts/learning-curves.js";
import type { MachineRecord, TrainingRecord } from "../files/run-record.js";
import { settingRows } from "../files/setting-text.js";
import { facts, page, percent } from "./page-parts.js";
import { machineSection, sizeRows } from "./page-run.js";

/** What a pretraining run was and what came of it. */
export interface PretrainingRecord {
  readonly name: string;
  /** The version of tunebert. */
  readonly tunebert: string;
  /** When it ended, in ISO 8601. */
  readonly finished: string;
  readonly model: BertConfig & PretrainingHeads & { readonly maxLength: number; readonly parameters: number };
  /** What it learnt from and was measured on. */
  readonly data: Readonly<Record<string, string>>;
  /** Options by their names in the API. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly machine: MachineRecord;
  readonly training: TrainingRecord & { readonly validation: Figures | undefined };
}

/** The report as an HTML page. */
export async function pretrainingPage(run: PretrainingRecord, curves: LearningCurves): Promise<string> {
  const { model, training, data } = run;
  const kept = training.validation && training.savedEpoch;
  const [tokens, pairs] = await Promise.all([
    drawCurvePanels(lossOf(curves, "tokenLoss"), { figure: "tokenAccuracy", kept }),
    model.nextSentence &&
      drawCurvePanels(lossOf(curves, "nextSentenceLoss"), { figure: "nextSentenceAccuracy", kept }),
  ]);
  const panels = [tokens, ...(pairs ? [pairs] : [])].flatMap(({ loss, figure }) => [loss, figure]);
  return page(
    `${run.name}: pretraining report`,
    html`<header>
<h1>${run.name}</h1>
<p class="note">A BERT pretrained on plain text with tunebert ${run.tunebert}, <time>${run.finished.slice(0, 10)}</time>.</p>
<dl class="key">${keyFigures(run).map(
      ([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>\n`,
    )}</dl></header>
<section aria-labelledby="curves"><h2 id="curves">Learning curves</h2>
<p class="note">First the tokens that were to be guessed${model.nextSentence ? ", then whether the second sentence is the next" : ""}.
Training figures are means over the epoch so far, measured while the weights change.</p>
<div class="charts">${panels.map((panel) => html`<figure>${new Html(panel)}</figure>`)}</div></section>
<section aria-labelledby="settings"><h2 id="settings">Settings</h2>
${facts("Model", modelRows(run))}
${facts("Training", settingRows(run.settings))}</section>
<section aria-labelledby="data"><h2 id="data">Data</h2>
${facts("Text", Object.entries(data))}</section>
${machineSection(run)}`,
  );
}

/** A model card in Markdown. */
export function pretrainingCard(run: PretrainingRecord): string {
  const { training, data, machine } = run;
  const rows = (all: readonly (readonly [string, unknown])[]) =>
    all.map(([name, value]) => `| ${name} | ${String(value).replace(/[|\\<&]/g, "\\$&")} |`).join("\n");
  const figures = Object.entries(training.validation ?? training.train).map(
    ([name, value]) => [figureTitle(name), value.toFixed(4)] as const,
  );
  return `# ${run.name.replace(/[\\`*_<&[\]]/g, "\\$&")}

A BERT encoder, pretrained on plain text with tunebert ${run.tunebert}. It answers nothing yet: fine-tune it with
\`tunebert train --pretrained\`.

## Model

| | |
|---|---|
${rows(modelRows(run))}

## Text

| | |
|---|---|
${rows(Object.entries(data))}

## Training

| | |
|---|---|
${rows(settingRows(run.settings))}
| steps | ${training.steps} |
| examples per second | ${training.examplesPerSecond.toFixed(1)} on ${training.threads} threads of ${machine.processor} |

## Figures

${training.validation ? "On text that it was not trained on" : "Means over the last epoch, while it was trained"}:

| | |
|---|---|
${rows(figures)}
`;
}

function modelRows({ model }: PretrainingRecord): (readonly [string, string | number])[] {
  return [
    ...sizeRows(model),
    ["decoder", model.tiedDecoder ? "the token embedding" : "a matrix of its own"],
    ["next-sentence prediction", model.nextSentence ? "yes" : "no"],
  ];
}

function keyFigures({ training, model }: PretrainingRecord): [string, string, string][] {
  const { train, validation } = training;
  const [figures, note] = validation ? [validation, "on held-out text"] : [train, "in the last epoch"];
  const shown: [string, string, string][] = [
    ["Masked tokens guessed", percent(figures.tokenAccuracy ?? 0), note],
    ["Their loss", (figures.tokenLoss ?? 0).toFixed(3), note],
  ];
  if (!model.nextSentence) return shown;
  return [...shown, ["Next sentences told", percent(figures.nextSentenceAccuracy ?? 0), note]];
}

/** The same with one figure for the loss. */
function lossOf({ train, validation, test }: LearningCurves, name: string): LearningCurves {
  const [ofTrain, ofValidation, ofTest] = [train, validation, test].map((curves) => ({
    ...curves,
    loss: curves[name] ?? [],
  }));
  return { train: ofTrain!, validation: ofValidation!, test: ofTest! };
}
