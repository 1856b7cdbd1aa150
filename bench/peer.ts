import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TextDataset } from "../src/data/text-dataset.js";
import { TunebertError } from "../src/error.js";
import type { PeerMode } from "./options.js";
import type { Workload } from "./workload.js";

/** Seen from where this file is compiled to. */
const SCRIPT = fileURLToPath(new URL("../../bench/peer.py", import.meta.url));

export interface PeerRequest {
  readonly work: "train" | "forward";
  readonly mode: PeerMode;
  /** steps that do not count, taken first */
  readonly warmup: number;
  readonly steps: number;
  /** padded and dynamic, whose steps are alike, start no further one after so many seconds */
  readonly seconds: number;
}

export interface PeerAnswer {
  readonly examples: number;
  readonly steps: number;
  readonly seconds: number;
}

interface PeerSettings {
  readonly python: string;
  readonly threads: number;
  readonly batchSize: number;
  readonly maxLength: number;
  readonly dropout: number;
}

/** PyTorch's version where that Python has it. */
export function torchVersion(python: string): string | undefined {
  const { status, stdout } = spawnSync(python, ["-c", "import torch; print(torch.__version__)"], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** The same model in PyTorch, in a process of its own that works when asked to: bench/peer.py. */
export class Peer {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #folder: string;

  private constructor(process: ChildProcess, lines: Interface, folder: string) {
    this.#process = process;
    this.#answers = lines[Symbol.asyncIterator]();
    this.#folder = folder;
  }

  /** Hands over the encoded examples, so that both work on the same. */
  static async start(settings: PeerSettings, { dataset, config }: Workload): Promise<Peer> {
    const { python, threads, batchSize, maxLength, dropout } = settings;
    const folder = await mkdtemp(join(tmpdir(), "tunebert-bench-"));
    const data = join(folder, "examples.bin");
    await writeFile(data, asInt32(dataset));
    const sizes = { ...config, labels: dataset.labelNames.length, dropout };
    const argument = JSON.stringify({ data, threads, batchSize, maxLength, ...sizes });
    const child = spawn(python, [SCRIPT, argument], { stdio: ["pipe", "pipe", "inherit"] });
    return new Peer(child, createInterface(child.stdout), folder);
  }

  /** @returns the reason where it cannot be done */
  async ask(request: PeerRequest): Promise<PeerAnswer | { readonly error: string }> {
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new TunebertError("the PyTorch peer has ended; its message is above");
    return JSON.parse(value);
  }

  async close(): Promise<void> {
    this.#process.kill();
    await rm(this.#folder, { recursive: true });
  }
}

/** n, then offsets (n + 1), lengths of segment 0 (n), labels (n) and token ids, all int32. */
function asInt32({ size, offsets, firstLengths, labels, tokenIds }: TextDataset): Uint8Array {
  const parts = [Int32Array.of(size), offsets, firstLengths, labels, tokenIds];
  return Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}
