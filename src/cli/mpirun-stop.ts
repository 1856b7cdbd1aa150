import { Interrupted } from "./interrupted.js";

/** Milliseconds between two looks at the clock, and after which a process has not been running. */
const [TICK, ASLEEP] = [200, 1000];

/**
 * Aborted when mpirun is about to end its processes: it sends SIGCONT, and SIGTERM only after some time, of which little is then left.
 * A process that was stopped and goes on gets SIGCONT too, and is known by the time that it has slept.
 */
export function mpirunStop(): AbortSignal {
  const controller = new AbortController();
  let seen = performance.now();
  let woke = Number.NEGATIVE_INFINITY;
  const look = () => {
    const now = performance.now();
    if (now - seen > ASLEEP) woke = now;
    seen = now;
  };
  setInterval(look, TICK).unref();
  process.on("SIGCONT", () => {
    look();
    if (seen - woke > ASLEEP) controller.abort(new Interrupted("SIGTERM"));
  });
  return controller.signal;
}
