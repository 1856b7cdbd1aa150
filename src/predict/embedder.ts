import { BertForPretraining } from "../bert/bert-for-pretraining.js";
import type { BertConfig } from "../bert/config.js";
import { inferTokenStates, tokenStatesPrograms } from "../bert/infer.js";
import { requireTexts, TextDataset } from "../data/text-dataset.js";
import { loadPretrained, type PretrainedOptions } from "../hub/store/pretrained.js";
import { Random } from "../random.js";
import type { Device, Engine, Parameters } from "../runtime/engine.js";
import { threads } from "../runtime/threads/threads.js";
import type { Tokenizer } from "../text/tokenizer.js";
import type { Question } from "./predictor.js";

/** What an encoder makes of a text, or of two. */
export interface Embedding {
  /** (T) its tokens, special ones included. */
  readonly tokens: readonly string[];
  /** (T) what the last block puts out for each of them, [H]. */
  readonly vectors: readonly Float32Array[];
  /** [H], that of the first token: d2l's `<cls>`. */
  readonly first: Float32Array;
  /** [H], the mean over all tokens. */
  readonly mean: Float32Array;
}

/** What an {@link Embedder} works with. */
export interface EmbedderOptions {
  readonly config: BertConfig;
  readonly parameters: Parameters;
  readonly tokenizer: Tokenizer;
  /** Longer texts are truncated. Default: the model's positions. */
  readonly maxLength?: number | undefined;
  /** Where it computes. Default: the cores. */
  readonly device?: Device | undefined;
}

/**
 * Turns texts into vectors: what BERT's encoder puts out for their tokens (d2l section 15.10, `get_bert_encoding`).
 * @example
 * const embedder = await Embedder.load("bert");
 * const [alone, driver] = await embedder.embed([{ text: "a crane is flying" }, { text: "a crane driver came", textPair: "he just left" }]);
 * console.log(alone.tokens, driver.vectors[2]);
 * await embedder.close();
 */
export class Embedder {
  readonly #options: EmbedderOptions;
  readonly #device: Device;
  #engine: Promise<Engine> | undefined;

  /** Of parameters that are there already. {@link load} reads them. */
  constructor(options: EmbedderOptions) {
    this.#options = options;
    this.#device = options.device ?? threads();
  }

  /**
   * An embedder of a pretrained or a trained model.
   * @param nameOrFolder as {@link loadPretrained} takes it
   * @throws TunebertError as {@link loadPretrained}
   */
  static async load(
    nameOrFolder: string,
    { device, ...options }: PretrainedOptions & Pick<EmbedderOptions, "device"> = {},
  ): Promise<Embedder> {
    const { config, tokenizer, state } = await loadPretrained(nameOrFolder, options);
    const heads = { tiedDecoder: true, nextSentence: false };
    const { parameters } = BertForPretraining.fromStateDict(config, heads, state, new Random(0));
    return new Embedder({ config, tokenizer, parameters, device });
  }

  /** @throws TunebertError when a text is missing, or the embedder is closed */
  async embed(texts: readonly Question[]): Promise<Embedding[]> {
    const { config, tokenizer, maxLength = config.maxPositions } = this.#options;
    if (texts.length === 0) return [];
    texts.forEach(requireTexts);
    const rows = texts.map(({ text, textPair }) =>
      tokenizer.pack(
        tokenizer.ids(text),
        textPair === undefined ? undefined : tokenizer.ids(textPair),
        maxLength,
        "longest-first",
      ),
    );
    const set = TextDataset.ofPacked(rows);
    this.#engine ??= this.#device.open(
      { inference: tokenStatesPrograms(config, this.#device.shape) },
      this.#options.parameters,
    );
    const states = await inferTokenStates(await this.#engine, set, config, { shape: this.#device.shape });
    return rows.map(({ ids }, i) => this.#embedding(ids, states, set.offsets[i]!));
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await (await this.#engine)?.close();
  }

  #embedding(ids: Int32Array, states: Float32Array, start: number): Embedding {
    const { config, tokenizer } = this.#options;
    const { hidden } = config;
    const vectors = Array.from(ids, (_, t) => states.slice((start + t) * hidden, (start + t + 1) * hidden));
    const mean = new Float32Array(hidden).map(
      (_, h) => vectors.reduce((sum, vector) => sum + vector[h]!, 0) / vectors.length,
    );
    return { tokens: Array.from(ids, (id) => tokenizer.token(id).trim()), vectors, first: vectors[0]!, mean };
  }
}
