/** An amount of data for people, to three digits: `512 B`, `1.23 MB`, `440 MB`. A megabyte is a million bytes. */
export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  if (power === 0) return `${Math.round(bytes)} B`;
  const amount = bytes / 1000 ** power;
  return `${amount.toFixed(amount < 10 ? 2 : amount < 100 ? 1 : 0)} ${UNITS[power]}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];
