import { alignColumns } from "../../text/align-columns.js";
import { printable } from "../../text/printable.js";
import { settingName, settingText } from "../files/setting-text.js";
import type { Comparison, ComparisonTest } from "./comparison.js";

/** A comparison as lines for a terminal: figures, what differs, and the tests with what they mean. */
export function formatComparison({ runs, pairs, figures, differences, tests }: Comparison): string[] {
  const rows = Object.entries(figures)
    .filter(([, values]) => values.some((value) => value !== null))
    .map(([name, values]) => [settingName(name), ...values.map((value) => figureText(name, value))]);
  const different = Object.entries(differences).map(([name, values]) => [
    shorten(printable(settingName(name))),
    ...values.map((value) => (value === undefined ? UNKNOWN : shorten(printable(settingText(value))))),
  ]);
  const table = (body: readonly string[][]) => alignColumns([["", ...runs], ...body], { others: "right" });
  return [
    ...table(rows),
    "",
    ...(different.length === 0 ? [sameText(figures)] : ["What differs:", ...table(different)]),
    "",
    `${isOfLabels(tests) ? "McNemar's exact test" : "Paired randomization test"} on ${pairs} examples, two-sided:`,
    ...tests.map((test) => testText(test, "exactMatch" in figures ? "exact match" : "accuracy")),
    "",
    ...meaning(tests),
  ];
}

/** Longest value in a column. */
const WIDEST = 24;

/** Of a model whose training nobody recorded. */
const UNKNOWN = "unknown";

function sameText(figures: Comparison["figures"]): string {
  return Object.values(figures).flat().includes(null)
    ? "Nothing differs of what is known of all of them."
    : "The runs have the same settings, data and machine.";
}

function figureText(name: string, value: number | null): string {
  if (value === null) return UNKNOWN;
  if (name === "parameters") return String(value);
  return name === "examplesPerSecond" ? value.toFixed(1) : value.toFixed(4);
}

/** @param measure the share of right answers */
function testText(test: ComparisonTest, measure: string): string {
  const { first, second, difference, pValue, adjustedPValue } = test;
  const sign = difference < 0 ? "" : "+";
  const adjusted = adjustedPValue === pValue ? "" : `, adjusted ${probability(adjustedPValue)}`;
  const counts =
    "onlyFirstRight" in test
      ? `${measure} ${sign}${difference.toFixed(4)}; only ${second} right ${test.onlySecondRight}, ` +
        `only ${first} right ${test.onlyFirstRight}`
      : `mean squared error ${sign}${difference.toPrecision(4)}; ${second} nearer ${test.secondNearer}, ` +
        `${first} nearer ${test.firstNearer}`;
  return `${second} against ${first}: ${counts}; p ${probability(pValue)}${adjusted}`;
}

function isOfLabels([test]: readonly ComparisonTest[]): boolean {
  return test === undefined || "onlyFirstRight" in test;
}

function probability(p: number): string {
  return p < 0.0001 ? p.toExponential(1) : p.toFixed(4);
}

function meaning(tests: readonly ComparisonTest[]): string[] {
  const lines = isOfLabels(tests) ? LABELS_MEANING : NUMBERS_MEANING;
  if (tests.length <= 1) return [...lines];
  return [...lines, `Adjusted p-values (Holm) make up for there being ${tests.length} tests.`];
}

const LABELS_MEANING: readonly string[] = [
  "p is how likely the examples that only one of the two models gets right would split at least this unevenly if both",
  "were in general right equally often. It speaks of these trained models on examples such as these, not of their",
  "settings: the same settings with another seed give another model.",
];

const NUMBERS_MEANING: readonly string[] = [
  "p is how likely the mean squared errors would be at least this far apart if both models were in general equally near.",
  "It speaks of these trained models on examples such as these, not of their settings: the same settings with another",
  "seed give another model.",
];

function shorten(text: string): string {
  return text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`;
}
