import { type Answers, labelsOf } from "../data/answers.js";
import { TunebertError } from "../error.js";
import type { DeclaredParameter } from "../nn/network.js";
import type { Random } from "../random.js";
import type { SharedParameter } from "../runtime/program.js";
import { allocateFloats } from "../runtime/shared-memory.js";
import { type StateDict, type Tensor, toFloat32 } from "../weights/tensor.js";
import { adoptable } from "./adoptable.js";
import { checkLabels } from "./check-labels.js";
import { type BertConfig, checkConfig } from "./config.js";
import type { EmbeddingStd } from "./encoder.js";
import { isOfHiddenLayer, isOfOutputLayer, modelParameters } from "./model-program.js";

/**
 * BERT with an output layer (d2l section 16.7, `BERTClassifier`), which tells labels apart, tells which of them there are, or guesses a number.
 * Parameters bear d2l's state-dict names and live in memory that worker threads share.
 * @typeParam A what it answers with
 * @example
 * const sizes = { vocabularySize: 1000, hidden: 64, ffn: 128, heads: 4, blocks: 2, maxPositions: 128 };
 * const model = BertClassifier.fromScratch(sizes, ["no", "yes"], new Random(0));
 * console.log(model.outputs); // 2
 */
export class BertClassifier<A extends Answers = readonly string[]> {
  /** The sizes of the encoder. */
  readonly config: BertConfig;
  /** What it answers with. */
  readonly answers: A;
  /** Values by name, in the order of a PyTorch state dict; training changes them in place. */
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  /** Tensors of the checkpoint that a classifier does not use, the pretraining heads, kept as they came. */
  readonly unused: StateDict;
  /** Whether the output layer came with the checkpoint. */
  readonly keepsOutput: boolean;

  private constructor(
    config: BertConfig,
    answers: A,
    parameters: ReadonlyMap<string, SharedParameter>,
    unused: StateDict,
    keepsOutput: boolean,
  ) {
    this.config = config;
    this.answers = answers;
    this.parameters = parameters;
    this.unused = unused;
    this.keepsOutput = keepsOutput;
  }

  /** (K) label names in the order of the logits; none of a model that answers with a number. */
  get labels(): readonly string[] {
    return labelsOf(this.answers);
  }

  /** How many numbers the output layer gives. */
  get outputs(): number {
    return outputsOf(this.answers);
  }

  /**
   * A model with fresh parameters, drawn as PyTorch's layers draw theirs.
   * @param answers the K label names, in the order of the logits, `{ anyOf }` them, or "number"
   * @param std standard deviations of the embeddings
   * @throws TunebertError that names a size or a label that is not possible
   */
  static fromScratch<A extends Answers>(
    config: BertConfig,
    answers: A,
    random: Random,
    std: EmbeddingStd = {},
  ): BertClassifier<A> {
    const declared = modelParameters(checkConfig(config), outputsOf(checkAnswers(answers)), std);
    const parameters = new Map([...declared].map(([name, one]) => [name, fresh(one, random)]));
    return new BertClassifier(config, answers, parameters, new Map(), false);
  }

  /**
   * A classifier over pretrained parameters. Only the output layer is fresh, unless the state dict brings one
   * with as many labels.
   * @param answers the K label names, in the order of the logits, `{ anyOf }` them, or "number"
   * @param state tensors by d2l's names; pretraining heads among them are kept aside
   * @param random draws the fresh output layer
   * @param options `adopt`: whether the model may take tensors for its parameters as they lie in memory, which
   * training then changes; otherwise it copies them
   * @throws TunebertError that lists the tensors that are missing, superfluous or of another shape, or names a size or
   * a label that is not possible
   */
  static fromStateDict<A extends Answers>(
    config: BertConfig,
    answers: A,
    state: StateDict,
    random: Random,
    options: { readonly adopt?: boolean } = {},
  ): BertClassifier<A> {
    const declared = modelParameters(checkConfig(config), outputsOf(checkAnswers(answers)));
    const output = [...declared].filter(([name]) => isOfOutputLayer(name));
    const keepsOutput = output.every(([name, { shape }]) => sameDims(state.get(name)?.shape, shape));
    const lacksHidden = config.variant !== undefined && ![...state.keys()].some(isOfHiddenLayer);
    const isFresh = (name: string) =>
      (!keepsOutput && isOfOutputLayer(name)) || (lacksHidden && isOfHiddenLayer(name));
    expectFit(state, declared, isFresh);

    const own = options.adopt ? adoptable(state) : new Set<Tensor>();
    const parameters = new Map<string, SharedParameter>();
    for (const [name, one] of declared) {
      const kept = () => ({ data: sharedValues(state.get(name)!, name, own), shape: one.shape });
      parameters.set(name, isFresh(name) ? fresh(one, random) : kept());
    }
    const unused: StateDict = new Map([...state].filter(([name]) => !declared.has(name)));
    return new BertClassifier(config, answers, parameters, unused, keepsOutput);
  }

  /** All tensors, those that the classifier does not use included. */
  stateDict(): StateDict {
    const state: StateDict = new Map();
    for (const [name, { data, shape }] of this.parameters) state.set(name, { type: "float32", shape, data });
    for (const [name, tensor] of this.unused) state.set(name, tensor);
    return state;
  }
}

/** How many numbers an output layer gives for such answers. */
export function outputsOf(answers: Answers): number {
  return answers === "number" ? 1 : labelsOf(answers).length;
}

/** @throws TunebertError when labels are no names of a classifier's */
function checkAnswers(answers: Answers): Answers {
  if (answers !== "number") checkLabels(labelsOf(answers), "anyOf" in answers ? 1 : 2);
  return answers;
}

function fresh({ shape, initialise }: DeclaredParameter, random: Random): SharedParameter {
  const data = allocateFloats(shape.reduce((product, dim) => product * dim, 1));
  initialise(data, random);
  return { data, shape };
}

/** Names that only pretraining uses: the masked-LM and next-sentence heads. */
const PRETRAINING_HEAD = /^(mlm|nsp)\./;

function expectFit(
  state: StateDict,
  declared: ReadonlyMap<string, DeclaredParameter>,
  isOptional: (name: string) => boolean,
): void {
  const problems: string[] = [];
  for (const [name, { shape }] of declared) {
    if (isOptional(name)) continue;
    const found = state.get(name)?.shape;
    if (!found) problems.push(`${name}: expected [${shape.join(", ")}], not found`);
    else if (!sameDims(found, shape)) {
      problems.push(`${name}: expected [${shape.join(", ")}], found [${found.join(", ")}]`);
    }
  }
  for (const [name, { shape }] of state) {
    if (!declared.has(name) && !PRETRAINING_HEAD.test(name)) {
      problems.push(`${name}: not part of the model, found [${shape.join(", ")}]`);
    }
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, 10);
    if (problems.length > 10) shown.push(`and ${problems.length - 10} more`);
    throw new TunebertError(["the weights do not fit the model:", ...shown.map((problem) => `  ${problem}`)]);
  }
}

function sameDims(a: readonly number[] | undefined, b: readonly number[]): boolean {
  return a !== undefined && a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** The tensor's own memory where it is the model's and holds float32, else a copy. */
function sharedValues(tensor: Tensor, name: string, own: ReadonlySet<Tensor>): Float32Array {
  const values = toFloat32(tensor, name);
  if (values === tensor.data && own.has(tensor)) return values;
  const copy = allocateFloats(values.length);
  copy.set(values);
  return copy;
}
