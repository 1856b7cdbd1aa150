import type { BertForPretraining } from "../bert/bert-for-pretraining.js";
import { LOSS } from "../bert/model-program.js";
import {
  BEST_LIKELIHOOD,
  NEXT_SENTENCE,
  type PretrainingHeads,
  type PretrainingWeights,
  pretrainingProgram,
  pretrainingRun,
  TOKEN_LIKELIHOOD,
} from "../bert/pretraining-program.js";
import { microBatches } from "../data/micro-batches.js";
import type { PretrainingExample, PretrainingExamples } from "../data/pretraining-examples.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { checkOptions, type OptionValues, option, settingsOf } from "../option.js";
import { choice } from "../option-kinds.js";
import type { RunOutputs, RunShape } from "../runtime/engine.js";
import type { Program } from "../runtime/program.js";
import { addFigures, type Figures, meanFigures } from "./figures.js";
import {
  dropoutOf,
  expectKnownIds,
  fineTuningOptions,
  flatConfig,
  rateSetting,
  runSizeOf,
} from "./fine-tuning.js";
import type { StepSize, Task } from "./task.js";

/** What becomes of the tokens that are to be guessed. */
export const MASKINGS = ["dynamic", "static"] as const;

export const pretrainingOptions = {
  dropout: fineTuningOptions.dropout,
  /** whether masks and next sentences are drawn anew in every epoch, or once; default: dynamic */
  masking: option(choice<"dynamic" | "static">(MASKINGS, "how"), {
    default: "dynamic",
    help: "whether what is masked, and which sentence comes second, is drawn anew in every epoch, or once as in the book (static)",
    inFingerprint: true,
  }),
};

/**
 * How a model is pretrained.
 * @interface
 */
export type PretrainingOptions = OptionValues<typeof pretrainingOptions>;

/** What a pretrained model is measured by. */
export const pretrainingFigures = [
  { name: "loss", better: "lower" },
  { name: "tokenLoss", better: "lower", per: "tokens" },
  { name: "tokenAccuracy", better: "higher", per: "tokens" },
  { name: "nextSentenceLoss", better: "lower", per: "pairs" },
  { name: "nextSentenceAccuracy", better: "higher", per: "pairs" },
] as const;

/** Of examples that are measured: they are masked alike every time. */
const MEASURING_SEED = 0;
/** Examples that are measured together. */
const CHUNK = 4096;
const MEASURED: StepSize = { batchSize: CHUNK, accumulate: 1 };

/**
 * Masked language modelling and next-sentence prediction (d2l section 15.10): the loss is the mean cross-entropy of the tokens
 * of a batch that are to be guessed, plus that of its pairs.
 * @param options `seed`: of static masking; default 0
 * @example
 * const paragraphs = [["a dog runs .", "it barks ."], ["a cat sleeps .", "it purrs ."]];
 * const { corpus, tokenizer } = await Corpus.encodeWithNewVocabulary(paragraphs, { minFrequency: 1 });
 * const heads = { tiedDecoder: false, nextSentence: true };
 * const sizes = { vocabularySize: tokenizer.size, hidden: 32, ffn: 64, heads: 2, blocks: 2, maxPositions: 64 };
 * const model = BertForPretraining.fromScratch(sizes, heads, new Random(0));
 * const examples = new PretrainingExamples(corpus, tokenizer, { maxLength: 64, nextSentence: true });
 * const trainer = new Trainer(pretraining(model, examples), threads(1), { epochs: 1 });
 * for await (const event of trainer.fit()) if (event.event === "epoch") console.log(event.train.tokenLoss);
 */
export function pretraining(
  model: BertForPretraining,
  train: PretrainingExamples,
  options: Partial<PretrainingOptions> & { readonly seed?: number } = {},
): Task<PretrainingExamples> {
  const { seed = 0, ...others } = options;
  const given = checkOptions(pretrainingOptions, others);
  const { config, heads } = model;
  const dropout = dropoutOf(config, given.dropout);
  const sizeOf = (shape: RunShape, step: StepSize) =>
    runSizeOf(config, { size: train.size, meanLength: train.meanLength }, shape, step);
  const isStatic = given.masking === "static";
  return {
    ...{ parameters: model.parameters, train, size: train.size, figures: figuresOf(model) },
    settings: {
      ...flatConfig(config),
      ...heads,
      ...settingsOf(pretrainingOptions, given),
      dropout: rateSetting(dropout),
      maxLength: train.maxLength,
    },
    encoding: ({ corpus: { tokenIds, sentences, groups } }) => [tokenIds, sentences, groups],
    expectFit: (examples) => expectFit(examples, model),
    programs(shape, step) {
      const programs = (trains: boolean, size: StepSize): Program[] =>
        [...new Set([sizeOf(shape, size).perGroup, 1])].map((count) =>
          pretrainingProgram(config, heads, { dropout: trains ? dropout : 0, trains }, count),
        );
      return { inference: programs(false, MEASURED), training: programs(true, step) };
    },
    batch(places, options) {
      const started = performance.now();
      const { random, shape, batchSize, accumulate } = options;
      const examples = Array.from(places, (place) =>
        isStatic ? train.drawAlike(place, seed) : train.draw(place, random),
      );
      const weights = weightsOf(examples, { batchSize, accumulate });
      const size = sizeOf(shape, options);
      const { runs, work, order } = cut(model, examples, {
        ...{ shape, size, weightsOf: (example) => weights[Math.floor(example / batchSize)]! },
        seed: () => random.int32(),
      });
      return {
        ...{ size: places.length, runs, random: random.state },
        work: { ...work, data: (performance.now() - started) / 1000 },
        measure(outputs) {
          const all = outputs.flat();
          const isNext = order.map((example) => examples[example]!.isNext);
          const loss = all.reduce((sum, output) => sum + output[LOSS]![0]!, 0);
          return { loss, sums: { loss: loss * places.length, ...sumsOf(all, isNext, heads) } };
        },
      };
    },
    async evaluate(engine, examples, { shape, signal, onProgress, notFinite }) {
      let sums: Figures = {};
      const size = sizeOf(shape, MEASURED);
      for (let start = 0; start < examples.size; start += CHUNK) {
        signal?.throwIfAborted();
        onProgress?.(start, examples.size);
        const count = Math.min(CHUNK, examples.size - start);
        const drawn = Array.from({ length: count }, (_, i) => examples.drawAlike(start + i, MEASURING_SEED));
        const { runs, order } = cut(model, drawn, {
          ...{ shape, size, weightsOf: () => UNWEIGHTED },
          seed: () => 0,
        });
        const outputs = (await engine.infer(runs)).flat();
        const isNext = order.map((example) => drawn[example]!.isNext);
        sums = addFigures(sumsOf(outputs, isNext, heads), sums);
        const wrong = Object.values(sums).find((sum) => !Number.isFinite(sum));
        if (wrong !== undefined) throw notFinite(start + 1, wrong);
      }
      const means = meanFigures(sums, examples.size, pretrainingFigures);
      return { loss: means.tokenLoss! + (means.nextSentenceLoss ?? 0), ...means };
    },
  };
}

