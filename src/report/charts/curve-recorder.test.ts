import { expect, test } from "vitest";
import { CurveRecorder, readCurves } from "./curve-recorder.js";

function follow(recorder: CurveRecorder, epochs: readonly number[]): void {
  for (const epoch of epochs) {
    for (let stepInEpoch = 1; stepInEpoch <= 10; stepInEpoch++) {
      const loss = 1 / (epoch + stepInEpoch / 10);
      recorder.step({ epoch, stepInEpoch, stepsPerEpoch: 10, train: { loss, accuracy: 1 - loss } });
    }
    const validation = { loss: 1 / epoch, accuracy: 0.25 * epoch };
    recorder.epoch({ epoch, validation, test: { accuracy: 0.5 } });
  }
}

test("CurveRecorder takes five points of an epoch, and what was measured after it", () => {
  const recorder = new CurveRecorder();
  follow(recorder, [1]);
  const { train, ...measured } = recorder.curves;
  expect(train.loss!.map(({ epoch }) => epoch)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  expect(train.accuracy).toHaveLength(5);
  expect(measured).toEqual({
    validation: { loss: [{ epoch: 1, value: 1 }], accuracy: [{ epoch: 1, value: 0.25 }] },
    test: { accuracy: [{ epoch: 1, value: 0.5 }] },
  });
});

test("CurveRecorder leaves out what was not measured", () => {
  const recorder = new CurveRecorder();
  recorder.epoch({ epoch: 1, validation: undefined, test: undefined });
  expect(recorder.curves).toEqual({ train: {}, validation: {}, test: {} });
});

test("CurveRecorder goes on from what another recorded", () => {
  const [whole, before, after] = [new CurveRecorder(), new CurveRecorder(), new CurveRecorder()];
  follow(whole, [1, 2]);
  follow(before, [1]);
  after.restore(JSON.parse(JSON.stringify(before.curves)));
  follow(after, [2]);
  expect(after.curves).toEqual(whole.curves);
});

test("readCurves reads curves that were kept when five figures had names of their own", () => {
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((epoch) => [{ epoch, value: 0.5 }]);
  const named = { trainLoss: a, trainAccuracy: b, testAccuracy: c, validationLoss: d, validationAccuracy: e };
  expect(readCurves(named, "curves")).toEqual({
    train: { loss: a, accuracy: b },
    validation: { loss: d, accuracy: e },
    test: { accuracy: c },
  });
});
