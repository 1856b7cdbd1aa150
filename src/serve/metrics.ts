import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What a server counts, as Prometheus reads it. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #seconds = new Histogram({
    name: "tunebert_request_duration_seconds",
    help: "From a request's head to its answer, by route and status",
    labelNames: ["route", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.#registry],
  });
  readonly #batchExamples = new Histogram({
    name: "tunebert_batch_examples",
    help: "Examples that were answered together",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    registers: [this.#registry],
  });
  readonly #batchTokens = new Histogram({
    name: "tunebert_batch_tokens",
    help: "Tokens that were answered together",
    buckets: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384],
    registers: [this.#registry],
  });
  readonly #reloads = new Counter({
    name: "tunebert_reloads_total",
    help: "How often the model's folder was read again, and whether that went well",
    labelNames: ["result"],
    registers: [this.#registry],
  });

  /** @param waiting how many examples wait */
  constructor(waiting: () => number) {
    new Gauge({
      name: "tunebert_queue_examples",
      help: "Examples that wait to be answered",
      registers: [this.#registry],
      collect() {
        this.set(waiting());
      },
    });
    new Gauge({
      name: "tunebert_memory_bytes",
      help: "Memory of the process that is in main memory",
      registers: [this.#registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  /** A request that has been answered. */
  request(route: string, status: number, seconds: number): void {
    this.#seconds.observe({ route, status }, seconds);
  }

  batch({ examples, tokens }: { readonly examples: number; readonly tokens: number }): void {
    this.#batchExamples.observe(examples);
    this.#batchTokens.observe(tokens);
  }

  reload(result: "taken" | "failed"): void {
    this.#reloads.inc({ result });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
