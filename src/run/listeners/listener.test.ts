import { expect, test } from "vitest";
import { list, string } from "../../text/json-reader.js";
import { type Listener, readListeners, saveListeners } from "./listener.js";

/** Records the names of the events it has handled. */
function recorder(handled: string[]): Listener {
  return {
    handle: ({ event }) => void handled.push(event),
    state: {
      name: "handled",
      save: () => handled,
      read: list(string),
      restore(kept: string[], { step, file }) {
        handled.push(...kept, `${step} from ${file}`);
      },
    },
  };
}

const silent: Listener = { handle() {} };

test("what is saved does not change with what is handled afterwards", () => {
  const handled = ["step"];
  const saved = saveListeners([silent, recorder(handled)]);
  handled.push("epoch");
  expect(saved).toEqual({ memories: { handled: ["step"] } });
});

test("listeners get back what they saved; those that saved nothing begin anew", () => {
  const checkpoint = { tensors: new Map(), file: "here", bytes: 1 };
  const handled: string[] = [];
  const state = { step: 7, epoch: 2, memories: { handled: ["step"] } };
  readListeners([silent, recorder(handled)], { ...checkpoint, state })();
  expect(handled).toEqual(["step", "7 from here"]);
  const fresh: string[] = [];
  readListeners([recorder(fresh)], { ...checkpoint, state: { step: 7, epoch: 2 } })();
  expect(fresh).toEqual([]);
});

test.each([
  ["memories is a list", []],
  ["memories is null", null],
  ['memories.handled is "step"; expected a list', { handled: "step" }],
  ["memories.handled[1] is null; expected text", { handled: ["step", null] }],
])("what is no state of a listener is refused with the checkpoint's name: %s", (message, memories) => {
  const handled: string[] = [];
  const found = { tensors: new Map(), file: "here", bytes: 1, state: { step: 7, epoch: 2, memories } };
  expect(() => readListeners([recorder(handled)], found)).toThrow(`here: ${message}`);
  expect(handled).toEqual([]);
});

test("of a name that every object has, nothing was saved", () => {
  const state = { name: "constructor", save: () => 1, read: list(string), restore: () => {} };
  const found = { tensors: new Map(), file: "here", bytes: 1, state: { memories: {} } };
  expect(readListeners([{ handle() {}, state }], found)).not.toThrow();
});
