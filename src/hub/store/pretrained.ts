import { existsSync } from "node:fs";
import { join } from "node:path";
import { BertClassifier } from "../../bert/bert-classifier.js";
import type { BertConfig } from "../../bert/config.js";
import { inferConfig } from "../../bert/infer-config.js";
import { toTorchNames } from "../../bert/mxnet-names.js";
import { describePrefix, takeOffPrefix } from "../../bert/name-prefix.js";
import type { Answers } from "../../data/answers.js";
import { TunebertError } from "../../error.js";
import type { Random } from "../../random.js";
import type { Tokenizer } from "../../text/tokenizer.js";
import { VOCABULARY_FILE, WordTokenizer } from "../../text/word-tokenizer.js";
import type { StateDict } from "../../weights/tensor.js";
import { UnreadTensor } from "../../weights/unread-tensor.js";
import type { FetchOptions } from "../fetch/fetch-artifact.js";
import { resolvePretrained } from "../fetch/resolve.js";
import { inFile, readText } from "../files/files.js";
import { FileState } from "./file-state.js";
import { isHuggingFaceFolder, openHuggingFaceFolder } from "./hugging-face-folder.js";
import { expectRows, isModelFolder, loadModel } from "./model-folder.js";
import { isPretrainingFolder, readPretrainingFolder } from "./pretraining-folder.js";
import { readWeights } from "./read-weights.js";

/** Parameters to start from, and the tokenizer they were trained with. */
export interface Pretrained {
  /** Tensors by d2l's names, whatever names the file has; with the pretraining heads that came along. */
  readonly state: StateDict;
  /** The sizes, which the shapes of the tensors tell. */
  readonly config: BertConfig;
  readonly tokenizer: Tokenizer;
  /** What the output layer answers with, where the parameters are of a model that tunebert trained. */
  readonly answers: Answers | undefined;
  /** Whether tunebert pretrained it. */
  readonly isOwn?: boolean | undefined;
  /** What was done to the tensors of the file to make them the model's, for a person to read: a line each. */
  readonly notes: readonly string[];
}

const MODEL = "model.safetensors";
const WEIGHTS = ["pretrained.params", MODEL];

/** How a pretrained model is read, and fetched where it is asked for by name. */
export interface PretrainedOptions extends FetchOptions {
  /** Attention heads; default H / 64, or what a model of ours says. */
  readonly heads?: number | undefined;
  /**
   * Which dictionary of tensors, where a checkpoint of PyTorch has several: its path, the keys joined by dots, such as
   * `ema.state_dict`. Default: the only one.
   */
  readonly key?: string | undefined;
  /**
   * What the output layer of a model of Hugging Face's is to read: the first token, or the mean over all. Default: what the
   * folder says, else the first.
   */
  readonly pooling?: "cls" | "mean" | undefined;
  /** Whether the head of a masked language model of Hugging Face's is wanted too. Default: no. */
  readonly withWordHead?: boolean | undefined;
}

/**
 * Reads a pretrained BERT from a folder: `vocab.json` with `pretrained.params`, as d2l's archives hold them, `config.json`
 * with a tokenizer and weights, as Hugging Face's libraries keep a BERT, or a model that tunebert trained.
 * @param nameOrFolder a folder, an archive, a name of the catalog or an address: see {@link resolvePretrained}
 * @throws TunebertError when it cannot be fetched, or a file is missing, damaged or not a BERT
 * @example
 * const { config, tokenizer } = await loadPretrained("bert");
 * console.log(config.hidden, tokenizer.size);
 */
