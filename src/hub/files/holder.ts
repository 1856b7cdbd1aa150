import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { isRunning, type ProcessIdentity, thisProcess } from "./process-identity.js";

/** A process that files belong to while it works on them. */
export interface Holder extends ProcessIdentity {
  readonly host: string;
  /** Within which processes have their numbers: two computers may have one name, and containers number by themselves. */
  readonly place: string;
}

export function thisHolder(): Holder {
  return { ...thisProcess(), host: hostname(), place: thisPlace() };
}

function thisPlace(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${hostname()} ${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** The holder that a file names, which may say anything; `undefined` when it is not as we write it. */
export function readHolder(value: unknown): Holder | undefined {
  const { process, started, host, place } = (value ?? {}) as Partial<Record<keyof Holder, unknown>>;
  if (!Number.isSafeInteger(process) || Number(process) <= 0) return undefined;
  if (typeof host !== "string" || typeof place !== "string") return undefined;
  return {
    process: Number(process),
    started: typeof started === "string" ? started : undefined,
    host,
    place,
  };
}

/** What has become of a holder; of one on another computer, or of none, it cannot be known. */
export function stateOf(holder: Holder | undefined): "running" | "over" | "unknown" {
  if (holder?.place !== thisPlace()) return "unknown";
  return isRunning(holder) ? "running" : "over";
}
