import { createHash } from "node:crypto";
import { serializeSafetensors } from "../../src/weights/safetensors.js";
import type { StateDict } from "../../src/weights/tensor.js";

/** A checkpoint whose checksum is right, whatever the text of its state is. */
export function checkpointBytes(
  tensors: StateDict,
  state: string,
  format = "tunebert-checkpoint",
): Uint8Array {
  const all: StateDict = new Map(tensors);
  all.set("sha256", { type: "uint8", shape: [32], data: new Uint8Array(32) });
  const bytes = serializeSafetensors(all, { format, state });
  bytes.set(createHash("sha256").update(bytes.subarray(0, -32)).digest(), bytes.length - 32);
  return bytes;
}

/** JSON that is nested so deeply. */
export function deepJson(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}
