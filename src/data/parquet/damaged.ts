import { TunebertError } from "../../error.js";

/** What is wrong with the bytes of a Parquet file, without its name. */
export function damaged(what: string): Error {
  return new Error(what);
}

/** Does something with a Parquet file. @throws TunebertError, with its name, whatever is wrong */
export function inParquet<T>(fileName: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof TunebertError) throw cause;
    throw new TunebertError(
      `${fileName}: the Parquet file is damaged or cut off (${(cause as Error).message}); get it or write it again`,
      { cause },
    );
  }
}
