import { damaged } from "./damaged.js";

/** Values by which writers pad a run of packed ones. */
const MAX_PADDING = 512;

/**
 * Looks at the runs of Parquet's hybrid of run-length encoding and bit packing, as far as they go, for one that is
 * longer than the page that it is of.
 * @param width bits of a value
 * @param count values of the page; those that are null have none here
 * @throws Error where there is one, or a value is too wide
 */
export function checkRuns(bytes: Uint8Array, start: number, width: number, count: number): void {
  if (width > 32) throw damaged(`values of ${width} bits`);
  let offset = start;
  let seen = 0;
  while (seen < count && offset < bytes.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[offset++];
      if (byte === undefined) return;
      if (shift > 28) throw damaged("a run whose length has more than 32 bits");
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const length = Math.floor(header / 2);
    const isPacked = header % 2 === 1;
    const values = isPacked ? 8 * length : length;
    if (values > count - seen + (isPacked ? MAX_PADDING : 0)) {
      throw damaged(`a run of ${values} values in a page of ${count}`);
    }
    offset += isPacked ? length * width : Math.ceil(width / 8);
    seen += values;
  }
}
