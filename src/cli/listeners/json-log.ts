import type { Listener } from "./listener.js";

/** Prints every event as a line of JSON. */
export function jsonLog(print: (line: string) => void): Listener {
  return { hear: (event) => print(JSON.stringify(event)) };
}
