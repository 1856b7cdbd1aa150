import { type Answers, taskOf } from "../data/answers.js";
import { skippedNote } from "../data/label-notes.js";
import { TextDataset } from "../data/text-dataset.js";
import { resolveDataFiles } from "../hub/fetch/resolve.js";
import type { SavedModel } from "../hub/store/model-folder.js";
import type { OptionValues } from "../option.js";
import { readExampleFiles } from "../run/read-example-files.js";
import { unknownWarning } from "../run/warnings.js";
import { fetchOptions } from "./download-options.js";
import { withLabelNames } from "./label-names.js";
import type { labelledExampleOptions } from "./options.js";
import { note, warn } from "./print.js";

/** What is said of the option that names them. */
export const LABELLED_FILES =
  "labelled examples: SNLI's .txt, or .tsv, .csv, .json or .jsonl with named columns, as they are or as .gz, or .parquet; or snli, snli:dev";

/**
 * The examples that a model is to be measured on, as it reads them.
 * @param prints whether what is noticed is told
 */
export async function labelledData(
  saved: SavedModel<Answers>,
  given: OptionValues<typeof labelledExampleOptions> & { readonly data: string },
  prints = true,
): Promise<TextDataset> {
  const flags = await withLabelNames(given);
  const { model, tokenizer, columns: remembered } = saved;
  const task = taskOf(model.answers);
  const learnt = { task, ...(task !== "regression" && { labels: model.labels }) };
  const files = await resolveDataFiles(flags.data, "test", fetchOptions(flags));
  const examples = readExampleFiles(files, {
    ...flags,
    remembered,
    noLabel: [],
    onNotice: prints ? note : () => {},
  });
  const { noLabel } = flags;
  const dataset = await TextDataset.encode(examples, tokenizer, { ...saved, ...learnt, noLabel });
  if (!prints) return dataset;
  warn(unknownWarning("labelled", dataset.unknownShare));
  if (dataset.skipped > 0) note(`${files.length === 1 ? files[0] : flags.data}: ${skippedNote(dataset)}`);
  return dataset;
}
