import { Command, InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { learningOptions, runOptions } from "../run/options.js";
import { addOptions, parserOf } from "./add-options.js";
import { trainOptionGroups } from "./train-options.js";

function trainCommand(): Command {
  const command = new Command("train").exitOverride().configureOutput({ writeErr: () => {} });
  for (const [heading, options] of Object.entries(trainOptionGroups)) addOptions(command, options, heading);
  return command;
}

test("a command that is told nothing has the defaults of the API", () => {
  const command = trainCommand().parse(["--train", "a.csv", "--out", "b"], { from: "user" });
  const { train, out, ...flags } = command.opts();
  expect([train, out]).toEqual(["a.csv", "b"]);
  expect(runOptions(flags)).toEqual(runOptions({}));
  expect(flags).toMatchObject({ maxLength: 128, minFrequency: 2, checkpoints: true, resume: false });
  expect(flags).not.toHaveProperty("hidden");
});

test("every value has the name that it has in the API", () => {
  const names = trainCommand().options.map((one) => one.attributeName());
  expect(names).toEqual(Object.values(trainOptionGroups).flatMap(Object.keys));
});

describe("the command line expects what the API does", () => {
  test.each([
    ["batchSize", "0", 0],
    ["learningRate", "-1", -1],
    ["warmup", "1.5", 1.5],
    ["weightDecay", "-1", -1],
    ["dropout", "1", 1],
    ["freeze", "output", "output"],
    ["seed", "-1", -1],
  ] as const)("%s", (name, typed, value) => {
    const { kind } = learningOptions[name];
    expect(() => parserOf<unknown>(kind)(typed)).toThrow(`Expected ${kind.expected}.`);
    expect(() => runOptions({ [name]: value })).toThrow(`${name} is ${value}; it must be ${kind.expected}`);
  });
});

test("class weights are collected, and refused where they contradict each other", () => {
  const read = parserOf(learningOptions.classWeights.kind);
  expect(read("b=2", read("a=0.5", "equal"))).toEqual({ a: 0.5, b: 2 });
  expect(read("balanced", "equal")).toBe("balanced");
  expect(() => read("a=2", { a: 1 })).toThrow(new InvalidArgumentError("There are two weights for a."));
  expect(() => read("a=2", "balanced")).toThrow("Expected equal or balanced alone");
});
