import { TunebertError } from "../../error.js";
import { hasSystemReason, systemReason } from "../../system-error.js";

/** Whether the operating system refused a file operation, and not the network. */
export function isFileSystemError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined) return false;
  return (
    hasSystemReason(error as NodeJS.ErrnoException) || ["open", "write", "rename"].includes(syscall ?? "")
  );
}

/** Says that something in the cache could not be written, why, and what helps. */
export function writeFailure(path: string, error: unknown): TunebertError {
  return new TunebertError(
    `cannot write ${path}: ${systemReason(error)}. Make room or give permission there, or set ` +
      "TUNEBERT_CACHE to a folder elsewhere",
    { cause: error },
  );
}
