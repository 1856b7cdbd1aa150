import type { FoundCheckpoint } from "../../hub/store/checkpoint-folder.js";
import * as json from "../../text/json-reader.js";
import type { TrainEvent } from "../../train/events.js";
import type { MeasuringProgress } from "../../train/trainer.js";

/** Something that follows a training run: shows it, or keeps what comes of it. */
export interface Listener {
  /** Training goes on once this is done. */
  handle(event: TrainEvent): void | Promise<void>;
  /** Is told how far measuring has come after an epoch. */
  measuring?(progress: MeasuringProgress): void;
  /** Has to be kept in a checkpoint for a run that resumes there to be followed from there. */
  readonly state?: ListenerState;
  /** When the run is over, however it ended. */
  close?(): void;
}

/** What a listener knows of the events so far. */
export interface ListenerState<Saved = unknown> {
  /** Under which it is kept. */
  readonly name: string;
  /** As JSON. */
  save(): Saved;
  /** What {@link save} returned when a checkpoint was taken, from its JSON. @throws TunebertError that tells the place */
  read(value: unknown, place: string): Saved;
  /** Takes it back, and forgets what came after. */
  restore(saved: Saved, from: ResumedFrom): void;
}

/** The checkpoint from which a run goes on. */
export interface ResumedFrom {
  readonly step: number;
  readonly epoch: number;
  readonly file: string;
  readonly bytes: number;
}

/** Where in a checkpoint's state the listeners' are: under the name by which older checkpoints have them. */
const PLACE = "memories";

const readStates = json.object({ [PLACE]: json.optional(json.record(json.anything)) });

/** What goes into a checkpoint's state for the listeners: a copy, since training goes on while it is written. */
export function saveListeners(listeners: readonly Listener[]): Readonly<Record<string, unknown>> {
  const states = listeners.flatMap(({ state }) => state ?? []);
  return {
    [PLACE]: Object.fromEntries(states.map((state) => [state.name, structuredClone(state.save())])),
  };
}

/** Reads what a checkpoint has under a listener's name; `undefined` where it has nothing. @throws as {@link readListeners} */
export function savedState<T>(found: FoundCheckpoint, name: string, read: json.JsonReader<T>): T | undefined {
  return json.readJson(found.state, found.file, (value, where) => {
    const saved = json.own(readStates(value, where)[PLACE] ?? {}, name);
    return saved === undefined ? undefined : read(saved, `${PLACE}.${name}`);
  });
}

/**
 * Reads the listeners' states from a checkpoint. Those of which it has nothing begin anew.
 * @returns what gives them back
 * @throws TunebertError that names the checkpoint, when a state is not what its listener saved
 */
export function readListeners(listeners: readonly Listener[], found: FoundCheckpoint): () => void {
  const { state: place, file, bytes } = found;
  const from = { step: Number(place.step), epoch: Number(place.epoch), file, bytes };
  const restores = json.readJson(place, file, (value, where) => {
    const states = readStates(value, where)[PLACE] ?? {};
    return listeners.flatMap(({ state }) => {
      const saved = state && json.own(states, state.name);
      if (!state || saved === undefined) return [];
      const read = state.read(saved, `${PLACE}.${state.name}`);
      return () => state.restore(read, from);
    });
  });
  return () => {
    for (const restore of restores) restore();
  };
}
