/**
 * A value that is there, unless the caller has a bug.
 * @param what what it is, for the error that says that it is missing
 */
export function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`${what} is missing`);
  return value;
}
