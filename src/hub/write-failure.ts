import { TunebertError } from "../error.js";

const REASONS: Record<string, string> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "part of the path is a file, not a folder",
  EEXIST: "it exists already",
};

/** Whether the operating system refused a file operation, and not the network. */
export function isFileSystemError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && (code in REASONS || ["open", "write", "rename"].includes(syscall ?? ""));
}

/** Says that something in the cache could not be written, why, and what helps. */
export function writeFailure(path: string, error: unknown): TunebertError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new TunebertError(
    `cannot write ${path}: ${REASONS[code] ?? message}. Make room or give permission there, or set ` +
      "TUNEBERT_CACHE to a folder elsewhere",
    { cause: error },
  );
}
