import { TunebertError } from "../error.js";

const REASONS: Record<string, string> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "part of the path is a file, not a folder",
  EEXIST: "it exists already",
  EFBIG: "the file would be larger than is allowed",
};

/** Whether the operating system refused a file operation, and not the network. */
export function isFileSystemError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && (code in REASONS || ["open", "write", "rename"].includes(syscall ?? ""));
}

/** Why the operating system refused to write, in words where there are some. */
export function whyNotWritten(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** Says that something in the cache could not be written, why, and what helps. */
export function writeFailure(path: string, error: unknown): TunebertError {
  return new TunebertError(
    `cannot write ${path}: ${whyNotWritten(error)}. Make room or give permission there, or set ` +
      "TUNEBERT_CACHE to a folder elsewhere",
    { cause: error },
  );
}
