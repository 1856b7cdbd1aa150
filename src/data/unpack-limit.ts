/**
 * Bytes unpacked for each byte of a file. Text comes to about 5, tables with repetitions to 30; formats allow 1000 and
 * more, which only a file that was made to do harm comes near.
 */
export const MAX_RATIO = 200;
/** Bytes unpacked below which the ratio does not count: a small file of zeros is harmless. */
const RATIO_FREE_BYTES = 16 * 1024 * 1024;

/** Whether a file unpacks to more than one that holds texts does. */
export function isBomb(packed: number, unpacked: number): boolean {
  return unpacked > RATIO_FREE_BYTES && unpacked > MAX_RATIO * packed;
}
