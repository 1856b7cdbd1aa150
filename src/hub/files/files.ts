import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { TunebertError } from "../../error.js";
import { systemReason } from "../../system-error.js";
import { showAddress, showAddressesIn } from "./address.js";

/** The whole file. @throws TunebertError that names the file and says why it cannot be read */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw readFailure(path, error);
  }
}

/** Far more than a vocabulary or a configuration has, and less than memory, which a device such as /dev/zero would fill. */
const MAX_TEXT_BYTES = 256 * 2 ** 20;

/** The file as UTF-8 text, of at most 256 MiB. @throws TunebertError as {@link readBytes}, and where there is more */
export async function readText(path: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of streamBytes(path)) {
    size += piece.length;
    if (size > MAX_TEXT_BYTES)
      throw new TunebertError(`${path} has more than 256 MiB, which no text of a model has`);
    pieces.push(piece);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw new TunebertError(`${path} is not UTF-8 text`, { cause });
  }
}

/**
 * The file in pieces of at most 1 MiB, as it is read.
 * @param start bytes to leave out at the beginning; of what is no file, such as a pipe, none can be
 * @throws TunebertError that names the file and says why it cannot be read
 * @example
 * let size = 0;
 * for await (const bytes of streamBytes("train.csv")) size += bytes.length;
 */
export async function* streamBytes(path: string, start = 0): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 20, ...(start > 0 && { start }) });
  } catch (error) {
    throw readFailure(path, error);
  }
}

/** Does something with a file's content; errors then name the file. */
export function inFile<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (!(cause instanceof TunebertError)) throw cause;
    throw cause.wrap(`${path}: `);
  }
}

/** What to say of a file that cannot be read. */
export function readFailure(path: string, error: unknown): TunebertError {
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "there is no such file" : showAddressesIn(systemReason(error));
  return new TunebertError(`cannot read ${showAddress(path)}: ${reason}`, { cause: error });
}