export async function loadPretrained(
  nameOrFolder: string,
  { heads, key, pooling, withWordHead, ...fetchOptions }: PretrainedOptions = {},
): Promise<Pretrained> {
  const folder = await resolvePretrained(nameOrFolder, fetchOptions);
  const isOfHub = await isHuggingFaceFolder(folder);
  if (pooling !== undefined && !isOfHub) {
    throw new TunebertError(
      (named) => `${named} is for Hugging Face's folders, and ${folder} is none; leave it out`,
      { option: "pooling" },
    );
  }
  if (await isModelFolder(folder)) {
    if (key !== undefined) {
      throw new TunebertError(
        (named) => `${folder} holds a model of tunebert's, whose tensors have no key; leave ${named} out`,
        { option: "key" },
      );
    }
    if (await isPretrainingFolder(folder)) {
      const { config: described, tokenizer, read } = await readPretrainingFolder(folder);
      const config = { ...described, ...(heads && { heads }) };
      const state = new FileState(read, read());
      return withState(state, { config, tokenizer, answers: undefined, isOwn: true, notes: [] });
    }
    const { model, tokenizer } = await loadModel(folder, { task: "any" });
    const config = { ...model.config, ...(heads && { heads }) };
    const state = new FileState(() => readWeights(join(folder, MODEL)), model.stateDict());
    return withState(state, { config, tokenizer, answers: model.answers, notes: [] });
  }
  if (isOfHub) return fromHuggingFace(folder, { heads, pooling, withWordHead });
  const vocabularyPath = join(folder, VOCABULARY_FILE);
  const tokenizer = WordTokenizer.parse(await readText(vocabularyPath), vocabularyPath);
  const weights = WEIGHTS.find((name) => existsSync(join(folder, name)));
  if (!weights)
    throw new TunebertError(`${folder} holds no weights; expected ${WEIGHTS.join(" or ")} beside vocab.json`);
  const weightsPath = join(folder, weights);
  const read = () => {
    const found = readWeights(weightsPath, { key });
    return inFile(weightsPath, () => asBert(found));
  };
  const first = read();
  const config = inFile(weightsPath, () => inferConfig(first.state, heads));
  expectRows(tokenizer, config, vocabularyPath);
  const state = new FileState(() => read().state, first.state);
  return withState(state, { config, tokenizer, answers: undefined, notes: first.notes });
}

/** A BERT as Hugging Face's libraries keep it. */
async function fromHuggingFace(
  folder: string,
  { heads, pooling, withWordHead }: Pick<PretrainedOptions, "heads" | "pooling" | "withWordHead">,
): Promise<Pretrained> {
  const {
    config,
    tokenizer,
    answers: known,
    read,
  } = await openHuggingFaceFolder(folder, {
    pooling,
    withWordHead,
  });
  if (heads !== undefined && heads !== config.heads) {
    throw new TunebertError(
      (named) => `config.json says that the model has ${config.heads} heads; leave ${named} out`,
      { option: "heads" },
    );
  }
  expectRows(tokenizer, config, folder);
  const first = read();
  // Without names nobody knows which of its outputs is which label.
  const answers = first.state.has("output.weight") ? (known ?? []) : undefined;
  const state = new FileState(() => read().state, first.state);
  return withState(state, { config, tokenizer, answers, notes: first.notes });
}

/** The tensors under d2l's names, without those that no model can have. */
function asBert(found: StateDict): Pick<Pretrained, "state" | "notes"> {
  const notes: string[] = [];
  const { state: unprefixed, prefix } = takeOffPrefix(found);
  if (prefix !== "") notes.push(describePrefix(prefix));
  const state: StateDict = new Map();
  for (const [name, tensor] of toTorchNames(unprefixed)) {
    if (tensor instanceof UnreadTensor && !isNeeded(name)) {
      notes.push(`${name} is left out: it holds ${tensor.type} values, and the model has no need of it`);
    } else state.set(name, tensor);
  }
  return { state, notes };
}

/** Whether a classifier may have such a parameter. */
function isNeeded(name: string): boolean {
  return /^(encoder|hidden|output)\./.test(name);
}

/**
 * A classifier over pretrained parameters: see {@link BertClassifier.fromStateDict}. The output layer of a
 * model that answers otherwise is left behind.
 * @param answers the K label names, in the order of the logits, `{ anyOf }` them, or "number"
 * @param random draws the output layer where it is fresh
 * @throws TunebertError that lists the tensors that are missing, superfluous or of another shape
 * @example
 * const pretrained = await loadPretrained("bert");
 * const model = classifierFrom(pretrained, ["no", "yes"], new Random(0));
 * console.log(model.keepsOutput); // false
 */
export function classifierFrom<A extends Answers>(
  pretrained: Pretrained,
  answers: A,
  random: Random,
): BertClassifier<A> {
  const { config, answers: known } = pretrained;
  const { state, adopt } = fileStates.get(pretrained)?.take() ?? { state: pretrained.state, adopt: false };
  const forOthers = known !== undefined && JSON.stringify(known) !== JSON.stringify(answers);
  const kept = forOthers ? new Map([...state].filter(([name]) => !name.startsWith("output."))) : state;
  return BertClassifier.fromStateDict(config, answers, kept, random, { adopt });
}

/** Where the state of what was read from a file comes from. */
const fileStates = new WeakMap<Pretrained, FileState>();

function withState(state: FileState, rest: Omit<Pretrained, "state">): Pretrained {
  const pretrained = {
    ...rest,
    get state() {
      return state.see();
    },
  };
  fileStates.set(pretrained, state);
  return pretrained;
}
