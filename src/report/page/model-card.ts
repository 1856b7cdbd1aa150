import { SNLI_LABELS } from "../../data/snli.js";
import type { MultiLabelReport } from "../../metrics/multi-label.js";
import { listNames } from "../../text/list-names.js";
import { printable } from "../../text/printable.js";
import {
  type DataRecord,
  type HeldOutData,
  isMultiLabel,
  isRegression,
  type RunRecord,
} from "../files/run-record.js";
import { settingRows } from "../files/setting-text.js";
import { formatCount } from "../terminal/format-quantity.js";
import { shownLabels } from "./page-parts.js";

/**
 * A run's model card as the Hugging Face hub reads it: metadata in YAML, then Markdown. It says what the run knows
 * and no more, so licence and language are left to whoever publishes the model.
 */
export function modelCard(run: RunRecord): string {
  const words = run.model.texts === 1 ? OF_TEXTS : OF_PAIRS;
  return `---
${metadata(run)}
---

# ${markdown(run.name)}

A BERT ${isRegression(run.model) ? `that gives ${words.classified} a number` : `classifier of ${words.classified}${isMultiLabel(run.model) ? ", of whose labels any may apply" : ""}`}, trained with tunebert ${run.tunebert} on ${run.finished.slice(0, 10)}.

## What it does

Given ${words.given}, it answers with ${answering(run)}. ${tokenizing(run)}; of ${words.one} longer than ${run.model.maxLength} tokens the
rest is not seen${words.truncated(run.model.truncation)}.

## How to use it

\`\`\`sh
npx tunebert predict --model FOLDER ${words.args}
\`\`\`

\`\`\`ts
import { loadModel, Predictor } from "tunebert";

const predictor = await Predictor.start(await loadModel("FOLDER"${taskOption(run)}));
const [answer] = await predictor.predict([${words.example}]);
console.log(answer);
await predictor.close();
\`\`\`

FOLDER is the folder with \`model.safetensors\`, \`config.json\` and the tokenizer's files.

## Training data

${dataList(run)}

## Settings

${list([
  ["weights began as", run.model.pretrained === undefined ? "random numbers" : code(run.model.pretrained)],
  ["parameters", formatCount(run.model.parameters)],
  [
    "sizes",
    `${run.model.blocks} Transformer blocks of hidden size ${run.model.hidden}, ${run.model.heads} attention heads, ` +
      `feed-forward width ${run.model.ffn}, ${run.model.vocabularySize} rows of the vocabulary`,
  ],
  ...settingRows(run.settings).map(([name, value]) => [name, markdown(value)] as const),
])}

Training took ${counted(run.training.epochs, "epoch")} of ${counted(run.training.steps / run.training.epochs, "step")}, at
${run.training.examplesPerSecond.toFixed(0)} examples/s on ${counted(run.training.threads, "thread")} (${markdown(run.machine.processor)},
${counted(run.machine.cores, "core")}, Node ${run.machine.node.replace("v", "")}). The model is that of epoch ${run.training.savedEpoch}.

## Results

${results(run)}

## Limits

${warned(run)}${limits(run)}
`;
}

/** How texts become tokens: published BERTs have a tokenizer of their own. */
function tokenizing({ model, settings }: RunRecord): string {
  if (model.variant) return "Texts are cut into pieces of words by the tokenizer in `tokenizer.json`";
  return `Texts are cut into words at whitespace${settings.words === "punctuation" ? " and punctuation" : ""}, in lower case`;
}

function taskOption({ model }: RunRecord): string {
  if (isRegression(model)) return ', { task: "regression" }';
  return isMultiLabel(model) ? ', { task: "multi-label" }' : "";
}

function answering({ model: { labels, task } }: RunRecord): string {
  if (isRegression({ labels })) return "a number";
  if (isMultiLabel({ task })) {
    return `any of ${labels.length} labels (${listNames(labels.map(code))}), several or none, and the\nprobability of each`;
  }
  return `one of ${labels.length} labels (${listNames(labels.map(code))}) and the\nprobability of each`;
}

/** What is said of a model of single texts, … */
const OF_TEXTS = {
  classified: "texts",
  given: "a text",
  one: "a text",
  truncated: () => "",
  args: '"the text"',
  example: '{ text: "the text" }',
};

/** … and of a model of pairs. */
const OF_PAIRS = {
  classified: "pairs of texts",
  given: "two texts",
  one: "a pair",
  truncated: (how: string) => ` (truncation: ${how})`,
  args: '"first text" "second text"',
  example: '{ text: "first text", textPair: "second text" }',
};

