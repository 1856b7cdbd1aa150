import { hostname } from "node:os";

/** A process that files belong to while it works on them. */
export interface Holder {
  readonly process: number;
  readonly host: string;
}

export function thisProcess(): Holder {
  return { process: process.pid, host: hostname() };
}

/**
 * Whether a process has ended, which can be known of those on this computer only.
 * @param holder what a file says, which may be anything
 */
export function hasEnded(holder: unknown): boolean {
  const { process: id, host } = (holder ?? {}) as Partial<Holder>;
  if (host !== hostname() || !Number.isSafeInteger(id)) return false;
  try {
    process.kill(id!, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
