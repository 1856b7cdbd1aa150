/**
 * A length of time for people, in at most two units: `45s`, `1m 20s`, `2h 05m`, `3d 04h`; `?` where it is not
 * known.
 *
 * @param seconds rounded to the smaller of the two units shown
 */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "?";
  const wholeSeconds = Math.round(seconds);
  if (wholeSeconds < 60) return `${wholeSeconds}s`;
  if (wholeSeconds < 3600) return inTwoUnits(wholeSeconds, 60, "m", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return inTwoUnits(minutes, 60, "h", "m");
  return inTwoUnits(Math.round(seconds / 3600), 24, "d", "h");
}

/** A number of things for people: `9,842`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** So many things for people: `1 example`, `9,842 examples`. */
export function formatThings(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A part of a whole for people: `46 of 62 (74 %)`. */
export function formatPart(part: number, whole: number): string {
  return `${formatCount(part)} of ${formatCount(whole)} (${Math.round((100 * part) / whole)} %)`;
}

function inTwoUnits(amount: number, perLarger: number, larger: string, smaller: string): string {
  const rest = String(amount % perLarger).padStart(2, "0");
  return `${Math.floor(amount / perLarger)}${larger} ${rest}${smaller}`;
}

/** An amount of data for people, to three digits: `512 B`, `1.23 MB`, `440 MB`. A megabyte is a million bytes. */
export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  if (power === 0) return `${Math.round(bytes)} B`;
  const amount = bytes / 1000 ** power;
  return `${amount.toFixed(amount < 10 ? 2 : amount < 100 ? 1 : 0)} ${UNITS[power]}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];
