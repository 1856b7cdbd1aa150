/** What an archive may hold; whatever goes beyond was made to do harm, or is no data set. */
export interface ArchiveLimits {
  /** Files and folders. The largest artifact has some dozens; millions would use up the file system. */
  readonly maxEntries: number;
  /** Bytes unpacked in all. BERT base takes 0.5 GB, SNLI as much. */
  readonly maxBytes: number;
  /**
   * Bytes unpacked for each byte of the archive. Text comes to about 5, tables with repetitions to 30; the
   * formats allow 1000 and, with entries that overlap, far more.
   */
  readonly maxRatio: number;
  /** Bytes unpacked below which the ratio does not count: a small file of zeros is harmless. */
  readonly ratioFreeBytes: number;
  /** Characters of an entry's path. Systems allow 255 for a file name, and 260 to 4096 for a path. */
  readonly maxPathLength: number;
}

export const archiveLimits: ArchiveLimits = {
  maxEntries: 10_000,
  maxBytes: 16 * 2 ** 30,
  maxRatio: 200,
  ratioFreeBytes: 16 * 2 ** 20,
  maxPathLength: 240,
};
