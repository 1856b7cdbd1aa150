import { allocateInts } from "../shared-memory.js";

/** Whether a thread is within native code. */
const WITHIN = 0;

/** Whether no further call may begin. */
const CLOSED = 1;

/** The longest that is waited for a call; beyond it the thread has died within. */
const LONGEST_CALL_MS = 60_000;

const beforeExit = new Set<NativeCalls>();

/**
 * The calls of one thread into native code. A thread must not be ended within one: Node refuses what ONNX Runtime
 * returns to a thread that is ending, ONNX Runtime answers with an exception that nobody catches, and that aborts the
 * whole process. So whoever ends the thread closes its calls first, and waits for the one under way.
 */
export class NativeCalls {
  /** Shared memory, from which the thread makes its own object. */
  readonly cells: Int32Array;

  constructor(cells = allocateInts(2)) {
    this.cells = cells;
  }

  /** Makes a call, in the thread; not once the calls are closed. */
  async make<T>(call: () => Promise<T>): Promise<T> {
    Atomics.store(this.cells, WITHIN, 1);
    try {
      if (Atomics.load(this.cells, CLOSED)) throw new Error("the thread is to end");
      return await call();
    } finally {
      Atomics.store(this.cells, WITHIN, 0);
      Atomics.notify(this.cells, WITHIN);
    }
  }

  /** Lets no further call begin. */
  close(): void {
    Atomics.store(this.cells, CLOSED, 1);
  }

  /** Sees to it that the thread is in no call when the process exits, however that comes about. */
  closeBeforeExit(): void {
    if (beforeExit.size === 0) process.prependListener("exit", closeAndWait);
    beforeExit.add(this);
  }

  /** The thread has ended. */
  forget(): void {
    beforeExit.delete(this);
    if (beforeExit.size === 0) process.off("exit", closeAndWait);
  }

  /** Blocks until the thread is in no call. */
  wait(): void {
    Atomics.wait(this.cells, WITHIN, 1, LONGEST_CALL_MS);
  }
}

/** All threads at once, so that their last calls overlap. */
function closeAndWait(): void {
  for (const calls of beforeExit) calls.close();
  for (const calls of beforeExit) calls.wait();
}
