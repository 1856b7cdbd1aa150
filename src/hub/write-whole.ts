import writeFileAtomic from "write-file-atomic";
import { TunebertError } from "../error.js";

/**
 * Writes a file whole, or not at all: under a temporary name, flushed, then renamed.
 * @throws TunebertError that names the file and says why it cannot be written
 */
export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(
      path,
      data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : data,
    );
  } catch (cause) {
    throw new TunebertError(`cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}
