/**
 * Compares two strings by Unicode code point, as Python orders `str`; a comparator for `sort`. JavaScript's own
 * order is by UTF-16 unit, which puts characters beyond U+FFFF before U+E000 to U+FFFF.
 * @returns a negative number, zero or a positive number
 */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Moves the surrogates (U+D800 to U+DFFF), of which the characters beyond U+FFFF are made, behind U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
