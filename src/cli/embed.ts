import type { Command } from "commander";
import { headsOptions } from "../bert/options.js";
import { readExampleLines } from "../data/read-example-lines.js";
import { streamBytes } from "../hub/files/files.js";
import { type OptionValues, option, required } from "../option.js";
import { choice, text } from "../option-kinds.js";
import { Embedder, type Embedding } from "../predict/embedder.js";
import type { Question } from "../predict/predictor.js";
import { threads as threadsOf } from "../runtime/threads/threads.js";
import { addOptions } from "./add-options.js";
import { addHelpBelow } from "./help-text.js";
import { answerOptions } from "./options.js";
import { print } from "./print.js";

const embedOptions = {
  model: required(text("folder"), {
    help: "a pretrained or a trained model: a folder, or a name that --pretrained takes",
  }),
  data: option(text("file"), { help: "embed each line of this file, a text or two with a tab between them" }),
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
      "Turn texts, or pairs of texts, into vectors: what the encoder puts out, a line of JSON each.",
    )
    .argument("[text]", "the text, of a pair the first")
    .argument("[text-pair]", "the second")
    .action(embed);
  addHelpBelow(
    command,
    [],
    [
      'tunebert embed --model my-bert "a crane is flying"',
      "tunebert embed --model my-bert --data lines.txt > vectors.jsonl",
    ],
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
      for await (const texts of linesOf(data)) await write(embedder, texts, flags);
    }
  } finally {
    await embedder.close();
  }
}

/** Texts that are embedded together. */
const CHUNK = 1024;

/** The texts of a file, which has as many on a line as on its first. */
async function* linesOf(fileName: string): AsyncGenerator<Question[]> {
  const texts = (await hasPairs(fileName)) ? 2 : 1;
  for await (const examples of readExampleLines(streamBytes(fileName), { fileName, texts })) {
    for (let start = 0; start < examples.length; start += CHUNK) yield examples.slice(start, start + CHUNK);
  }
}

async function hasPairs(fileName: string): Promise<boolean> {
  for await (const piece of streamBytes(fileName)) {
    const end = piece.indexOf(0x0a);
    return piece.subarray(0, end < 0 ? piece.length : end).includes(0x09);
  }
  return false;
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
