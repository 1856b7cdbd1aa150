/**
 * CRC-32 as zip archives use it (ISO 3309, reflected polynomial 0xEDB88320).
 * @param before the CRC of what comes before `bytes`
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  return crc(bytes, before, ZIP_TABLES);
}

/** CRC-32C (Castagnoli et al., 1993, reflected polynomial 0x82F63B78), as records of TensorFlow use it. */
export function crc32c(bytes: Uint8Array): number {
  return crc(bytes, 0, CASTAGNOLI_TABLES);
}

const ZIP_TABLES = makeTables(0xedb88320);
const CASTAGNOLI_TABLES = makeTables(0x82f63b78);

/** Four bytes at a time. What a byte selects from a table of 256 is there. */
function crc(bytes: Uint8Array, before: number, [t0, t1, t2, t3]: Tables): number {
  const whole = bytes.length - (bytes.length % 4);
  let state = ~before;
  for (let i = 0; i < whole; i += 4) {
    state ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    state = t3[state & 0xff]! ^ t2[(state >>> 8) & 0xff]! ^ t1[(state >>> 16) & 0xff]! ^ t0[state >>> 24]!;
  }
  for (let i = whole; i < bytes.length; i++) state = t0[(state ^ bytes[i]!) & 0xff]! ^ (state >>> 8);
  return ~state >>> 0;
}

/** The k-th at b: the remainder of byte b followed by k zero bytes. */
type Tables = readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

function makeTables(polynomial: number): Tables {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
  const next = (table: Uint32Array) => table.map((crc) => first[crc & 0xff]! ^ (crc >>> 8));
  const [second, third] = [next(first), next(next(first))];
  return [first, second, third, next(third)];
}
