import { TextDataset } from "../data/text-dataset.js";
import type { Packed } from "../text/pack.js";

/** What is answered together, and how much may wait. */
export interface BatcherOptions {
  /** Milliseconds that the first example waits for others, where nothing is being answered. */
  readonly maxWait: number;
  /** Most tokens of a batch; an example that is longer is one. */
  readonly batchTokens: number;
  /** Most examples that wait. */
  readonly maxQueue: number;
  /** Is told of each batch that has been answered. */
  readonly onBatch?: ((batch: { readonly examples: number; readonly tokens: number }) => void) | undefined;
}

/** The error that too many examples wait already. */
export class Overloaded extends Error {
  override readonly name = "Overloaded";

  constructor() {
    super("too many examples wait");
  }
}

/** The error that an answer came too late, or was not waited for. */
export class TooLate extends Error {
  override readonly name = "TooLate";
}

/**
 * Answers examples of many callers together: while one batch is answered the next gathers. Examples are answered in the order in
 * which they came; those of one request may be parted.
 */
export class Batcher {
  readonly #logits: (examples: TextDataset) => Promise<Float32Array>;
  readonly #outputs: number;
  readonly #options: BatcherOptions;
  readonly #waiting: Example[] = [];
  #first = 0;
  #working: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param logits the logits [n, K] of examples
   * @param outputs K
   */
  constructor(
    logits: (examples: TextDataset) => Promise<Float32Array>,
    outputs: number,
    options: BatcherOptions,
  ) {
    this.#logits = logits;
    this.#outputs = outputs;
    this.#options = options;
  }

  /** How many examples wait. */
  get waiting(): number {
    return this.#waiting.length - this.#first;
  }

  /**
   * The logits [K] of each example.
   * @param isWanted whether somebody waits for them still, asked before each is put into a batch. Default: yes
   * @throws Overloaded when they are more than may wait
   * @throws TooLate when they are not wanted any more
   * @throws TunebertError when the model answers something that is not a number
   */
  async answer(rows: readonly Packed[], isWanted = () => true): Promise<Float32Array[]> {
    if (this.waiting + rows.length > this.#options.maxQueue) throw new Overloaded();
    const answers = rows.map(
      (row) =>
        new Promise<Float32Array>((resolve, reject) => {
          this.#waiting.push({ row, resolve, reject, isWanted });
        }),
    );
    this.#working ??= this.#work();
    if (this.#tokensWaiting() >= this.#options.batchTokens) this.#wake?.();
    return Promise.all(answers);
  }

  /** Waits until everything that has been asked is answered. */
  async drained(): Promise<void> {
    this.#wake?.();
    while (this.#working) await this.#working;
  }

  async #work(): Promise<void> {
    await this.#pause();
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      await this.#answerBatch(batch);
      // Callers that have just been answered may ask again before the next batch is cut.
      await new Promise(setImmediate);
    }
    this.#working = undefined;
  }

  #pause(): Promise<void> {
    const { maxWait, batchTokens } = this.#options;
    if (maxWait === 0 || this.#tokensWaiting() >= batchTokens) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, maxWait);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #tokensWaiting(): number {
    const { batchTokens } = this.#options;
    let tokens = 0;
    for (let i = this.#first; i < this.#waiting.length && tokens < batchTokens; i++) {
      tokens += this.#waiting[i]!.row.ids.length;
    }
    return tokens;
  }

  /** The next examples, as many as fit, without those that nobody waits for. */
  #take(): Example[] {
    const batch: Example[] = [];
    let tokens = 0;
    while (this.#first < this.#waiting.length) {
      const next = this.#waiting[this.#first]!;
      const { length } = next.row.ids;
      if (!next.isWanted()) next.reject(new TooLate("the time is over"));
      else if (batch.length > 0 && tokens + length > this.#options.batchTokens) break;
      else {
        tokens += length;
        batch.push(next);
      }
      this.#first++;
    }
    this.#waiting.splice(0, this.#first);
    this.#first = 0;
    return batch;
  }

  async #answerBatch(batch: readonly Example[]): Promise<void> {
    const rows = batch.map(({ row }) => row);
    try {
      const logits = await this.#logits(TextDataset.ofPacked(rows));
      batch.forEach(({ resolve }, i) => {
        resolve(logits.slice(i * this.#outputs, (i + 1) * this.#outputs));
      });
    } catch (error) {
      if (batch.length === 1) batch[0]!.reject(error);
      // An example that the model has no answer to must not take the others' away.
      else for (const one of batch) await this.#answerBatch([one]);
      return;
    }
    const tokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
    this.#options.onBatch?.({ examples: batch.length, tokens });
  }
}

/** An example that waits for its answer. */
interface Example {
  readonly row: Packed;
  readonly resolve: (logits: Float32Array) => void;
  readonly reject: (error: unknown) => void;
  readonly isWanted: () => boolean;
}
