import type { BertForPretraining } from "../bert/bert-for-pretraining.js";
import { encoderRun } from "../bert/inputs.js";
import { guessingProgram, TOKEN_LOGITS } from "../bert/pretraining-program.js";
import { microBatches } from "../data/micro-batches.js";
import { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import {
  expectWordHead,
  type LoadForPretrainingOptions,
  loadForPretraining,
} from "../hub/store/load-for-pretraining.js";
import { softmax } from "../metrics/softmax.js";
import type { Device, Engine } from "../runtime/engine.js";
import { threads } from "../runtime/threads/threads.js";
import type { Tokenizer } from "../text/tokenizer.js";

/** A token that may stand in a place. */
export interface Candidate {
  readonly token: string;
  /** Of all tokens; they add up to 1. */
  readonly probability: number;
}

/** What a {@link MaskFiller} works with. */
export interface MaskFillerOptions {
  readonly model: BertForPretraining;
  readonly tokenizer: Tokenizer;
  /** Where it computes. Default: one core. */
  readonly device?: Device | undefined;
}

/** How a place is shown that is to be filled. */
const MASK = /<mask>|\[MASK\]/;

/**
 * Guesses the words that are left out of a text, with a masked language model (d2l section 15.8).
 * @example
 * const filler = await MaskFiller.load("bert");
 * const [candidates] = await filler.fill("a man is <mask> on a bench");
 * console.log(candidates[0].token, candidates[0].probability);
 * await filler.close();
 */
export class MaskFiller {
  readonly #options: MaskFillerOptions;
  readonly #device: Device;
  #engine: Promise<Engine> | undefined;

  /** Of a model that is there already. {@link load} reads one. */
  constructor(options: MaskFillerOptions) {
    this.#options = options;
    this.#device = options.device ?? threads(1);
  }

  /** @throws TunebertError as {@link loadPretrained}, or when the model came without the head that guesses words */
  static async load(
    nameOrFolder: string,
    { device, ...options }: LoadForPretrainingOptions & Pick<MaskFillerOptions, "device"> = {},
  ): Promise<MaskFiller> {
    const { model, tokenizer } = await loadForPretraining(nameOrFolder, { ...options, nextSentence: false });
    expectWordHead(model, nameOrFolder);
    return new MaskFiller({ model, tokenizer, device });
  }

  /**
   * The most likely tokens for each `<mask>` of a text, which may be written `[MASK]` too.
   * @param options `top`: how many; default 5
   * @throws TunebertError when the text has no place to fill, or is longer than the model's positions
   */
  async fill(text: string, { top = 5 }: { readonly top?: number } = {}): Promise<Candidate[][]> {
    const { model, tokenizer } = this.#options;
    const { config, heads } = model;
    const { mask } = tokenizer;
    const parts = text.split(MASK);
    if (parts.length < 2) {
      throw new TunebertError("the text has no <mask> to fill; write one where a word is missing");
    }
    if (mask === undefined) {
      throw new TunebertError("the vocabulary has no <mask>, which stands for what is missing");
    }
    const ids = parts.flatMap((part, i) => [
      ...(i > 0 ? [mask] : []),
      ...tokenizer.ids(i === 0 ? part.trimEnd() : part),
    ]);
    const packed = tokenizer.pack(ids, undefined, config.maxPositions, "longest-first");
    if (packed.truncated) {
      throw new TunebertError(
        `the text is longer than the ${config.maxPositions} positions of the model; shorten it`,
      );
    }
    const set = TextDataset.ofPacked([packed]);
    const whole = { replicas: 1, perGroup: 1, maxTokens: packed.ids.length };
    const group = microBatches(set, Int32Array.of(0), whole)[0]![0]!;
    const places = Int32Array.from([...packed.ids.keys()].filter((place) => packed.ids[place] === mask));
    this.#engine ??= this.#device.open({ inference: [guessingProgram(config, heads)] }, model.parameters);
    const run = encoderRun(group, config);
    const feeds = { ...run.feeds, "masked_at.0": { data: places, dims: [places.length] } };
    const engine = await this.#engine;
    const outputs = await engine.infer([[{ ...run, feeds, symbols: { ...run.symbols, P0: places.length } }]]);
    const logits = outputs[0]![0]![TOKEN_LOGITS]!;
    return Array.from(places, (_, p) =>
      best(logits.subarray(p * config.vocabularySize, (p + 1) * config.vocabularySize), top, tokenizer),
    );
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await (await this.#engine)?.close();
  }
}

/** @param logits (V) */
function best(logits: Float32Array, top: number, tokenizer: Tokenizer): Candidate[] {
  const probabilities = softmax(logits);
  return [...probabilities.keys()]
    .filter((id) => id < tokenizer.size)
    .sort((a, b) => probabilities[b]! - probabilities[a]! || a - b)
    .slice(0, top)
    .map((id) => ({ token: tokenizer.token(id).trim(), probability: probabilities[id]! }));
}
