import { existsSync } from "node:fs";
import { join } from "node:path";
import { BertClassifier } from "../bert/bert-classifier.js";
import type { BertConfig } from "../bert/config.js";
import { inferConfig } from "../bert/infer-config.js";
import { TunebertError } from "../error.js";
import type { Random } from "../random.js";
import { Vocabulary } from "../text/vocabulary.js";
import { parseWeights } from "../weights/parse-weights.js";
import type { StateDict } from "../weights/tensor.js";
import { inFile, readBytes, readText } from "./files.js";
import { expectRows, isModelFolder, loadModel } from "./model-folder.js";

/** Parameters to start from, and the vocabulary they were trained with. */
export interface Pretrained {
  readonly state: StateDict;
  readonly config: BertConfig;
  readonly vocabulary: Vocabulary;
  /** What the output layer tells apart, where the parameters are of a classifier that tunebert trained. */
  readonly labels: readonly string[] | undefined;
}

const WEIGHTS = ["pretrained.params", "model.safetensors"];

/**
 * Reads a pretrained BERT from a folder: `vocab.json` with `pretrained.params`, as d2l's archives hold them, or a
 * model that tunebert trained.
 * @param heads attention heads; default H / 64, or what a model of ours says
 * @throws TunebertError when a file is missing, damaged or not a BERT
 */
export async function loadPretrained(
  folder: string,
  { heads }: { readonly heads?: number | undefined } = {},
): Promise<Pretrained> {
  if (await isModelFolder(folder)) {
    const { model, vocabulary } = await loadModel(folder);
    const config = { ...model.config, ...(heads && { heads }) };
    return { state: model.stateDict(), config, vocabulary, labels: model.labels };
  }
  const vocabularyPath = join(folder, "vocab.json");
  const vocabulary = Vocabulary.parse(await readText(vocabularyPath), vocabularyPath);
  const weights = WEIGHTS.find((name) => existsSync(join(folder, name)));
  if (!weights)
    throw new TunebertError(`${folder} holds no weights; expected ${WEIGHTS.join(" or ")} beside vocab.json`);
  const weightsPath = join(folder, weights);
  const state = parseWeights(await readBytes(weightsPath), weightsPath);
  const config = inFile(weightsPath, () => inferConfig(state, heads));
  expectRows(vocabulary, config, vocabularyPath);
  return { state, config, vocabulary, labels: undefined };
}

/**
 * A classifier over pretrained parameters: see {@link BertClassifier.fromStateDict}. The output layer of a
 * classifier for other labels is left behind.
 */
export function classifierFrom(
  { state, config, labels: known }: Pretrained,
  labels: readonly string[],
  random: Random,
): BertClassifier {
  const forOthers = known !== undefined && known.join("\n") !== labels.join("\n");
  const kept = forOthers ? new Map([...state].filter(([name]) => !name.startsWith("output."))) : state;
  return BertClassifier.fromStateDict(config, labels, kept, random);
}
