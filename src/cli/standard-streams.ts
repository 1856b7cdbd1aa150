import { TunebertError } from "../error.js";
import { systemReason } from "../system-error.js";
import { note, print } from "./print.js";

const closed = new AbortController();
const failed = new AbortController();
let isErrorLost = false;

/**
 * Aborted once the reader of standard output has gone, such as `head` that has its lines. Who prints for a purpose has
 * reached it; who writes files goes on with them.
 */
export const outputClosed: AbortSignal = closed.signal;

/**
 * Aborted once standard output or standard error takes no more for another reason, such as a full disk. The reason is a
 * TunebertError.
 */
export const outputFailed: AbortSignal = failed.signal;

/**
 * Follows what becomes of what is printed: writing to a stream never throws, and a reader of standard error that has
 * gone is of no account.
 */
export function watchStandardStreams(): void {
  process.stdout.on("error", (error) => {
    if (isReaderGone(error, process.stdout)) closed.abort();
    else failed.abort(writeFailure("output", error));
  });
  process.stderr.on("error", (error) => {
    if (isReaderGone(error, process.stderr)) return;
    isErrorLost = true;
    failed.abort(writeFailure("error", error));
  });
}

/** Waits until everything that was printed is written. @throws TunebertError when some of it cannot be */
export async function flushStandardStreams(): Promise<void> {
  await flush(process.stdout);
  await flush(process.stderr);
  outputFailed.throwIfAborted();
}

/**
 * Writes a message, line by line, to standard error, or where that takes no more, to standard output.
 * @param forPrograms whether standard output is not for people, and is left alone
 */
export async function report(
  lines: readonly string[],
  { forPrograms }: { readonly forPrograms: boolean },
): Promise<void> {
  note(lines);
  await flush(process.stderr);
  if (isErrorLost && !forPrograms) print(lines);
}

/** An error of the stream comes after the callback of the write. */
async function flush(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => stream.write("", () => setImmediate(resolve)));
}

/** A socket says ECONNRESET if something was unread, and a terminal EIO when it was hung up. */
function isReaderGone({ code = "" }: NodeJS.ErrnoException, { isTTY }: NodeJS.WriteStream): boolean {
  return code === "EPIPE" || code === "ECONNRESET" || (code === "EIO" && isTTY);
}

function writeFailure(name: string, cause: Error): TunebertError {
  return new TunebertError(`cannot write to standard ${name}: ${systemReason(cause)}`, { cause });
}
