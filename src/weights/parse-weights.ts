import { TunebertError } from "../error.js";
import { isMxnet, parseMxnet } from "./mxnet.js";
import { isNpz, parseNpz } from "./npz.js";
import { findSafetensorsData, isSafetensors, parseSafetensors } from "./safetensors.js";
import type { StateDict } from "./tensor.js";
import { parseTorch } from "./torch.js";
import { findLegacyStorages } from "./torch-legacy.js";
import { isZip } from "./zip-directory.js";

/** What of a weights file is wanted. */
export interface WeightsOptions {
  /**
   * Which dictionary of tensors, in a file of torch.save with several: its path, the keys joined by dots. Default: the
   * only one.
   */
  readonly key?: string | undefined;
}

/**
 * Reads a weights file of any known format, told apart by its content; `fileName` only serves the messages. What
 * it may cost is in budgets.ts.
 * @throws TunebertError naming the file, when its format is unknown or its content is refused
 */
export function parseWeights(bytes: Uint8Array, fileName: string, { key }: WeightsOptions = {}): StateDict {
  expectWeights(bytes, fileName);
  try {
    if (isTorch(bytes)) return parseTorch(bytes, key);
    if (key !== undefined)
      throw new TunebertError(
        (named) => `it is not of torch.save, which ${named} is for; leave ${named} out`,
        {
          option: "key",
        },
      );
    if (isSafetensors(bytes)) return parseSafetensors(bytes);
    return isMxnet(bytes) ? parseMxnet(bytes) : parseNpz(bytes);
  } catch (cause) {
    if (!(cause instanceof TunebertError)) throw cause;
    throw cause.wrap(`${fileName}: `);
  }
}

/**
 * Looks at the first bytes of a file alone.
 * @throws TunebertError naming the file, when no weights file begins so
 */
export function expectWeights(beginning: Uint8Array, fileName: string): void {
  if (
    isSafetensors(beginning) ||
    isMxnet(beginning) ||
    isZip(beginning) ||
    beginning[0] === PICKLE_PROTOCOL
  ) {
    return;
  }
  throw new TunebertError(
    `${fileName} is no weights file: expected one from torch.save, safetensors, MXNet or numpy.savez, ` +
      `but ${opening(beginning)}`,
  );
}

function isTorch(bytes: Uint8Array): boolean {
  // A safetensors header's length may well begin with the byte that begins a pickle.
  if (isSafetensors(bytes) || isMxnet(bytes)) return false;
  return !isZip(bytes) || !isNpz(bytes);
}

/**
 * How far past a multiple of 4 bytes the tensors of a weights file lie, in a format that lays them out without
 * regard to the file's own alignment. Who moves the file's bytes by as much gets views where copies would be made.
 * @returns 0 to 3, and 0 for anything that {@link parseWeights} refuses
 */
export function findMisalignment(bytes: Uint8Array): number {
  try {
    if (isSafetensors(bytes)) return findSafetensorsData(bytes) % ALIGNMENT;
    if (bytes[0] === PICKLE_PROTOCOL) return findLegacyStorages(bytes) % ALIGNMENT;
  } catch (error) {
    if (!(error instanceof TunebertError)) throw error;
  }
  return 0;
}

function opening(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty";
  const first = [...bytes.subarray(0, SHOWN_BYTES)];
  const hex = first.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = first.map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
  return `its first bytes are ${hex} (${text})`;
}

/** The opcode that opens every pickle since protocol 2. */
const PICKLE_PROTOCOL = 0x80;
/** What float32 needs. */
const ALIGNMENT = 4;
const SHOWN_BYTES = 16;
