import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { TunebertError } from "../error.js";
import { descriptorFailure, systemReason } from "../system-error.js";

/**
 * The error to be shown where a process ran out of file descriptors, as {@link descriptorFailure}: also where Node then says
 * of a package that is there that it cannot be found.
 */
export function tooManyFiles(error: unknown): TunebertError | undefined {
  const failure = descriptorFailure(error);
  if (failure || !(error instanceof Error)) return failure;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" || !isThere(message)) return undefined;
  return new TunebertError(systemReason({ code: "EMFILE" }), { cause: error });
}

/** Whether what Node cannot find, the first thing in quotes, is there: a file, a package's folder or a package. */
function isThere(message: string): boolean {
  const [, name] = /'([^']+)'/.exec(message) ?? [];
  if (name === undefined) return false;
  if (name.startsWith("/")) return existsSync(name) || existsSync(dirname(name));
  try {
    return import.meta.resolve(name) !== "";
  } catch {
    return false;
  }
}
