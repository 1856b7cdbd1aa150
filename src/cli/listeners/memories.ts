import type { FoundCheckpoint } from "../../hub/checkpoint-folder.js";
import type { Listener } from "./listener.js";

/** Where in a checkpoint's state the listeners' memories are. */
const MEMORIES = "memories";

/** What goes into a checkpoint's state for the listeners: a copy, since training goes on while it is written. */
export function keepMemories(listeners: readonly Listener[]): Readonly<Record<string, unknown>> {
  const memories = listeners.flatMap(({ memory }) => memory ?? []);
  return {
    [MEMORIES]: Object.fromEntries(memories.map((memory) => [memory.name, structuredClone(memory.keep())])),
  };
}

/** Gives the listeners back what they remembered when a checkpoint was taken. */
export function restoreMemories(
  listeners: readonly Listener[],
  { state, file, bytes }: FoundCheckpoint,
): void {
  const memories = new Map(Object.entries(state[MEMORIES] ?? {}));
  const from = { step: Number(state.step), epoch: Number(state.epoch), file, bytes };
  for (const { memory } of listeners) {
    if (memory && memories.has(memory.name)) memory.restore(memories.get(memory.name), from);
  }
}