const UNWEIGHTED: PretrainingWeights = { token: 1, pair: 1 };

function figuresOf({ heads }: BertForPretraining) {
  return pretrainingFigures.filter(({ name }) => heads.nextSentence || !name.startsWith("nextSentence"));
}

/** Of each of the batches whose losses are averaged, what its tokens and its pairs count. */
function weightsOf(examples: readonly PretrainingExample[], { batchSize }: StepSize): PretrainingWeights[] {
  const batches = Math.ceil(examples.length / batchSize);
  return Array.from({ length: batches }, (_, b) => {
    const batch = examples.slice(b * batchSize, (b + 1) * batchSize);
    const tokens = batch.reduce((sum, { places }) => sum + places.length, 0);
    const pairs = batch.filter(({ isNext }) => isNext !== undefined).length;
    return { token: 1 / (Math.max(1, tokens) * batches), pair: 1 / (Math.max(1, pairs) * batches) };
  });
}

interface CutOptions {
  readonly shape: RunShape;
  readonly size: ReturnType<typeof runSizeOf>;
  readonly weightsOf: (example: number) => PretrainingWeights;
  /** Of the dropout masks of a run. */
  readonly seed: () => number;
}

/** Examples as runs for each lane, and in which order they are in them. */
function cut(
  { config, heads }: BertForPretraining,
  examples: readonly PretrainingExample[],
  options: CutOptions,
) {
  const { shape, size, weightsOf, seed } = options;
  const dataset = TextDataset.ofPacked(examples.map(({ packed }) => packed));
  const all = Int32Array.from(examples.keys());
  const lanes = microBatches(dataset, all, { replicas: shape.lanes, ...size });
  const runs = lanes.map((groups) =>
    groups.map((group) => pretrainingRun(group, config, { heads, examples, weightsOf, seed: seed() })),
  );
  const batches = lanes.flat().flatMap((group) => group.batches);
  const work = {
    tokens: dataset.tokenIds.length,
    paddedTokens: batches.reduce((sum, { length, lengths }) => sum + length * lengths.length, 0),
  };
  return { runs, work, order: batches.flatMap((batch) => [...batch.examples]) };
}

/**
 * Of the figures over the tokens and the pairs of examples that have been run, and how many these are.
 * @param isNext of the examples in the order of the outputs
 */
function sumsOf(
  outputs: readonly RunOutputs[],
  isNext: readonly (boolean | undefined)[],
  { nextSentence }: PretrainingHeads,
): Figures {
  let [tokens, tokenLoss, rightTokens, pairs, pairLoss, rightPairs] = [0, 0, 0, 0, 0, 0];
  let example = 0;
  for (const output of outputs) {
    const likelihood = output[TOKEN_LIKELIHOOD]!;
    const best = output[BEST_LIKELIHOOD]!;
    tokens += likelihood.length;
    likelihood.forEach((one, p) => {
      tokenLoss -= one;
      if (one === best[p]) rightTokens++;
    });
    const logits = output[NEXT_SENTENCE] ?? new Float32Array();
    for (let b = 0; b < logits.length; b += 2) {
      const truth = isNext[example++];
      if (truth === undefined) continue;
      const margin = (truth ? 1 : -1) * (logits[b + 1]! - logits[b]!);
      pairs++;
      pairLoss += softplus(-margin);
      if (margin > 0) rightPairs++;
    }
  }
  const ofTokens = { tokens, tokenLoss, tokenAccuracy: rightTokens };
  if (!nextSentence) return ofTokens;
  return { ...ofTokens, pairs, nextSentenceLoss: pairLoss, nextSentenceAccuracy: rightPairs };
}

/** log(1 + exp x) */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function expectFit(examples: PretrainingExamples, { config }: BertForPretraining): void {
  if (examples.size === 0) throw new TunebertError("the text has no examples to pretrain on");
  if (examples.maxLength > config.maxPositions) {
    throw new TunebertError(
      (maxLength) =>
        `${maxLength} is ${examples.maxLength}, but the model has positions for ${config.maxPositions}; set it to that or less`,
      { option: "maxLength" },
    );
  }
  expectKnownIds(examples.corpus.tokenIds, config);
}
