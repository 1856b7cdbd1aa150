import { type Kind, option } from "../option.js";
import { choice, count, text, texts, wholeNumber, yesNo } from "../option-kinds.js";
import { WORDS } from "../text/tokenize.js";
import { DEFAULT_TRUNCATION, type TruncationName, truncations } from "../text/truncate-pair.js";
import type { TaskName } from "./answers.js";

/** The columns of an example's texts: each a name, or a number from 1 where no column bears it as its name. */
export const textColumnOptions = {
  /**
   * Default: the first of two names that are both there: `premise` and `hypothesis`, `sentence1` and `sentence2`,
   * `text_a` and `text_b`, `text1` and `text2`, `question1` and `question2`, `text` and `text_pair`, `query` and
   * `passage`, or `#1 String` and `#2 String`. Where of all these there is but one, and it is `text`, `question`,
   * `sentence` or `review`, it holds single texts.
   */
  textColumn: option(text("name"), {
    defaultText:
      "premise, sentence1, text_a, text1, question1, text, query or #1 String; alone text, sentence, review or question",
    help: "column of the first text, or of the only one: its name, or its number from 1",
  }),
  /** Default: the second of these two names. Where there is none beside a named first one, texts are single. */
  textPairColumn: option(text("name"), {
    defaultText: "the one that goes with the first; without any, texts are single",
    help: "column of the second text",
  }),
  /** The same as `textColumn`, in the words of natural language inference. */
  premiseColumn: option(text("name"), { defaultText: "as --text-column", help: "the same as --text-column" }),
  /** The same as `textPairColumn`. */
  hypothesisColumn: option(text("name"), {
    defaultText: "as --text-pair-column",
    help: "the same as --text-pair-column",
  }),
};

const labelSeparator: Kind<string> = {
  expected: "a text that is not empty, or tab",
  placeholder: "text",
  fits: (value): value is string => typeof value === "string" && value !== "",
  parse: (typed) => (typed === "tab" || typed === "\\t" ? "\t" : typed),
};

/** Where an example's label is, or its labels are. */
export const labelColumnOptions = {
  /**
   * Default: `label`, else `gold_label`, else the one of `labels`, `class`, `target`, `Quality` and `is_duplicate` that
   * is there; without any the examples have no labels.
   */
  labelColumn: option(text("name"), {
    defaultText: "label, gold_label, labels, class, target, Quality or is_duplicate",
    help: "column of the label: its name, or its number from 1",
  }),
  /**
   * The names of labels that are written as numbers from 0 on, in the order of these numbers: the model has all of them, in
   * this order. A label that is one of the names stands for itself, and -1 for none. Default: labels are as they are written.
   */
  labelNames: option(texts("name"), {
    defaultText: "labels are as they are written",
    help: "a file with a name a line, of labels that are written as numbers from 0 on",
  }),
  /** What stands between the labels of an example that may have several. Default: a cell is one label. */
  labelSeparator: option(labelSeparator, {
    defaultText: "a cell is one label",
    help: "between the labels of an example that may have several, such as , or |",
  }),
  /** The columns that tell of one label each whether an example has it, by 1 or 0, true or false. Default: none. */
  labelColumns: option(texts("name"), {
    defaultText: "none",
    help: "a column that tells by 1 or 0 whether an example has the label of that name, repeated for several",
    conflicts: ["labelColumn", "labelSeparator"],
  }),
};

/** What may stand between the cells of a row. */
const delimiter: Kind<string> = {
  expected: "one ASCII character that is no quote and no line end, or tab",
  placeholder: "character",
  fits: (value): value is string => typeof value === "string" && /^[\t\x20\x21\x23-\x7e]$/.test(value),
  parse: (typed) => (typed === "tab" || typed === "\\t" ? "\t" : typed),
};

