import type { Listener } from "../../run/listeners/listener.js";

/** Prints every event as a line of JSON. */
export function jsonLog(print: (line: string) => void): Listener {
  return { handle: (event) => print(JSON.stringify(event)) };
}
