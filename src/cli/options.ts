import { labelColumnOptions, noLabelOptions, rowOptions, textColumnOptions } from "../data/options.js";
import { option, required, reworded } from "../option.js";
import { text, yesNo } from "../option-kinds.js";
import { learningOptions } from "../run/options.js";
import { downloadOptions } from "./download-options.js";

/** Options that several commands share. */

/** Where labels are in a file; their names are in another. */
const labelOptions = {
  ...labelColumnOptions,
  labelNames: { ...labelColumnOptions.labelNames, kind: text("file") },
};

/** How examples are read from a file. */
export const exampleOptions = { ...textColumnOptions, ...rowOptions };

/** How labelled examples are read from a file, which may have to be fetched. */
export const labelledExampleOptions = {
  ...textColumnOptions,
  ...labelOptions,
  ...rowOptions,
  ...noLabelOptions,
  ...downloadOptions,
};

/** Which model is to answer. */
export const modelOptions = { model: required(text("folder"), { help: "what training wrote to --out" }) };

/** Output for programs, and how much of the machine is used. */
export const answerOptions = {
  json: option(yesNo, { default: false, help: "print one JSON object" }),
  threads: reworded(learningOptions.threads, "threads to use"),
  quantized: option(yesNo, {
    default: false,
    help: "multiply bytes: two to three times as fast, and nearly as accurate",
  }),
};
