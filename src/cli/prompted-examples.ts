import { createInterface } from "node:readline";
import type { TextExample, Texts } from "../text/text-example.js";

/**
 * Asks somebody at a terminal for one example after the other, until the end of input (Ctrl-D): for a text, and for the
 * second one of a pair unless it follows a tab.
 * @param prompts where they are written
 */
export async function* promptedExamples(
  input: NodeJS.ReadableStream,
  prompts: Pick<NodeJS.WritableStream, "write">,
  texts: Texts,
): AsyncGenerator<TextExample[]> {
  const lines = createInterface({ input })[Symbol.asyncIterator]();
  const ask = async (prompt: string): Promise<string | undefined> => {
    prompts.write(prompt);
    const { done, value } = await lines.next();
    if (done) prompts.write("\n");
    return done ? undefined : value;
  };
  for (;;) {
    const line = await ask(texts === 1 ? "text> " : "first text> ");
    if (line === undefined) return;
    if (line.trim() === "") continue;
    const [text = "", ...others] = texts === 1 ? [line] : line.split("\t");
    const textPair = texts === 1 || others.length > 0 ? others.join(" ") : await ask("second text> ");
    if (textPair === undefined) return;
    yield [texts === 1 ? { text } : { text, textPair }];
  }
}