function metadata({ name, model, data, evaluation, multiLabel, regression }: RunRecord): string {
  const tags = [
    "bert",
    ...(model.texts === 1 ? [] : ["text-pair-classification"]),
    ...(isInference(model.labels) ? ["natural-language-inference"] : []),
  ];
  const head = [
    "library_name: tunebert",
    "pipeline_tag: text-classification",
    "tags:",
    ...tags.map((tag) => `- ${tag}`),
  ];
  const measured = evaluation ?? multiLabel ?? regression;
  const source = measured && data[measured.data];
  if (!measured || !source) return head.join("\n");
  const metrics = evaluation
    ? [
        { type: "accuracy", value: evaluation.accuracy },
        { type: "f1", name: "Macro F1", value: evaluation.macroF1 },
        { type: "matthews_correlation", name: "Matthews correlation", value: evaluation.matthews },
      ]
    : multiLabel
      ? [
          { type: "f1", name: "Micro F1", value: multiLabel.microF1 },
          { type: "f1", name: "Macro F1", value: multiLabel.macroF1 },
          { type: "accuracy", name: "Exact match", value: multiLabel.exactMatch },
        ]
      : regression
        ? [
            { type: "pearsonr", name: "Pearson", value: regression.pearson },
            { type: "spearmanr", name: "Spearman", value: regression.spearman },
            { type: "mse", name: "Mean squared error", value: regression.meanSquaredError },
          ]
        : [];
  return [
    ...head,
    "metrics:",
    ...new Set(metrics.map(({ type }) => `- ${type}`)),
    "model-index:",
    `- name: ${yaml(name)}`,
    "  results:",
    "  - task:",
    "      type: text-classification",
    "    dataset:",
    `      type: ${yaml(source.name)}`,
    `      name: ${yaml(source.name)}`,
    `      split: ${measured.data}`,
    "    metrics:",
    ...metrics.flatMap(({ type, name, value }) => [
      `    - type: ${type}`,
      ...(name === undefined ? [] : [`      name: ${name}`]),
      `      value: ${value}`,
    ]),
  ].join("\n");
}

/** Whether these are the labels of natural language inference. */
function isInference(labels: readonly string[]): boolean {
  return labels.length === SNLI_LABELS.length && SNLI_LABELS.every((label) => labels.includes(label));
}

function dataList({ data }: RunRecord): string {
  const parts: [string, DataRecord | undefined][] = [
    ["training", data.train],
    ["validation", data.validation],
    ["test", data.test],
  ];
  return list(
    parts.flatMap(([part, source]) => (source === undefined ? [] : [[part, describeData(source)] as const])),
  );
}

function describeData({ name, sha256, pairs, skipped, truncated }: DataRecord): string {
  return [
    `${formatCount(pairs)} examples of ${code(name)}`,
    ...(skipped > 0 ? [`${formatCount(skipped)} more without a label`] : []),
    ...(truncated > 0 ? [`${formatCount(truncated)} truncated`] : []),
    ...(sha256 === undefined ? [] : [`SHA-256 of the file ${code(sha256)}`]),
  ].join("; ");
}

function results({ evaluation, multiLabel, regression, training, model }: RunRecord): string {
  if (multiLabel) return multiLabelResults(multiLabel);
  if (regression) {
    const { examples, data, pearson, spearman, meanSquaredError, meanAbsoluteError, variance } = regression;
    return `On the ${formatCount(examples)} ${data} examples the correlation of the guesses with the true numbers is ${pearson.toFixed(4)}
(Pearson), that of their ranks ${spearman.toFixed(4)} (Spearman). The mean squared error is ${meanSquaredError.toPrecision(4)}, against
${variance.toPrecision(4)} for guessing the mean every time, and the mean absolute error ${meanAbsoluteError.toPrecision(4)}.

\`report.html\` shows each guess beside its true number, and the largest errors.`;
  }
  if (evaluation === undefined && isRegression(model)) {
    return "The run had neither test nor validation examples, so it is not known how near the guesses come on others.";
  }
  if (evaluation === undefined && isMultiLabel(model)) {
    return "The run had neither test nor validation examples, so it is not known how well the model answers on others.";
  }
  if (evaluation === undefined) {
    return (
      "The run had neither test nor validation examples, so it is not known how well the model answers on others than " +
      `it was trained on. Over its last epoch it answered ${((training.train.accuracy ?? 0) * 100).toFixed(1)} % of the ` +
      "training examples right."
    );
  }
  const { accuracy, accuracyInterval, macroF1, matthews, examples, calibration, perClass } = evaluation;
  const [low, high] = accuracyInterval;
  const { shown, others } = shownLabels(perClass);
  const rows = shown.map(({ label, precision, recall, f1, support }) =>
    row([cell(label), ...[precision, recall, f1].map((score) => score.toFixed(3)), String(support)]),
  );
  return `On the ${formatCount(examples)} ${evaluation.data} examples the accuracy is ${accuracy.toFixed(4)} (95 % confidence interval ${low.toFixed(4)} to
${high.toFixed(4)}), the mean F1 over the labels ${macroF1.toFixed(4)}, Matthews' correlation ${matthews.toFixed(4)}, and the expected calibration error
${calibration.expectedCalibrationError.toFixed(4)}.

${row(["label", "precision", "recall", "F1", "examples"])}
|---|---:|---:|---:|---:|
${rows.join("\n")}
${others ? `\nThe ${formatCount(others.labels)} labels that fewer examples have are not in the table; ${formatCount(others.support)} examples have one of them.\n` : ""}
\`report.html\` shows more: confusions, accuracy by length${model.texts === 1 ? "" : " and by overlap of the two texts"}, calibration, mistakes.`;
}

