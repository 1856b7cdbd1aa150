import { type ReadExamplesOptions, readExamples } from "../data/read-examples.js";
import { streamBytes } from "../hub/files/files.js";
import type { TextExample } from "../text/text-example.js";

/** A file of examples, of which a run may remember what it was. */
export interface ReadableFile {
  readonly path: string;
  bytes(): AsyncIterable<Uint8Array>;
}

/** The examples of several files, one after another; each has its own header. @throws TunebertError as {@link readExamples} */
export async function* readExampleFiles(
  files: readonly (ReadableFile | string)[],
  options: Omit<ReadExamplesOptions, "fileName">,
): AsyncGenerator<TextExample> {
  for (const file of files) {
    const readable = typeof file === "string" ? fileAt(file) : file;
    yield* readExamples(readable.bytes(), { ...options, fileName: readable.path });
  }
}

function fileAt(path: string): ReadableFile {
  return { path, bytes: () => streamBytes(path) };
}
