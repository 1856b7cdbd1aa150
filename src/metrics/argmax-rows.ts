/** The place of the largest number in each row of [n, K]; the first of several equals. */
export function argmaxRows(rows: Float32Array, width: number): Int32Array {
  return Int32Array.from({ length: rows.length / width }, (_, row) => {
    const values = rows.subarray(row * width, (row + 1) * width);
    return values.reduce((best, value, place) => (value > values[best]! ? place : best), 0);
  });
}
