import { readFileSync } from "node:fs";
import { packageFile } from "./package-file.js";

/** The kernels of the optimizer, which the build assembles from optimizer/kernels.wat. */
export function loadKernels(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(packageFile("#kernels")));
}
