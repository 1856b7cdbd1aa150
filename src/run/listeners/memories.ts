import type { FoundCheckpoint } from "../../hub/store/checkpoint-folder.js";
import * as json from "../../text/json-reader.js";
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

/**
 * Reads what listeners remembered when a checkpoint was taken. Those of which it has nothing begin anew.
 * @returns what gives it back to them
 * @throws TunebertError that names the checkpoint, when a memory is not what its listener kept
 */
export function readMemories(
  listeners: readonly Listener[],
  { state, file, bytes }: FoundCheckpoint,
): () => void {
  const from = { step: Number(state.step), epoch: Number(state.epoch), file, bytes };
  const readAll = json.object({ [MEMORIES]: json.optional(json.record(json.anything)) });
  const restores = json.readJson(state, file, (value, place) => {
    const memories = readAll(value, place)[MEMORIES] ?? {};
    return listeners.flatMap(({ memory }) => {
      const kept = memory && json.own(memories, memory.name);
      if (!memory || kept === undefined) return [];
      const read = memory.read(kept, `${MEMORIES}.${memory.name}`);
      return () => memory.restore(read, from);
    });
  });
  return () => {
    for (const restore of restores) restore();
  };
}
