import { expect, test } from "vitest";
import { settingsOf } from "../option.js";
import { type TrainerOptions, trainerOptions, trainerOptionTable } from "./options.js";

test("what is not given is the reference's: plain Adam at a constant rate on the mean loss", () => {
  expect(trainerOptions({})).toEqual({
    batchSize: 512,
    accumulate: 1,
    epochs: 5,
    learningRate: 1e-4,
    schedule: "constant",
    warmup: 0,
    weightDecay: 0,
    clipNorm: undefined,
    metric: undefined,
    patience: undefined,
    seed: 0,
    shuffle: true,
  });
});

const defaultTrainerOptions = trainerOptions({});

const out = (name: keyof TrainerOptions, ...values: unknown[]) =>
  values.map((value) => [name, value] as const);

test.each([
  ...["batchSize", "accumulate", "epochs", "patience"].flatMap((name) =>
    out(name as "epochs", 0, 1.5, Number.NaN, -1),
  ),
  ...out("learningRate", 0, -1, Number.POSITIVE_INFINITY, Number.NaN),
  ...out("schedule", "step"),
  ...out("warmup", -0.1, 1.5, Number.NaN, Number.POSITIVE_INFINITY),
  ...out("weightDecay", -1, Number.POSITIVE_INFINITY),
  ...out("clipNorm", 0, -1, Number.POSITIVE_INFINITY),
  ...out("seed", 0.5),
])("%s must not be %s", (name, value) => {
  expect(() => trainerOptions({ [name]: value })).toThrow(new RegExp(`^${name} is ${value}; it must be `));
});

test("takes what is within its range", () => {
  const given = { warmup: 0.5, clipNorm: 1, patience: 2, weightDecay: 0.01 };
  expect(trainerOptions(given)).toEqual({ ...defaultTrainerOptions, ...given });
});

test("the fingerprint has all but what may change where a run goes on", () => {
  const { epochs: _, patience: __, metric: ___, ...rest } = defaultTrainerOptions;
  expect(settingsOf(trainerOptionTable, defaultTrainerOptions)).toEqual({ ...rest, clipNorm: null });
});
