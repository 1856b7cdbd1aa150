import { fork } from "node:child_process";
import { once } from "node:events";
import { TunebertError } from "../src/error.js";
import type { EncodeAnswer, EncodeRequest } from "./encode-child.js";
import type { BenchOptions } from "./options.js";
import type { Table } from "./report.js";
import { median } from "./statistics.js";
import type { Workload } from "./workload.js";

/** From the bytes of a file to encoded pairs, and on to the first training step; each run in a fresh process. */
export async function* encode(options: BenchOptions, { tokenizer, config }: Workload): AsyncGenerator<Table> {
  const { data, maxLength, rows, runs, batchSize, threads, dropout } = options;
  const training = { config, batchSize, threads, dropout };
  const request = { file: data, tokens: tokenizer.vocabulary.toJSON(), maxLength, pairs: rows, training };
  const answers: EncodeAnswer[] = [];
  for (let run = 0; run < runs; run++) answers.push(await encodeInChild(request));
  const middle = (part: keyof EncodeAnswer) => median(answers.map((answer) => answer[part]));
  yield {
    title: "Encoding",
    rows: [
      {
        pairs: rows,
        seconds: middle("encoded"),
        "pairs/s": rows / middle("encoded"),
        "peak resident memory, MB": middle("peakResident") / 1e6,
        "first training step done after, s": middle("firstStep"),
      },
    ],
    notes: [
      `read, tokenized, cut to ${maxLength} tokens and packed with a vocabulary of ${tokenizer.size} words; ` +
        `${data ? "the data file" : "the sample corpus"}, repeated until there are enough pairs`,
      `runs: ${runs}, each in a fresh process; median. Memory: of the whole process, up to the end of encoding`,
    ],
  };
}

async function encodeInChild(request: EncodeRequest): Promise<EncodeAnswer> {
  const child = fork(new URL("./encode-child.js", import.meta.url));
  child.send(request);
  const answered = once(child, "message");
  const ended = once(child, "exit").then(([code]) => {
    throw new TunebertError(`the process that encodes ended with code ${code}`);
  });
  const [answer] = await Promise.race([answered, ended]);
  ended.catch(() => {}); // it ends once it has answered
  return answer;
}
