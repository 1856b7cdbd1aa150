import { createRequire } from "node:module";
import { TunebertError } from "../../error.js";

/**
 * Where a file of the package is that is no module of the program's own, by its name among the package's `imports`.
 * @throws TunebertError where the package's modules have been moved into a bundle, away from its files
 */
export function packageFile(name: "#replica-worker" | "#kernels"): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new TunebertError(
      `cannot find ${name}, a file of the package tunebert: ${firstLine(cause)}. Where a bundler has put tunebert ` +
        "into a program, let it leave the package outside, as esbuild does with --external:tunebert, and install the " +
        "package beside the program",
      { cause },
    );
  }
}

function firstLine(error: unknown): string {
  return (error as Error).message.split("\n", 1)[0]!;
}
