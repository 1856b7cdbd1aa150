/** The name of the first tensor that holds a value that is not finite, if there is one. */
export function firstNotFinite(
  tensors: ReadonlyMap<string, { readonly data: Float32Array }>,
): string | undefined {
  return [...tensors].find(([, { data }]) => !data.every(Number.isFinite))?.[0];
}
