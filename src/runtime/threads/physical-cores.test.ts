import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { physicalCores } from "./physical-cores.js";

test("there is at least one core, and no more than hardware threads", () => {
  expect(physicalCores()).toBeGreaterThanOrEqual(1);
  expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
  expect(Number.isInteger(physicalCores())).toBe(true);
});
