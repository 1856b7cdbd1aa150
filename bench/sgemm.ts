import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { disableTelemetry } from "../src/runtime/threads/onnx-runtime.js";
import type { SgemmRequest } from "./sgemm-worker.js";
import { sum } from "./statistics.js";

/** Rows and columns of the matrices; the ceiling is that of the fastest. */
const SIZES = [512, 1024, 2048];

/** How long each size is measured. */
const SECONDS = 0.5;

/** How long the ceiling is measured: like a run of what is compared with it. */
const CEILING_SECONDS = 2;

/**
 * How fast this machine multiplies large float32 matrices: ONNX Runtime's Gemm, one session with one thread per
 * replica, all at the same time, as in training.
 */
export class Sgemm {
  readonly #workers: Worker[];
  #fastest: number | undefined;

  constructor(threads: number) {
    disableTelemetry();
    const url = new URL("./sgemm-worker.js", import.meta.url);
    this.#workers = Array.from({ length: threads }, () => new Worker(url));
  }

  /** FLOP/s of all threads together, for each size. */
  async measure(): Promise<Map<number, number>> {
    const rates = new Map<number, number>();
    for (const size of SIZES) rates.set(size, await this.#ask({ size, seconds: SECONDS }));
    return rates;
  }

  /** FLOP/s at the size that was the fastest at the first call. */
  async ceiling(): Promise<number> {
    this.#fastest ??= await this.#findFastest();
    return this.#ask({ size: this.#fastest, seconds: CEILING_SECONDS });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async #findFastest(): Promise<number> {
    await this.measure(); // the first products are slow
    const rates = [...(await this.measure())];
    return rates.reduce((best, rate) => (rate[1] > best[1] ? rate : best))[0];
  }

  async #ask(request: SgemmRequest): Promise<number> {
    const answers = this.#workers.map((worker) => {
      const answer = once(worker, "message");
      worker.postMessage(request);
      return answer;
    });
    return sum((await Promise.all(answers)).map(([rate]) => rate));
  }
}
