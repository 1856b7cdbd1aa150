import type { Command } from "commander";
import { headsOptions } from "../bert/options.js";
import { readSentences } from "../data/sentences.js";
import { TunebertError } from "../error.js";
import { streamBytes } from "../hub/files/files.js";
import { type OptionValues, option } from "../option.js";
import { choice, text } from "../option-kinds.js";
import { Embedder, type Embedding } from "../predict/embedder.js";
import type { Question } from "../predict/predictor.js";
import { threads as threadsOf } from "../runtime/threads/threads.js";
import { showJson } from "../text/show-json.js";
import { addOptions } from "./add-options.js";
import { addHelpBelow } from "./help-text.js";
import { answerOptions } from "./options.js";
import { print } from "./print.js";
import { outputClosed, outputFailed } from "./standard-streams.js";

const embedOptions = {
  model: option(text("folder"), {
    default: "bert.mini",
    help: "a pretrained or a trained model: a folder, or a name that --pretrained takes, such as bert.mini, which comes with tunebert",
  }),
  data: option(text("file"), {
    help: "embed each line of this file, a text or two with a tab between them; blank lines are passed over",
  }),
  vector: option(choice<"mean" | "first" | "tokens">(["mean", "first", "tokens"], "which"), {
    default: "mean",
    help: "the mean over all tokens, the first token's vector, or those of all tokens",
  }),
  threads: answerOptions.threads,
  ...headsOptions,
};

type EmbedFlags = OptionValues<typeof embedOptions>;

export function addEmbedCommand(program: Command): void {
  const command = program
    .command("embed")
    .description(
      "Turn texts, or pairs of texts, into vectors: what the encoder puts out, a line of JSON each. What is longer than the model's positions is truncated.",
    )
    .argument("[text]", "the text, of a pair the first")
    .argument("[text-pair]", "the second")
    .action(embed);
  addHelpBelow(
    command,
    [],
    ['tunebert embed "a crane is flying"', "tunebert embed --model my-bert --data lines.txt > vectors.jsonl"],
  );
  addOptions(command, embedOptions);
}

async function embed(
  first: string | undefined,
  second: string | undefined,
  flags: EmbedFlags,
  command: Command,
): Promise<void> {
  if ((first === undefined) === (flags.data === undefined)) {
    command.error("error: give a text, or a file of texts with --data");
  }
  const { model, data, heads, threads } = flags;
  const embedder = await Embedder.load(model, { heads, device: threadsOf(data === undefined ? 1 : threads) });
  try {
    if (first !== undefined) await write(embedder, [{ text: first, textPair: second }], flags);
    else if (data !== undefined) {
      for await (const texts of linesOf(data)) {
        // What cannot be printed is not asked for.
        if (outputClosed.aborted || outputFailed.aborted) break;
        await write(embedder, texts, flags);
      }
    }
  } finally {
    await embedder.close();
  }
}

/** Texts that are embedded together. */
const CHUNK = 1024;

/** The lines of a file, so many at a time; blank ones are passed over. @throws TunebertError when a line has more than two texts */
async function* linesOf(fileName: string): AsyncGenerator<Question[]> {
  let chunk: Question[] = [];
  for await (const [text = "", textPair, other] of readSentences(streamBytes(fileName), {
    fileName,
    format: "groups",
  })) {
    if (other !== undefined) {
      throw new TunebertError(
        `${fileName}: a line has more than two texts, the first of them ${showJson(text)}`,
      );
    }
    chunk.push({ text, textPair });
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

async function write(embedder: Embedder, texts: readonly Question[], { vector }: EmbedFlags): Promise<void> {
  const embeddings = await embedder.embed(texts);
  embeddings.forEach((embedding, i) => {
    const { text, textPair } = texts[i]!;
    print(JSON.stringify({ text, textPair, ...chosen(embedding, vector) }));
  });
}

function chosen(embedding: Embedding, vector: EmbedFlags["vector"]): Record<string, unknown> {
  if (vector !== "tokens") return { vector: [...embedding[vector]] };
  const { tokens, vectors } = embedding;
  return { tokens, vectors: vectors.map((one) => [...one]) };
}
