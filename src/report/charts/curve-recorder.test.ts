import { expect, test } from "vitest";
import { CurveRecorder } from "./curve-recorder.js";

function follow(recorder: CurveRecorder, epochs: readonly number[]): void {
  for (const epoch of epochs) {
    for (let stepInEpoch = 1; stepInEpoch <= 10; stepInEpoch++) {
      const trainLoss = 1 / (epoch + stepInEpoch / 10);
      recorder.step({ epoch, stepInEpoch, stepsPerEpoch: 10, trainLoss, trainAccuracy: 1 - trainLoss });
    }
    recorder.epoch({ epoch, testAccuracy: 0.5, validationLoss: 1 / epoch, validationAccuracy: 0.25 * epoch });
  }
}

test("CurveRecorder takes five points of an epoch, and what was measured after it", () => {
  const recorder = new CurveRecorder();
  follow(recorder, [1]);
  const { trainLoss, trainAccuracy, ...measured } = recorder.curves;
  expect(trainLoss.map(({ epoch }) => epoch)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  expect(trainAccuracy).toHaveLength(5);
  expect(measured).toEqual({
    testAccuracy: [{ epoch: 1, value: 0.5 }],
    validationLoss: [{ epoch: 1, value: 1 }],
    validationAccuracy: [{ epoch: 1, value: 0.25 }],
  });
});

test("CurveRecorder leaves out what was not measured", () => {
  const recorder = new CurveRecorder();
  recorder.epoch({
    epoch: 1,
    testAccuracy: undefined,
    validationLoss: undefined,
    validationAccuracy: undefined,
  });
  expect(Object.values(recorder.curves).flat()).toEqual([]);
});

test("CurveRecorder goes on from what another recorded", () => {
  const [whole, before, after] = [new CurveRecorder(), new CurveRecorder(), new CurveRecorder()];
  follow(whole, [1, 2]);
  follow(before, [1]);
  after.restore(JSON.parse(JSON.stringify(before.curves)));
  follow(after, [2]);
  expect(after.curves).toEqual(whole.curves);
});
