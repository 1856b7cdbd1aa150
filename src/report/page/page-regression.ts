import { errorOf, type GuessEvaluation, type GuessedExample, largestErrors } from "../../metrics/guesses.js";
import { Html, html } from "../../text/html.js";
import { drawGuessScatter } from "../charts/guess-scatter.js";
import type { HeldOutData } from "../files/run-record.js";
import { formatCount } from "../terminal/format-quantity.js";
import { excerpt, type KeyFigure } from "./page-parts.js";

/** What stands at the head of the page of a model that answers with numbers. */
export function regressionFigures({
  data,
  examples,
  pearson,
  spearman,
  meanSquaredError,
  variance,
}: GuessEvaluation & HeldOutData): KeyFigure[] {
  return [
    [`${data} Pearson`, pearson.toFixed(3), `correlation on ${formatCount(examples)} ${data} examples`],
    ["Spearman", spearman.toFixed(3), "correlation of the ranks"],
    [
      "typical error",
      Math.sqrt(meanSquaredError).toPrecision(3),
      `root of the mean square; guessing the mean every time: ${Math.sqrt(variance).toPrecision(3)}`,
    ],
  ];
}

/** The sections on how near the model's guesses come. */
export async function regressionSections(
  evaluation: GuessEvaluation,
  guesses: readonly GuessedExample[],
): Promise<Html[]> {
  return [await scatterSection(evaluation, guesses), errorSection(guesses)];
}

/** Guesses that are shown with their texts. */
const SHOWN = 12;

async function scatterSection(
  { meanAbsoluteError, meanSquaredError }: GuessEvaluation,
  guesses: readonly GuessedExample[],
): Promise<Html> {
  return html`<section aria-labelledby="guesses"><h2 id="guesses">Guesses and true numbers</h2>
<p class="note">Each point is an example. On the dashed line the guess is right. The mean squared error is
${meanSquaredError.toPrecision(4)}, the mean absolute error ${meanAbsoluteError.toPrecision(4)}.</p>
<figure>${new Html(await drawGuessScatter(guesses))}</figure></section>`;
}

function errorSection(guesses: readonly GuessedExample[]): Html {
  const largest = largestErrors(guesses, SHOWN);
  return html`<section aria-labelledby="errors"><h2 id="errors">The largest errors</h2>
<p class="note">${largest.length} of ${formatCount(guesses.length)} examples. Some may be mistakes of the data rather than of the
model.</p>
<ol class="mistakes">${largest.map(guess)}</ol></section>`;
}

function guess(example: GuessedExample): Html {
  const { text, textPair, trueNumber, guessedNumber } = example;
  return html`<li><dl>
<dt>${textPair === undefined ? "text" : "first"}</dt><dd dir="auto">${excerpt(text)}</dd>
${textPair === undefined ? undefined : html`<dt>second</dt><dd dir="auto">${excerpt(textPair)}</dd>\n`}<dt>guess</dt><dd><strong>${guessedNumber.toPrecision(4)}</strong></dd>
<dt>true</dt><dd><strong>${trueNumber.toPrecision(4)}</strong>, ${errorOf(example).toPrecision(3)} away</dd>
</dl></li>\n`;
}
