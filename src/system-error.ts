import { TunebertError } from "./error.js";

/** What the codes of errors of the operating system mean to whoever wants to read or write a file, or to listen. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "part of the path is a file, not a folder",
  EISDIR: "it is a folder, not a file",
  EEXIST: "it exists already",
  EFBIG: "the file would be larger than is allowed",
  EADDRINUSE: "something else listens there already",
  EADDRNOTAVAIL: "this computer has no such address",
  EIO: "the device reports an error",
  EMFILE: "too many files are open at once; allow more, say with `ulimit -n 1024`",
  ENFILE: "too many files are open at once on this computer",
};

/** Whether there are words for the error. */
export function hasSystemReason({ code = "" }: NodeJS.ErrnoException): boolean {
  return code in REASONS;
}

/** Why the operating system refused, in words where there are some. */
export function systemReason(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** The error to be shown where a process ran out of file descriptors; `undefined` for an error of another kind. */
export function descriptorFailure(error: unknown): TunebertError | undefined {
  if (error instanceof TunebertError || !(error instanceof Error)) return undefined;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code !== "EMFILE" && code !== "ENFILE") return undefined;
  return new TunebertError(systemReason(error), { cause: error });
}
