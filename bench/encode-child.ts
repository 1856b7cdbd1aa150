/** The body of a process that encodes many pairs and takes a first training step; see encode.ts. */
import { BertClassifier } from "../src/bert/bert-classifier.js";
import type { BertConfig } from "../src/bert/config.js";
import { readExamples } from "../src/data/read-examples.js";
import { generateSamplePairs } from "../src/data/sample-pairs/sample-pairs.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { streamBytes } from "../src/hub/files/files.js";
import { Random } from "../src/random.js";
import { Vocabulary } from "../src/text/vocabulary.js";
import { WordTokenizer } from "../src/text/word-tokenizer.js";
import { secondsSince } from "./statistics.js";
import { TrainingRun } from "./training-run.js";

export interface EncodeRequest {
  /** default: the sample corpus */
  readonly file: string | undefined;
  readonly tokens: readonly string[];
  readonly maxLength: number;
  readonly pairs: number;
  readonly training: {
    readonly config: BertConfig;
    readonly batchSize: number;
    readonly threads: number;
    readonly dropout: number;
  };
}

/** Times in seconds since reading began, memory in bytes. */
export interface EncodeAnswer {
  readonly encoded: number;
  readonly firstStep: number;
  /** until all is encoded */
  readonly peakResident: number;
}

process.once("message", async (request: EncodeRequest) => {
  process.send!(await encodeAndStart(request));
  process.disconnect();
});

async function encodeAndStart(request: EncodeRequest): Promise<EncodeAnswer> {
  const { file, maxLength, pairs, training } = request;
  const tokenizer = new WordTokenizer(new Vocabulary(request.tokens));
  const corpus = file === undefined ? sampleCorpus() : undefined;
  const open = () => (corpus ? [corpus] : streamBytes(file!));
  const fileName = file ?? "sample.tsv";

  const started = performance.now();
  const source = repeated(open, !fileName.endsWith(".jsonl"));
  const dataset = await TextDataset.encode(readExamples(source, { fileName }), tokenizer, {
    maxLength,
    limit: pairs,
  });
  const encoded = secondsSince(started);
  const peakResident = process.resourceUsage().maxRSS * 1024;

  const model = BertClassifier.fromScratch(training.config, dataset.labelNames, new Random(0));
  const run = new TrainingRun(model, dataset, training);
  await run.take(1);
  const firstStep = secondsSince(started);
  await run.close();
  return { encoded, firstStep, peakResident };
}

const NEWLINE = 10;

/** A file's bytes without end: after the first time, without its header row. */
async function* repeated(
  open: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  hasHeader: boolean,
): AsyncGenerator<Uint8Array> {
  for (let time = 0; ; time++) {
    let inHeader = hasHeader && time > 0;
    let last = NEWLINE;
    for await (const chunk of open()) {
      const end = inHeader ? chunk.indexOf(NEWLINE) + 1 : 0;
      if (inHeader && end === 0) continue;
      inHeader = false;
      last = chunk.at(-1) ?? last;
      yield chunk.subarray(end);
    }
    if (last !== NEWLINE) yield Uint8Array.of(NEWLINE);
  }
}

function sampleCorpus(): Uint8Array {
  const { train } = generateSamplePairs(0);
  const rows = train.map(({ text, textPair, label }) => `${text}\t${textPair}\t${label}\n`);
  return new TextEncoder().encode(`premise\thypothesis\tlabel\n${rows.join("")}`);
}
