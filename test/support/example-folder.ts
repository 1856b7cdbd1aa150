/** A folder with the files that the examples of the documentation name. */
import { writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { create } from "tar";
import { BertForPretraining } from "../../src/bert/bert-for-pretraining.js";
import { Random } from "../../src/random.js";
import { train } from "../../src/run/train.js";
import type { StateDict } from "../../src/weights/tensor.js";
import { TINY_CONFIG, tinyPairs, tinyVocabulary, toCsv, writePretrained } from "./tiny.js";

/** What came of an example. */
export interface ExampleRun {
  /** What it threw; left out where it ran to its end. */
  readonly failure?: string;
  /** What it said that it would print, and what it printed. */
  readonly lines: readonly { readonly promised: string; readonly printed: string }[];
}

export async function writeExampleFolder(folder: string): Promise<void> {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  await mkdir(folder);
  const pairs = tinyPairs();
  for (const name of ["train.csv", "test.csv", "validation.csv"]) write(name, toCsv(pairs));
  write("pairs.csv", toCsv(pairs).replace("label", "verdict"));
  await mkdir(join(folder, "corpus"));
  for (const name of ["train.csv", "test.csv"]) write(join("corpus", name), toCsv(pairs));
  write("snli_1.0_dev.txt", snli(pairs));
  writePretrained(join(folder, "bert"), { state: bertOfOneHead() });
  await create({ file: join(folder, "bert.tar.gz"), gzip: true, cwd: folder }, ["bert"]);
  const sizes = { hidden: 16, ffn: 16, heads: 2, blocks: 1, minFrequency: 1, maxLength: 128, threads: 1 };
  await train({ ...sizes, train: pairs, test: pairs, out: join(folder, "nli"), epochs: 1, batchSize: 12 });
}

/** So large that its number of heads is known. */
function bertOfOneHead(): StateDict {
  const config = { ...TINY_CONFIG, hidden: 64, heads: 1, vocabularySize: tinyVocabulary().size };
  const heads = { tiedDecoder: false, nextSentence: true };
  return BertForPretraining.fromScratch(config, heads, new Random(0)).stateDict();
}

/** The official layout, with the columns that are read. */
function snli(pairs: ReturnType<typeof tinyPairs>): string {
  const header =
    "gold_label\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2\t" +
    "captionID\tpairID\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\n";
  const rows = pairs.map(({ text, textPair, label }) =>
    [label, `( ${text} )`, `( ${textPair} )`, "", "", text, textPair, "", "", label, "", "", "", ""].join(
      "\t",
    ),
  );
  return `${header}${rows.join("\n")}\n`;
}
