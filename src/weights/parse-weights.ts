import { TunebertError } from "../error.js";
import { isSafetensors, parseSafetensors } from "./safetensors.js";
import type { StateDict } from "./tensor.js";
import { parseTorch } from "./torch.js";
import { isZip } from "./zip-directory.js";

/**
 * Reads a weights file of any known format, told apart by its content; `fileName` only serves the messages.
 * @throws TunebertError naming the file, when its format is unknown or its content is refused
 */
export function parseWeights(bytes: Uint8Array, fileName: string): StateDict {
  const parse = findParser(bytes);
  if (!parse) {
    throw new TunebertError(
      `${fileName} is no weights file: expected one from torch.save or a safetensors file, but ${opening(bytes)}`,
    );
  }
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof TunebertError)) throw cause;
    throw new TunebertError(`${fileName}: ${cause.message}`, { cause });
  }
}

function findParser(bytes: Uint8Array): ((bytes: Uint8Array) => StateDict) | undefined {
  // First of all, since a header's length may well begin with the byte that begins a pickle.
  if (isSafetensors(bytes)) return parseSafetensors;
  if (isZip(bytes) || bytes[0] === PICKLE_PROTOCOL) return parseTorch;
  return undefined;
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
const SHOWN_BYTES = 16;
