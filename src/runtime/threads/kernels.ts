import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The kernels of the optimizer, which the build assembles from optimizer/kernels.wat. */
export function loadKernels(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve("#kernels")));
}
