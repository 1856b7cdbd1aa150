import type { BertClassifier } from "../bert/bert-classifier.js";
import type { BertConfig, BertVariant } from "../bert/config.js";
import { type Freeze, frozenBlocks, frozenParameters } from "../bert/freeze.js";
import type { Head } from "../bert/head.js";
import { infer, inferencePrograms, inferStates, statesPrograms } from "../bert/infer.js";
import { type KeptStates, keptRows, keptRun, MOST_KEPT } from "../bert/kept-states.js";
import { LOGITS, LOSS, trainingProgram, trainingRun } from "../bert/model-program.js";
import type { Answers } from "../data/answers.js";
import { type MicroBatch, microBatches } from "../data/micro-batches.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import type { DropoutRates } from "../nn/network.js";
import { checkOptions, type Kind, type OptionValues, option, type Setting, settingsOf } from "../option.js";
import { count, fraction } from "../option-kinds.js";
import type { RunShape } from "../runtime/engine.js";
import type { FigureKind, Figures } from "./figures.js";
import type { StepSize, Task } from "./task.js";

const freeze: Kind<Freeze> = {
  expected: "nothing, embeddings, encoder, or a number of blocks",
  placeholder: "what",
  fits: (value): value is Freeze =>
    ["nothing", "embeddings", "encoder"].includes(value as string) || count.fits(value),
  parse: (text) => count.parse(text, undefined) ?? text,
};

/** D2l's. */
const DROPOUT = 0.1;

/** What is dropped in training: what was asked for, else the model's own, else d2l's. */
export function dropoutOf({ variant }: BertConfig, given: number | undefined): number | DropoutRates {
  return given ?? variant?.dropout ?? DROPOUT;
}

export const fineTuningOptions = {
  /** probability of dropping an attention weight or an element before a residual; default: the model's own, or 0.1 */
  dropout: option(fraction, {
    defaultText: "the model's own, or 0.1",
    help: "probability of dropping",
    inFingerprint: true,
  }),
  /** what is not trained; default: nothing */
  freeze: option(freeze, {
    default: "nothing",
    help: "leave untrained: nothing, embeddings, these and the lowest n blocks (a number), or encoder; with --dropout 0 what frozen blocks put out is computed once and kept in memory, up to 2 GB",
    inFingerprint: true,
  }),
};

/**
 * How a model learns, whatever it learns.
 * @interface
 */
export type FineTuningOptions = OptionValues<typeof fineTuningOptions>;

/**
 * What is particular about learning from examples of one kind.
 * @typeParam Targets what the numbers of the output layer are to be, for a micro-batch
 */
export interface Supervision<Targets> {
  readonly head: Head<Targets>;
  readonly figures: readonly FigureKind[];
  readonly settings: Readonly<Record<string, Setting>>;
  /** The targets of examples as numbers. */
  encoding(examples: TextDataset): Int32Array | Float32Array;
  /** @throws TunebertError when an example, counted from 1, has no target */
  expectTarget(examples: TextDataset, example: number): void;
  /** The targets of a step's micro-batches. @param examples of the step, batch after batch */
  targets(examples: Int32Array, step: StepSize): (batch: MicroBatch) => Targets;
  /** Figures of a step besides the loss, summed over examples. @param logits [n, K] */
  measure(logits: Float32Array, examples: Int32Array): Figures;
  /** Figures of a whole dataset. @param logits [n, K] in its order */
  evaluate(logits: Float32Array, examples: TextDataset): Figures;
}

/** Learning from examples whose answers are known, by all parameters but those that are frozen. */
export function fineTuning<Targets>(
  model: BertClassifier<Answers>,
  train: TextDataset,
  supervision: Supervision<Targets>,
  options: Partial<FineTuningOptions>,
): Task<TextDataset> {
  const given = checkOptions(fineTuningOptions, options);
  const { freeze } = given;
  const dropout = dropoutOf(model.config, given.dropout);
  const { head, figures, settings } = supervision;
  const frozen = frozenParameters(model.config, freeze);
  const { blocks } = keptOf(model.config, train, given);
  const task = (kept?: KeptStates): Task<TextDataset> => ({
    ...{ parameters: model.parameters, train, size: train.size, figures },
    settings: {
      ...flatConfig(model.config),
      ...settingsOf(fineTuningOptions, given),
      dropout: rateSetting(dropout),
      ...settings,
    },
    encoding(examples) {
      const { tokenIds, offsets, firstLengths } = examples;
      return [tokenIds, offsets, firstLengths, supervision.encoding(examples)];
    },
    expectFit: (examples) => expectFit(examples, model, supervision),
    programs(shape, step) {
      const counts = new Set([runSize(model, train, shape, step).perGroup, 1]);
      return {
        inference: inferencePrograms(model, shape),
        training: [...counts].map((microBatches) =>
          trainingProgram(model.config, head, { dropout, frozen, kept: kept?.blocks }, microBatches),
        ),
      };
    },
    batch(examples, options) {
      const started = performance.now();
      const { shape, random } = options;
      const { maxTokens, perGroup } = runSize(model, train, shape, options);
      const lanes = microBatches(train, examples, { replicas: shape.lanes, perGroup, maxTokens });
      const targets = supervision.targets(examples, options);
      const runs = lanes.map((groups) =>
        groups.map((group) =>
          trainingRun(
            group,
            model.config,
            { head, targets, seed: random.int32() },
            kept && keptRun(group, model.config, train, kept),
          ),
        ),
      );
      const batches = lanes.flat().flatMap((group) => group.batches);
      return {
        ...{ size: examples.length, runs, random: random.state },
        work: {
          data: (performance.now() - started) / 1000,
          tokens: examples.reduce((sum, example) => sum + train.length(example), 0),
          paddedTokens: batches.reduce((sum, { length, lengths }) => sum + length * lengths.length, 0),
        },
        measure(outputs) {
          const all = outputs.flat();
          const loss = all.reduce((sum, output) => sum + output[LOSS]![0]!, 0);
          const logits = concatenate(all.map((output) => output[LOGITS]!));
          const order = Int32Array.from(batches.flatMap((batch) => [...batch.examples]));
          return { loss, sums: { loss: loss * examples.length, ...supervision.measure(logits, order) } };
        },
      };
    },
    async evaluate(engine, examples, options) {
      const logits = await infer(engine, examples, model, options);
      options.onAnswers?.(logits);
      return supervision.evaluate(logits, examples);
    },
  });
  if (blocks === 0) return task();
  return {
    ...task(),
    async prepare(device, signal) {
      const { config, parameters } = model;
      const engine = await device.open(
        { inference: statesPrograms(config, blocks, device.shape) },
        parameters,
      );
      try {
        return task(await inferStates(engine, train, config, blocks, { shape: device.shape, signal }));
      } finally {
        await engine.close();
      }
    },
  };
}

