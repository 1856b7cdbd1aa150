import type { AnsweredExample } from "../../metrics/answered-example.js";
import type { GuessedExample } from "../../metrics/guesses.js";
import { Html, html } from "../../text/html.js";
import { drawCurvePanels, type LearningCurves } from "../charts/learning-curves.js";
import { isRegression, type RunRecord } from "../files/run-record.js";
import { formatCount } from "../terminal/format-quantity.js";
import { evaluationSections } from "./page-evaluation.js";
import { type KeyFigure, namesOf, percent } from "./page-parts.js";
import { regressionFigures, regressionSections } from "./page-regression.js";
import { runSections } from "./page-run.js";
import { REPORT_STYLE } from "./report-style.js";

export interface Report {
  readonly run: RunRecord;
  readonly curves: LearningCurves;
  /** Wrong answers to show, of those that `run.evaluation` counts. */
  readonly mistakes?: readonly AnsweredExample[];
  /** The guesses that `run.regression` measures. */
  readonly guesses?: readonly GuessedExample[];
}

/** A run's report as an HTML page that needs nothing but itself: no network, no scripts, no fonts. */
export async function reportPage({ run, curves, mistakes = [], guesses = [] }: Report): Promise<string> {
  const sections = [
    await curveSection(curves, run),
    ...(await heldOutSections(run, mistakes, guesses)),
    ...runSections(run),
  ];
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${run.name}: training report</title>
<style>
${new Html(REPORT_STYLE)}
</style>
</head>
<body>
<main>
<header>
<h1>${run.name}</h1>
<p class="note">A BERT that ${purpose(run)}, trained with tunebert ${run.tunebert},
<time>${run.finished.slice(0, 10)}</time>.</p>
${keyFigures(run)}
${warningList(run)}</header>
${sections.map((section) => html`${section}\n`)}</main>
</body>
</html>
`}`;
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
  return html`tells ${texts} apart (${namesOf(model.labels)})`;
}

async function heldOutSections(
  { evaluation, regression }: RunRecord,
  mistakes: readonly AnsweredExample[],
  guesses: readonly GuessedExample[],
): Promise<Html[]> {
  if (regression) return regressionSections(regression, guesses);
  return evaluation ? evaluationSections(evaluation, mistakes) : [withoutEvaluation()];
}

function keyFigures({ evaluation, regression, training, data }: RunRecord): Html {
  const figures: KeyFigure[] = regression
    ? regressionFigures(regression)
    : evaluation
      ? [
          [
            `${evaluation.data} accuracy`,
            percent(evaluation.accuracy),
            `95 % interval ${evaluation.accuracyInterval.map(percent).join(" to ")}`,
          ],
          ["macro F1", evaluation.macroF1.toFixed(3), "mean over the labels that occur"],
          [
            "calibration error",
            evaluation.calibration.expectedCalibrationError.toFixed(3),
            `${formatCount(evaluation.examples)} ${evaluation.data} examples`,
          ],
        ]
      : Object.entries(training.train).map(([name, value]) => [
          `training ${name}`,
          name === "accuracy" ? percent(value) : value.toFixed(4),
          "mean over the last epoch",
        ]);
  figures.push([
    "speed",
    `${formatCount(training.examplesPerSecond)}/s`,
    `${training.epochs} epoch${training.epochs === 1 ? "" : "s"} of ${formatCount(data.train.pairs)} examples`,
  ]);
  return html`<dl class="key">${figures.map(
    ([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>\n`,
  )}</dl>`;
}

async function curveSection(curves: LearningCurves, { model }: RunRecord): Promise<Html> {
  const { loss, figure } = await drawCurvePanels(curves, {
    figure: isRegression(model) ? "pearson" : "accuracy",
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
