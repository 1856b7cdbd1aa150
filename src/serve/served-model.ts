import { basename, resolve } from "node:path";
import type { Answers } from "../data/answers.js";
import { TunebertError } from "../error.js";
import { loadModel, type SavedModel } from "../hub/store/model-folder.js";
import { Predictor } from "../predict/predictor.js";
import type { Device } from "../runtime/engine.js";
import type { Packed } from "../text/pack.js";
import { DEFAULT_TEXTS, type Texts } from "../text/text-example.js";
import { DEFAULT_TRUNCATION } from "../text/truncate-pair.js";
import { Batcher, type BatcherOptions } from "./batcher.js";
import type { ServedQuestion } from "./questions.js";

/** What a served model is started with. */
export interface ServedModelOptions extends BatcherOptions {
  readonly device: Device;
  readonly quantized: boolean;
}

/** A model that answers requests, until it is closed or another takes its place. */
export class ServedModel {
  /** The name of its folder. */
  readonly name: string;
  readonly saved: SavedModel<Answers>;
  readonly texts: Texts;
  readonly #predictor: Predictor<Answers>;
  readonly #batcher: Batcher;
  #failure: TunebertError | undefined;

  private constructor(
    folder: string,
    saved: SavedModel<Answers>,
    predictor: Predictor<Answers>,
    options: BatcherOptions,
  ) {
    this.name = basename(resolve(folder));
    this.saved = saved;
    this.texts = saved.texts ?? DEFAULT_TEXTS;
    this.#predictor = predictor;
    this.#batcher = new Batcher(
      (examples) => predictor.logits(examples).catch((error) => this.#fail(error)),
      saved.model.outputs,
      options,
    );
  }

  /** Loads a model and has it answer once, so that the first request finds it ready. @throws TunebertError as {@link loadModel} */
  static async load(
    folder: string,
    { device, quantized, ...options }: ServedModelOptions,
  ): Promise<ServedModel> {
    const saved = await loadModel(folder, { task: "any" });
    const predictor = await Predictor.start({ ...saved, device, quantized });
    const served = new ServedModel(folder, saved, predictor, options);
    try {
      await served.answer([served.pack({ text: "?", textPair: served.texts === 2 ? "?" : undefined })]);
      return served;
    } catch (error) {
      await predictor.close();
      throw error;
    }
  }

  /** Why it answers no more; `undefined` while it does. */
  get failure(): TunebertError | undefined {
    return this.#failure;
  }

  /** What comes from outside, such as a thread that died, stays; an answer that is not a number is one example's. */
  #fail(error: unknown): never {
    if (error instanceof TunebertError && error.cause !== undefined) this.#failure = error;
    throw error;
  }

  /** What the model answers with. */
  get answers(): Answers {
    return this.saved.model.answers;
  }

  /** How many examples wait. */
  get waiting(): number {
    return this.#batcher.waiting;
  }

  /** A question as tokens, truncated as those that the model has learnt from. */
  pack({ text, textPair }: ServedQuestion): Packed {
    const { tokenizer, maxLength, truncation = DEFAULT_TRUNCATION } = this.saved;
    const second = textPair === undefined ? undefined : tokenizer.ids(textPair);
    return tokenizer.pack(tokenizer.ids(text), second, maxLength, truncation);
  }

  /** The logits of each example. @throws as {@link Batcher.answer} */
  answer(rows: readonly Packed[], isWanted?: () => boolean): Promise<Float32Array[]> {
    return this.#batcher.answer(rows, isWanted);
  }

  /** Answers what has been asked, and ends. */
  async close(): Promise<void> {
    await this.#batcher.drained();
    await this.#predictor.close();
  }
}
