import { availableParallelism } from "node:os";
import { Argument, Command, Option } from "commander";
import { parserOf } from "../src/cli/add-options.js";
import { count, fraction, positiveNumber } from "../src/option-kinds.js";

export const SECTIONS = [
  "machine",
  "train",
  "inference",
  "scaling",
  "peers",
  "encode",
  "checkpoints",
] as const;
export type SectionName = (typeof SECTIONS)[number];

export const PEER_MODES = ["padded", "dynamic", "sorted", "compiled"] as const;
export type PeerMode = (typeof PEER_MODES)[number];

export const SWEEPS = ["threads", "length", "batch", "size", "vocabulary"] as const;
export type SweepName = (typeof SWEEPS)[number];

/** Without PyTorch and without the long sweeps: about a minute. */
const USUAL: readonly SectionName[] = ["machine", "train", "inference", "encode"];

export interface BenchOptions {
  readonly data?: string;
  readonly json?: string;
  readonly maxLength: number;
  readonly vocabSize: number;
  readonly hidden: number;
  readonly ffn: number;
  readonly heads: number;
  readonly blocks: number;
  readonly batchSize: number;
  readonly dropout: number;
  readonly threads: number;
  readonly runs: number;
  readonly steps: number;
  readonly warmup: number;
  readonly seconds: number;
  readonly rows: number;
  readonly sweeps: readonly SweepName[];
  readonly python: string;
  readonly modes: readonly PeerMode[];
}

/** The command line of `npm run bench`. */
export function parseCommandLine(): { sections: readonly SectionName[]; options: BenchOptions } {
  const program = new Command("npm run bench --")
    .description("Measure how fast tunebert trains, answers and encodes on this machine.")
    .addArgument(new Argument("[sections...]", "what to measure").choices(SECTIONS).default(USUAL))
    .optionsGroup("Data:")
    .option("--data <file>", "labelled pairs, as for tunebert train (default: a generated sample corpus)")
    .option("--max-length <n>", "longest input in tokens", parserOf(count), 128)
    .option("--rows <n>", "pairs for encode: the file is repeated", parserOf(count), 549_367)
    .optionsGroup("Model:")
    .option("--vocab-size <n>", "rows of the token embedding", parserOf(count), 60_005)
    .option("--hidden <n>", "hidden size", parserOf(count), 256)
    .option("--ffn <n>", "width of the feed-forward layers", parserOf(count), 512)
    .option("--heads <n>", "attention heads", parserOf(count), 4)
    .option("--blocks <n>", "Transformer blocks", parserOf(count), 2)
    .option("--batch-size <n>", "examples per optimizer step", parserOf(count), 512)
    .option("--dropout <p>", "probability of dropping", parserOf(fraction), 0.1)
    .option("--threads <n>", "threads, for the peers too", parserOf(count), availableParallelism())
    .optionsGroup("Measuring:")
    .option("--runs <n>", "alternating runs, of which the median is shown", parserOf(count), 3)
    .option("--steps <n>", "steps in a run", parserOf(count), 8)
    .option("--warmup <n>", "steps before the first run that do not count", parserOf(count), 2)
    .option(
      "--seconds <x>",
      "a run of scaling, or of a peer, starts no further step after",
      parserOf(positiveNumber),
      10,
    )
    .addOption(new Option("--sweeps <names...>", "what scaling varies").choices(SWEEPS).default(SWEEPS))
    .optionsGroup("Peers:")
    .option("--python <path>", "a Python that has PyTorch", "python3")
    .addOption(new Option("--modes <modes...>", "PyTorch variants").choices(PEER_MODES).default(PEER_MODES))
    .optionsGroup("Output:")
    .option("--json <file>", "write the same tables as JSON")
    .parse();
  return { sections: program.processedArgs[0], options: program.opts() };
}
