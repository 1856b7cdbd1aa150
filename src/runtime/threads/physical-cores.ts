import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const LINUX_PROCESSORS = "/sys/devices/system/cpu";

/**
 * How many cores this process can keep busy. Two hardware threads of one core count once where the system
 * tells (Linux), since a core's arithmetic units are kept busy by one; elsewhere every hardware thread counts.
 */
export function physicalCores(): number {
  const cores = linuxCores();
  return cores === 0 ? availableParallelism() : Math.min(cores, availableParallelism());
}

/** Number of distinct sets of hardware threads that share a core; 0 where the system does not tell. */
function linuxCores(): number {
  try {
    const processors = readdirSync(LINUX_PROCESSORS).filter((name) => /^cpu\d+$/.test(name));
    return new Set(processors.map(threadsOfCore)).size;
  } catch {
    return 0;
  }
}

function threadsOfCore(processor: string): string {
  return readFileSync(`${LINUX_PROCESSORS}/${processor}/topology/thread_siblings_list`, "utf8").trim();
}