/** How a file of examples is written. */
export const rowOptions = {
  /** Whether the first row of a table names its columns. Default: yes; if not, columns are given by their numbers. */
  header: option(yesNo, {
    default: true,
    help: "the first row of a table is an example too; columns are given by their numbers",
  }),
  /**
   * What stands between the cells of a table's row, an ASCII character. Default: what is usual for the format, or
   * else the one of `,`, `;`, tab and `|` at which the header row shows the columns of an example.
   */
  delimiter: option(delimiter, {
    defaultText: "what the header row tells",
    help: "between the cells of a table, such as ; or tab",
  }),
  /** Whether tab-separated files have their cells between quotes where need be, as CSV has. Default: no. */
  quotes: option(yesNo, {
    default: false,
    help: "read quotes in tab-separated files as in CSV; without it they are characters as others",
  }),
  /**
   * Whether rows are left out that have too many or too few cells, are not valid JSON, CSV or UTF-8, or whose texts
   * are missing or are no strings. Default: the first one is an error.
   */
  skipBadRows: option(yesNo, { default: false, help: "leave out and count rows that cannot be read" }),
};

/** Which labels count. */
export const noLabelOptions = {
  /**
   * The labels that stand for none; blank ones always do. Default: `-`, and -1 where the other labels are 0 … K−1 with
   * K ≥ 3 (a class otherwise). Labels given in `labels` stand for themselves, unless they are named here.
   */
  noLabel: option(texts("value"), {
    defaultText: "-, and -1 beside labels that are 0, 1, 2 and so on; blank always",
    help: "a label that stands for none, may be repeated",
  }),
};

/** What labels are. */
export const taskOptions = {
  /**
   * Names of classes, of which an example has one or, for `multi-label`, any; or numbers. `auto` tells by the labels: numbers
   * are learnt where one has a fraction, and whole ones are classes; any classes where labels are lists. Default:
   * classification.
   */
  task: option(choice<"auto" | TaskName>(["auto", "classification", "multi-label", "regression"], "task"), {
    default: "classification",
    help: "what labels are: classes, of which an example has one or for multi-label any, or for regression numbers; auto tells by the data: numbers where one has a fraction, any where there are lists",
  }),
};

/** Which examples there are to train on. */
export const trainingExamplesOptions = {
  /** Whether labels are taken even if there are more than one in five examples, or they are fractions. Default: no. */
  manyLabels: option(yesNo, {
    default: false,
    help: "take labels that are more than one in five examples, or fractions",
  }),
  /** Take only the first so many examples; those skipped do not count. Default: all. */
  limit: option(count, { defaultText: "all", help: "train on the first n examples only" }),
};

/** `<cls>`, a token, and `<sep>`. */
const SHORTEST = 3;

/** How long an example is. */
export const lengthOptions = {
  /** The most tokens an example may have, `<cls>` and each `<sep>` included; at least 5, of single texts 3. Default: 128. */
  maxLength: option(wholeNumber(SHORTEST), {
    default: 128,
    help: "longest input in tokens; longer texts are truncated",
    inFingerprint: true,
  }),
  /** What goes from pairs that are longer: the end of the longer text, of both, or of the first. Default: longest-first. */
  truncation: option(choice(Object.keys(truncations) as TruncationName[], "how"), {
    default: DEFAULT_TRUNCATION,
    help: "of pairs that are longer: cut the end of the longer text first, of both and keep the ratio of their lengths, or of the first text only",
    inFingerprint: true,
  }),
};

/** Which tokens get a row in the embedding. */
export const vocabularyOptions = {
  /** What a word is: what stands between spaces, as in the book, or punctuation and ideographs are words of their own. */
  words: option(choice(WORDS, "which"), {
    defaultText: "book for files of SNLI, else punctuation",
    help: "what a word is, from scratch: what stands between spaces (book), or punctuation set apart from it",
  }),
  /** How often a token must occur to enter the vocabulary; rarer ones become `<unk>`. Default: 2. */
  minFrequency: option(count, {
    default: 2,
    help: "how often a token must occur to enter the vocabulary, from scratch",
  }),
};
