import { TunebertError } from "../error.js";
import type { SharedParameter } from "../runtime/program.js";
import { firstNotFinite } from "../weights/not-finite.js";

/** The error of a figure that is not finite. @param step counted from 1 */
export function divergence(what: string, value: number, epoch: number, step: number): TunebertError {
  return new TunebertError(
    `the ${what} is ${value} at step ${step} (epoch ${epoch}): training has diverged. Try a lower learning rate`,
  );
}

/** @throws TunebertError when a parameter is not finite, which `step` steps have made */
export function expectFinite(parameters: ReadonlyMap<string, SharedParameter>, step: number): void {
  const broken = firstNotFinite(parameters);
  if (!broken) return;
  throw new TunebertError(
    `after step ${step}, ${broken} holds values that are not finite: training has diverged. ` +
      "Try a lower learning rate",
  );
}
