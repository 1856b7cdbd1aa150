// Assembles src/runtime/optimizer/kernels.wat into dist/runtime/optimizer/kernels.wasm.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const source = new URL("../src/runtime/optimizer/kernels.wat", import.meta.url);
const target = new URL("../dist/runtime/optimizer/kernels.wasm", import.meta.url);

const module = (await wabt()).parseWat("kernels.wat", readFileSync(source, "utf8"), { simd: true });
mkdirSync(new URL(".", target), { recursive: true });
writeFileSync(target, module.toBinary({}).buffer);
