import { expect, test } from "vitest";
import { list, string } from "../../text/json-reader.js";
import type { Listener } from "./listener.js";
import { keepMemories, readMemories } from "./memories.js";

/** Remembers the names of the events it has heard. */
function recorder(heard: string[]): Listener {
  return {
    hear: ({ event }) => void heard.push(event),
    memory: {
      name: "heard",
      keep: () => heard,
      read: list(string),
      restore(kept: string[], { step, file }) {
        heard.push(...kept, `${step} from ${file}`);
      },
    },
  };
}

const silent: Listener = { hear() {} };

test("what is kept does not change with what is heard afterwards", () => {
  const heard = ["step"];
  const kept = keepMemories([silent, recorder(heard)]);
  heard.push("epoch");
  expect(kept).toEqual({ memories: { heard: ["step"] } });
});

test("listeners get back what they kept; those that kept nothing begin anew", () => {
  const checkpoint = { tensors: new Map(), file: "here", bytes: 1 };
  const heard: string[] = [];
  const state = { step: 7, epoch: 2, memories: { heard: ["step"] } };
  readMemories([silent, recorder(heard)], { ...checkpoint, state })();
  expect(heard).toEqual(["step", "7 from here"]);
  const fresh: string[] = [];
  readMemories([recorder(fresh)], { ...checkpoint, state: { step: 7, epoch: 2 } })();
  expect(fresh).toEqual([]);
});

test.each([
  ["memories is a list", []],
  ["memories is null", null],
  ['memories.heard is "step"; expected a list', { heard: "step" }],
  ["memories.heard[1] is null; expected text", { heard: ["step", null] }],
])("what is no memory is refused with the checkpoint's name: %s", (message, memories) => {
  const heard: string[] = [];
  const found = { tensors: new Map(), file: "here", bytes: 1, state: { step: 7, epoch: 2, memories } };
  expect(() => readMemories([recorder(heard)], found)).toThrow(`here: ${message}`);
  expect(heard).toEqual([]);
});

test("of a name that every object has, nothing was kept", () => {
  const memory = { name: "constructor", keep: () => 1, read: list(string), restore: () => {} };
  const found = { tensors: new Map(), file: "here", bytes: 1, state: { memories: {} } };
  expect(readMemories([{ hear() {}, memory }], found)).not.toThrow();
});