function multiLabelResults(report: MultiLabelReport & HeldOutData): string {
  const { examples, data, microF1, macroF1, exactMatch, perLabel } = report;
  const { shown, others } = shownLabels(perLabel);
  const rows = shown.map(({ label, precision, recall, f1, threshold, support }) =>
    row([
      cell(label),
      ...[precision, recall, f1, threshold].map((score) => score.toFixed(3)),
      String(support),
    ]),
  );
  return `On the ${formatCount(examples)} ${data} examples the F1 over all labels together is ${microF1.toFixed(4)} (micro F1), its mean over the
labels ${macroF1.toFixed(4)} (macro F1), and ${(exactMatch * 100).toFixed(1)} % of the examples have all labels right and no other. A label is answered
where its probability reaches its threshold.

${row(["label", "precision", "recall", "F1", "threshold", "examples"])}
|---|---:|---:|---:|---:|---:|
${rows.join("\n")}
${others ? `\nThe ${formatCount(others.labels)} labels that fewer examples have are not in the table.\n` : ""}
\`report.html\` shows the examples with most labels wrong.`;
}

function limits({ evaluation, multiLabel, regression, model }: RunRecord): string {
  const measured = evaluation ?? multiLabel ?? regression;
  return [
    isRegression(model)
      ? "- It answers with a number whatever the texts are."
      : `- It knows nothing but the labels above${isMultiLabel(model) ? "" : ", and answers with one of them whatever the texts are"}.`,
    model.variant
      ? undefined
      : "- Words that are not in its vocabulary are one and the same unknown word to it.",
    `- Whatever goes beyond ${model.maxLength} tokens has no influence.`,
    multiLabel?.data === "validation"
      ? "- The thresholds were chosen on these very examples, which flatters the results."
      : undefined,
    measured?.data === "validation"
      ? "- The results are on validation examples. Where these also chose among models or settings, the results flatter it."
      : undefined,
    measured === undefined
      ? undefined
      : "- The results are those of one run on one data set. Other texts, or another seed, may give others.",
    "- Whatever bias the training examples have, it has learnt. Nobody has looked for it here.",
    "- Licence and language are not stated, since the run does not know them.",
  ]
    .filter((line) => line !== undefined)
    .join("\n");
}

function warned({ warnings = [] }: RunRecord): string {
  return warnings
    .map((warning) => `- ${markdown(`${warning.charAt(0).toUpperCase()}${warning.slice(1)}`)}.\n`)
    .join("");
}

function counted(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function list(items: readonly (readonly [name: string, value: string])[]): string {
  return items.map(([name, value]) => `- ${name}: ${value}`).join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Any text as a scalar of YAML, which takes JSON's where no character is left that YAML forbids or breaks lines at. */
function yaml(text: string): string {
  return printable(JSON.stringify(text));
}

/** Any text as Markdown that shows it. What is more than text to some reader even when it is escaped is code. */
function markdown(text: string): string {
  if (INTERPRETED.test(text)) return code(text);
  return printable(text).replaceAll(/[\\`*_{}[\]<>()#|~&!]/g, (character) => `\\${character}`);
}

/** The same in a table, where a bar ends the cell even in code. */
function cell(text: string): string {
  if (!INTERPRETED.test(text)) return markdown(text);
  return code(text).replaceAll(/(\\*)\|/g, (_, backslashes: string) => `${backslashes.repeat(2)}\\|`);
}

/** Addresses (`https://…`, `www.…`, `example.org`, `me@example.org`), `:names:` of emoji, `$formulas$`. */
const INTERPRETED = /\/\/|[.@]\p{L}|:\S|\$/u;

/** A text as Markdown's code. */
function code(text: string): string {
  const shown = printable(text);
  const longest = [...shown.matchAll(/`+/g)].reduce((most, [ticks]) => Math.max(most, ticks.length), 0);
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 || shown.trim() === "" ? " " : "";
  return `${fence}${pad}${shown}${pad}${fence}`;
}
