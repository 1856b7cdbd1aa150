import { readFileSync } from "node:fs";

/** A process of this computer, also once its number has been given to another. */
export interface ProcessIdentity {
  readonly process: number;
  /** Ticks from the start of the computer to that of the process; undefined where the platform does not tell. */
  readonly started?: string | undefined;
}

/** Who runs this code. */
export function thisProcess(): ProcessIdentity {
  return { process: process.pid, started: statusOf(process.pid)?.started };
}

/** Whether the process is there still: neither over, nor another one that was given its number. */
export function isRunning({ process: id, started }: ProcessIdentity): boolean {
  if (!isThere(id)) return false;
  const status = statusOf(id);
  if (!status) return true;
  return !ENDED.has(status.state) && (started === undefined || started === status.started);
}

function isThere(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it is another user's
  }
}

/** Zombies, whose parent has not asked yet how they ended, and dead ones. */
const ENDED = new Set(["Z", "X"]);
/** proc_pid_stat(5), counted after the name, which is in parentheses and may hold anything. */
const STATE = 0;
const START_TIME = 19;

/** Linux tells; elsewhere undefined. */
function statusOf(id: number): { readonly state: string; readonly started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const { [STATE]: state, [START_TIME]: started } = fields;
    return state && started ? { state, started } : undefined;
  } catch {
    return undefined;
  }
}
