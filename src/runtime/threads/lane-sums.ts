import type { ExchangedParameter } from "../optimizer/optimizer-share.js";
import { rowWidth } from "../program.js";
import { required } from "../required.js";

/**
 * One lane's part of summing the gradients of all lanes, in their order, into memory that other processes' are added to.
 * @param lanes what each lane has summed; its marks of rows are taken away
 * @param sums takes the sums: the first of its gradients, and marks of rows
 */
export function sumLanes(
  lanes: ExchangedParameter,
  sums: ExchangedParameter,
  { rank, ranks }: { readonly rank: number; readonly ranks: number },
): void {
  const all = lanes.gradients;
  const total = required(sums.gradients[0], "sums");
  if (all[0] === total) return; // of one lane
  const width = lanes.touched === undefined ? 1 : rowWidth(lanes.parameter);
  const rows = total.length / width;
  const [start, end] = [Math.floor((rows * rank) / ranks), Math.floor((rows * (rank + 1)) / ranks)];
  if (lanes.touched === undefined) {
    total.set(all[0]!.subarray(start, end), start);
    for (const one of all.slice(1)) for (let i = start; i < end; i++) total[i] = total[i]! + one[i]!;
    return;
  }
  const marks = required(sums.touched?.[0], "marks");
  for (let row = start; row < end; row++) {
    lanes.touched.forEach((touched, lane) => {
      if (!touched[row]) return;
      const one = all[lane]!;
      for (let i = row * width; i < (row + 1) * width; i++) {
        total[i] = marks[row] ? total[i]! + one[i]! : one[i]!;
      }
      marks[row] = 1;
      touched[row] = 0;
    });
  }
}
