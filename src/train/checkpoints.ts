import type { Engine } from "../runtime/engine.js";
import type { SharedParameter } from "../runtime/program.js";
import { STATE_VERSION } from "./check-state.js";
import { type Checkpoint, type CheckpointState, type CheckpointStore, nameTensors } from "./checkpoint.js";
import { expectFinite } from "./divergence.js";
import type { CheckpointEvent } from "./events.js";
import type { TrainingState } from "./training-state.js";

/** How often checkpoints are taken, besides at the end of each epoch. */
export type CheckpointInterval = { readonly steps: number } | { readonly seconds: number };

const DEFAULT_INTERVAL: CheckpointInterval = { seconds: 600 };

export interface CheckpointsOptions {
  /** Without one, no checkpoints are taken. */
  readonly store: CheckpointStore | undefined;
  /** Default: every 10 minutes. */
  readonly every: CheckpointInterval | undefined;
  readonly parameters: ReadonlyMap<string, SharedParameter>;
  /** What goes into every checkpoint. */
  readonly constants: Pick<CheckpointState, "threads" | "fingerprint">;
}

/**
 * Takes checkpoints while training goes on: what training is about to change is copied, and is kept by the store
 * beside the steps that follow.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #copies: ReadonlyMap<string, SharedParameter> | undefined;
  #takenAt = performance.now();
  #saving: { readonly kept: Promise<CheckpointEvent>; isOver: boolean } | undefined;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** Takes a checkpoint if it is time, and reports one that has been kept meanwhile. */
  async *afterStep(state: TrainingState, engine: Engine): AsyncGenerator<CheckpointEvent> {
    if (this.#saving?.isOver) yield* this.flush();
    if (this.#isDue(state)) yield* this.take(state, engine);
  }

  /**
   * Takes a checkpoint, once the one before is kept.
   * @throws TunebertError when a parameter is not finite: nobody could go on from there
   */
  async *take(state: TrainingState, engine: Engine): AsyncGenerator<CheckpointEvent> {
    const { store, parameters } = this.#options;
    if (!store) return;
    await engine.pull();
    expectFinite(parameters, state.step);
    yield* this.flush();
    const started = performance.now();
    const checkpoint = await this.#copy(state, engine);
    this.#takenAt = performance.now();
    const stalled = (this.#takenAt - started) / 1000;
    const { step, epoch, stepInEpoch, best } = checkpoint.state;
    const keep = async (): Promise<CheckpointEvent> => {
      const where = await store.save(checkpoint);
      const seconds = (performance.now() - started) / 1000;
      const isBest = stepInEpoch === 0 && best?.step === step;
      return { event: "checkpoint", step, epoch, stepInEpoch, ...where, best: isBest, seconds, stalled };
    };
    const saving = { kept: keep(), isOver: false };
    const over = () => {
      saving.isOver = true;
    };
    saving.kept.then(over, over);
    this.#saving = saving;
  }

  /** Takes a checkpoint and waits for it. */
  async *takeLast(state: TrainingState, engine: Engine): AsyncGenerator<CheckpointEvent> {
    yield* this.take(state, engine);
    yield* this.flush();
  }

  /** Waits for the checkpoint that is being kept, and reports it. */
  async *flush(): AsyncGenerator<CheckpointEvent> {
    const saving = this.#saving;
    this.#saving = undefined;
    if (saving) yield await saving.kept;
  }

  /** Waits for the store to be done, whether it succeeds or not. */
  async settle(): Promise<void> {
    await this.#saving?.kept.catch(() => {});
  }

  #isDue({ step }: TrainingState): boolean {
    const { every = DEFAULT_INTERVAL } = this.#options;
    if ("steps" in every) return step % every.steps === 0;
    return performance.now() - this.#takenAt >= every.seconds * 1000;
  }

  /** In memory that the next one takes again. */
  async #copy(state: TrainingState, engine: Engine): Promise<Checkpoint> {
    const { parameters, constants } = this.#options;
    this.#copies ??= new Map(
      [...parameters].map(([name, { shape, data }]) => [
        name,
        { shape, data: new Float32Array(data.length) },
      ]),
    );
    for (const [name, { data }] of this.#copies) data.set(parameters.get(name)!.data);
    const { order, saved } = state.snapshot();
    const tensors = nameTensors({ parameters: this.#copies, moments: await engine.moments(), order });
    return { tensors, state: { version: STATE_VERSION, ...saved, ...constants } };
  }
}
