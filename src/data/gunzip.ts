import { TunebertError } from "../error.js";
import { isBomb, MAX_RATIO } from "./unpack-limit.js";

/**
 * Unpacks gzip as it is read (RFC 1952).
 * @throws TunebertError when the file is damaged, ends too early, or unpacks to 200 times its size and more
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  fileName: string,
): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream("gzip");
  const reader = readable.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const feeding = new Feeding(source, writable.getWriter());
  let unpacked = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      unpacked += value.length;
      if (isBomb(feeding.packed, unpacked)) {
        throw new TunebertError(
          `${fileName}: ${feeding.packed} bytes of gzip unpack to more than ${MAX_RATIO} times as many; ` +
            "no text does. If it is right, unpack the file first",
        );
      }
      yield value;
    }
  } catch (error) {
    if (feeding.failure !== undefined) throw feeding.failure;
    if (error instanceof TunebertError) throw error;
    const { message } = error as Error;
    throw new TunebertError(`${fileName}: the gzip file is damaged or cut off (${message})`, {
      cause: error,
    });
  } finally {
    await reader.cancel().catch(() => {});
    await feeding.ended;
  }
}

/** Writes a source into a stream, as fast as it is read at the other end. */
class Feeding {
  /** Bytes so far. */
  packed = 0;
  /** Why the source could not be read to its end. */
  failure: unknown;
  /** Never rejects: what is wrong with the bytes is known at the other end. */
  readonly ended: Promise<void>;

  constructor(source: AsyncIterable<Uint8Array>, writer: WritableStreamDefaultWriter<BufferSource>) {
    this.ended = this.#feed(source, writer);
  }

  async #feed(
    source: AsyncIterable<Uint8Array>,
    writer: WritableStreamDefaultWriter<BufferSource>,
  ): Promise<void> {
    const closed = writer.closed.catch(() => {});
    try {
      for await (const piece of this.#counted(source)) await writer.write(piece as BufferSource);
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => {});
    }
    await closed;
  }

  async *#counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of source) {
        this.packed += piece.length;
        yield piece;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
