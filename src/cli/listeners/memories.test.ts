import { expect, test } from "vitest";
import type { Listener } from "./listener.js";
import { keepMemories, restoreMemories } from "./memories.js";

/** Remembers the names of the events it has heard. */
function recorder(heard: string[]): Listener {
  return {
    hear: ({ event }) => void heard.push(event),
    memory: {
      name: "heard",
      keep: () => heard,
      restore(kept, { step, file }) {
        heard.push(...(kept as string[]), `${step} from ${file}`);
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
  restoreMemories([silent, recorder(heard)], { ...checkpoint, state });
  expect(heard).toEqual(["step", "7 from here"]);
  const fresh: string[] = [];
  restoreMemories([recorder(fresh)], { ...checkpoint, state: { step: 7, epoch: 2 } });
  expect(fresh).toEqual([]);
});
