import type { TrainEvent } from "../../train/events.js";

/** Something that follows a training run: shows it, or keeps what comes of it. */
export interface Listener {
  /** Training goes on once this is done. */
  hear(event: TrainEvent): void | Promise<void>;
  /** When the run is over, however it ended. */
  close?(): void;
}
