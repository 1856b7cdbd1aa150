import type { TrainEvent } from "../../train/events.js";

/** Something that follows a training run: shows it, or keeps what comes of it. */
export interface Listener {
  /** Training goes on once this is done. */
  hear(event: TrainEvent): void | Promise<void>;
  /** Has to be kept in a checkpoint for a run that resumes there to be followed from there. */
  readonly memory?: Memory;
  /** When the run is over, however it ended. */
  close?(): void;
}

/** What a listener remembers of the events so far. */
export interface Memory<Kept = unknown> {
  /** Under which it is kept. */
  readonly name: string;
  /** As JSON. */
  keep(): Kept;
  /** What {@link keep} returned when a checkpoint was taken, from its JSON. @throws TunebertError that tells the place */
  read(value: unknown, place: string): Kept;
  /** Takes it back, and forgets what came after. */
  restore(kept: Kept, from: ResumedFrom): void;
}

/** The checkpoint from which a run goes on. */
export interface ResumedFrom {
  readonly step: number;
  readonly epoch: number;
  readonly file: string;
  readonly bytes: number;
}