/** What is computed once of the parts that are frozen. */
export interface KeptParts {
  /** How many of the lowest blocks; 0 for none. */
  readonly blocks: number;
  /** What their outputs take, or would take. */
  readonly bytes: number;
  /** Why nothing is kept of blocks that are frozen. */
  readonly why?: "dropout" | "memory";
}

/** Whether what the frozen blocks put out is computed once and kept: where nothing is dropped within them, and it fits. */
export function keptOf(
  config: BertConfig,
  train: TextDataset,
  options: Partial<FineTuningOptions>,
): KeptParts {
  const { freeze, dropout: given } = checkOptions(fineTuningOptions, options);
  const blocks = frozenBlocks(config, freeze);
  const bytes = keptRows(train, config, blocks) * config.hidden * Float32Array.BYTES_PER_ELEMENT;
  if (blocks === 0) return { blocks, bytes };
  const dropout = dropoutOf(config, given);
  const drops = typeof dropout === "number" ? dropout > 0 : dropout.hidden > 0 || dropout.attention > 0;
  if (drops) return { blocks: 0, bytes, why: "dropout" };
  return bytes > MOST_KEPT ? { blocks: 0, bytes, why: "memory" } : { blocks, bytes };
}

/** One number where it is the same everywhere. */
export function rateSetting(dropout: number | DropoutRates): Setting {
  if (typeof dropout === "number") return dropout;
  const { hidden, attention, output } = dropout;
  const isSame = hidden === attention && hidden === output;
  return isSame ? hidden : `${hidden} hidden, ${attention} attention, ${output} output`;
}

/** Sizes and what sets the model apart from d2l's. */
export function flatConfig({
  variant = {} as BertVariant,
  ...sizes
}: BertConfig): Readonly<Record<string, Setting>> {
  const { dropout, ...rest } = variant;
  const all = Object.entries({ ...sizes, ...rest });
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** How many tokens a run may have, and how many micro-batches it holds where there are enough examples. */
function runSize(
  { config }: BertClassifier<Answers>,
  { tokenIds, size }: TextDataset,
  shape: RunShape,
  step: StepSize,
) {
  return runSizeOf(config, { size, meanLength: tokenIds.length / size }, shape, step);
}

/** The same of so many examples, which have so many tokens. */
export function runSizeOf(
  { hidden, ffn, blocks }: BertConfig,
  { size, meanLength }: { readonly size: number; readonly meanLength: number },
  { lanes, training }: RunShape,
  { batchSize, accumulate }: StepSize,
) {
  const { activations, leastTokens, tokensPerMicroBatch, microBatchesPerRun } = training;
  const maxTokens = Math.max(leastTokens, Math.floor(activations / (blocks * (12 * hidden + 2 * ffn))));
  const examples = Math.min(batchSize * accumulate, size);
  const tokens = (examples * meanLength) / lanes;
  const perGroup = Math.round(Math.min(tokens, maxTokens) / tokensPerMicroBatch);
  return { maxTokens, perGroup: Math.max(1, Math.min(microBatchesPerRun, perGroup)) };
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

function expectFit<Targets>(
  dataset: TextDataset,
  { config }: BertClassifier<Answers>,
  supervision: Supervision<Targets>,
): void {
  const { maxPositions } = config;
  if (dataset.size === 0) throw new TunebertError("the dataset has no examples");
  for (let i = 0; i < dataset.size; i++) {
    if (dataset.length(i) > maxPositions) {
      throw new TunebertError(
        (maxLength) =>
          `example ${i + 1} has ${dataset.length(i)} tokens, but the model has positions for ${maxPositions}; ` +
          `set ${maxLength} to ${maxPositions} or less`,
        { option: "maxLength" },
      );
    }
    supervision.expectTarget(dataset, i);
  }
  expectKnownIds(dataset.tokenIds, config);
}

/** @throws TunebertError when a token has no row in the embedding */
export function expectKnownIds(tokenIds: Int32Array, { vocabularySize }: BertConfig): void {
  const largest = tokenIds.reduce((max, id) => Math.max(max, id), 0);
  if (largest >= vocabularySize) {
    throw new TunebertError(
      `token id ${largest} is beyond the token embedding, which has ${vocabularySize} rows; ` +
        "the vocabulary and the weights do not belong together",
    );
  }
}
