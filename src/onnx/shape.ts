import { TunebertError } from "../error.js";

/**
 * One dimension of a tensor: a number, or a symbol that is known only when the graph runs. A product of
 * symbols is written with its factors sorted, `"B*T"`, so that equal dimensions are equal strings.
 *
 * Legend for the whole project: B batch, T tokens in the sequence, H hidden, F feed-forward, N heads,
 * D = H/N, V vocabulary, K labels, U distinct tokens, P distinct pairs of position and segment.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** The product of dimensions, as one dimension: `product([2, "T", "B"])` is `"2*B*T"`. */
export function product(dims: Shape): Dim {
  let coefficient = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    for (const factor of typeof dim === "number" ? [dim] : dim.split("*")) {
      const number = Number(factor);
      if (Number.isNaN(number)) symbols.push(String(factor));
      else coefficient *= number;
    }
  }
  if (symbols.length === 0) return coefficient;
  symbols.sort();
  return coefficient === 1 ? symbols.join("*") : [coefficient, ...symbols].join("*");
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** The shape of an element-wise result, by NumPy's rules; two different symbols do not broadcast. */
export function broadcastShapes(a: Shape, b: Shape, where: string): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const da = a[a.length - rank + i] ?? 1;
    const db = b[b.length - rank + i] ?? 1;
    if (da === db || db === 1) return da;
    if (da === 1) return db;
    throw new TunebertError(`${where}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast`);
  });
}

/** @throws TunebertError when a dimension is a number but not a whole one, as after an uneven division */
export function checkShape(shape: Shape, where: string): void {
  const odd = shape.find((dim) => typeof dim === "number" && !(Number.isSafeInteger(dim) && dim >= 0));
  if (odd === undefined) return;
  throw new TunebertError(`${where}: the dimension ${odd} of ${showShape(shape)} is not a whole number`);
}

export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
