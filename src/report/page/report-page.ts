import type { GuessedExample } from "../../metrics/guesses.js";
import type { Mistake } from "../../metrics/mistakes.js";
import type { MultiLabelAnswer } from "../../metrics/multi-label-answers.js";
import { Html, html } from "../../text/html.js";
import { figureTitle } from "../charts/figure-names.js";
import { drawCurvePanels, type LearningCurves } from "../charts/learning-curves.js";
import { isMultiLabel, isRegression, type RunRecord } from "../files/run-record.js";
import { formatCount } from "../terminal/format-quantity.js";
import { evaluationFigures, evaluationSections, labelShares } from "./page-evaluation.js";
import { multiLabelFigures, multiLabelSections } from "./page-multi-label.js";
import { type KeyFigure, namesOf, page, percent } from "./page-parts.js";
import { regressionFigures, regressionSections } from "./page-regression.js";
import { runSections } from "./page-run.js";

export interface Report {
  readonly run: RunRecord;
  readonly curves: LearningCurves;
  /** Wrong answers to show, those like each other together, of those that `run.evaluation` counts. */
  readonly mistakes?: readonly Mistake[];
  /** Answers with wrong labels to show, of those that `run.multiLabel` counts. */
  readonly multiLabelMistakes?: readonly MultiLabelAnswer[];
  /** The guesses that `run.regression` measures. */
  readonly guesses?: readonly GuessedExample[];
}

/** A run's report as an HTML page. */
export async function reportPage(report: Report): Promise<string> {
  const { run, curves } = report;
  const sections = [await curveSection(curves, run), ...(await heldOutSections(report)), ...runSections(run)];
  return page(
    `${run.name}: training report`,
    html`<header>
<h1>${run.name}</h1>
<p class="note">A BERT that ${purpose(run)}, trained with tunebert ${run.tunebert},
<time>${run.finished.slice(0, 10)}</time>. ${keptEpoch(run)}</p>
${keyFigures(run)}
${run.evaluation && labelShares(run.evaluation)}
${warningList(run)}</header>
${sections.map((section) => html`${section}\n`)}`,
  );
}

function warningList({ warnings = [] }: RunRecord): Html | undefined {
  if (warnings.length === 0) return undefined;
  return html`<section class="warnings" aria-labelledby="warnings"><h2 id="warnings">Look at this first</h2>
<ul>${warnings.map((warning) => html`<li>${warning}</li>\n`)}</ul></section>\n`;
}

/** What the model is for. */
function purpose({ model }: RunRecord): Html {
  const texts = model.texts === 1 ? "texts" : "pairs of texts";
  if (isRegression(model)) return html`gives ${texts} a number`;
  if (isMultiLabel(model)) return html`tells which labels ${texts} have (${namesOf(model.labels)})`;
  return html`tells ${texts} apart (${namesOf(model.labels)})`;
}

async function heldOutSections({
  run: { evaluation, multiLabel, regression },
  mistakes = [],
  multiLabelMistakes = [],
  guesses = [],
}: Report): Promise<readonly Html[]> {
  if (regression) return regressionSections(regression, guesses);
  if (multiLabel) return multiLabelSections(multiLabel, multiLabelMistakes);
  return evaluation ? evaluationSections(evaluation, mistakes) : [withoutEvaluation()];
}

function keyFigures(run: RunRecord): Html {
  const figures = heldOutFigures(run) ?? trainingFigures(run.training);
  return html`<dl class="key">${[...figures, ...unknownFigure(run)].map(
    ([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>\n`,
  )}</dl>`;
}

function heldOutFigures({ evaluation, multiLabel, regression }: RunRecord): KeyFigure[] | undefined {
  if (regression) return regressionFigures(regression);
  if (multiLabel) return multiLabelFigures(multiLabel);
  return evaluation && evaluationFigures(evaluation);
}

function trainingFigures({ train }: RunRecord["training"]): KeyFigure[] {
  return Object.entries(train).map(([name, value]) => [
    `training ${name}`,
    name === "accuracy" ? percent(value) : value.toFixed(4),
    "mean over the last epoch",
  ]);
}

/** Of the words on which the model was measured; of those it was trained on where it was not. */
function unknownFigure({ data, evaluation, multiLabel, regression }: RunRecord): KeyFigure[] {
  const measured = (evaluation ?? multiLabel ?? regression)?.data ?? "train";
  const share = data[measured]?.unknownShare;
  if (share === undefined) return [];
  const name = measured === "train" ? "training" : measured;
  return [
    ["unknown words", percent(share), `of those of the ${name} examples; the model reads them all alike`],
  ];
}

/** Which epoch's model this is. */
function keptEpoch({ training: { epochs, savedEpoch }, data, settings, model }: RunRecord): Html {
  if (epochs === 1) return html`One epoch of ${formatCount(data.train.pairs)} examples.`;
  const chosen = data.validation
    ? html`<strong>epoch ${savedEpoch}</strong>, the best on the validation examples by ${metricName(settings.metric ?? figureShown(model))}`
    : "the last";
  return html`${epochs} epochs of ${formatCount(data.train.pairs)} examples; the model and all its figures here are of ${chosen}.`;
}

/** Within a sentence. */
function metricName(metric: unknown): string {
  const title = figureTitle(String(metric));
  return title.toLowerCase() === metric ? metric : title;
}

/** The figure beside the loss. */
function figureShown(model: RunRecord["model"]): string {
  if (isMultiLabel(model)) return "microF1";
  return isRegression(model) ? "pearson" : "accuracy";
}

async function curveSection(curves: LearningCurves, { model, data, training }: RunRecord): Promise<Html> {
  const { loss, figure } = await drawCurvePanels(curves, {
    figure: figureShown(model),
    kept: data.validation && training.savedEpoch,
  });
  return html`<section aria-labelledby="curves"><h2 id="curves">Learning curves</h2>
<p class="note">Training figures are means over the epoch so far, measured while the weights change.</p>
<div class="charts"><figure>${new Html(loss)}</figure><figure>${new Html(figure)}</figure></div></section>`;
}

function withoutEvaluation(): Html {
  return html`<section aria-labelledby="unseen"><h2 id="unseen">Examples that the model has not seen</h2>
<p>This run had neither test nor validation examples, so nothing here tells how well the model answers on others than those
it was trained on. <code>tunebert evaluate</code> measures it on labelled examples; training with <code>--test</code> does
so at once.</p></section>`;
}
