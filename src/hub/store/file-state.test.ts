import { expect, test } from "vitest";
import type { StateDict } from "../../weights/tensor.js";
import { FileState } from "./file-state.js";

function counted() {
  const readings: StateDict[] = [];
  const read = (): StateDict => {
    const state: StateDict = new Map();
    readings.push(state);
    return state;
  };
  return { state: new FileState(read, read()), readings };
}

test("a model has what nobody else has seen; the next has a reading of its own", () => {
  const { state, readings } = counted();
  expect(state.take()).toEqual({ state: readings[0], adopt: true });
  const second = state.take();
  expect(readings).toHaveLength(2);
  expect(second.state).toBe(readings[1]);
  expect(second.adopt).toBe(true);
});

test("what somebody has seen stays as it is, and models copy it", () => {
  const { state, readings } = counted();
  expect(state.see()).toBe(readings[0]);
  const { state: taken, adopt } = state.take();
  expect(adopt).toBe(false);
  expect(taken).toBe(readings[0]);
  expect(state.see()).toBe(readings[0]);
  expect(readings).toHaveLength(1);
});

test("who looks after a model was made sees the file, not the model", () => {
  const { state, readings } = counted();
  state.take();
  expect(state.see()).toBe(readings[1]);
});
