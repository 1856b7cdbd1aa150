/**
 * How well numbers lie on a line: Pearson's correlation coefficient, between -1 and 1.
 * @param y as many as there are of x, which is not checked
 * @returns not a number where the numbers of one side are all the same
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - mx, y[i]! - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** How well one order fits the other: Pearson's coefficient of the ranks, of which equal numbers share the mean. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return pearson(ranks(x), ranks(y));
}

function mean(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]!;
  return sum / numbers.length;
}

function ranks(numbers: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: numbers.length }, (_, i) => i);
  order.sort((a, b) => numbers[a]! - numbers[b]!);
  const found = new Float64Array(numbers.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && numbers[order[end]!] === numbers[order[start]!]) end++;
    for (let i = start; i < end; i++) found[order[i]!] = (start + end + 1) / 2;
    start = end;
  }
  return found;
}
