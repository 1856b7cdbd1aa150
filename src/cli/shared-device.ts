import type { Command } from "commander";
import { defaultsOf } from "../option.js";
import { rankOptions } from "../run/options.js";
import { agreeOnThreads, joinRanks } from "../run/ranks.js";
import type { Device } from "../runtime/engine.js";
import { threads } from "../runtime/threads/threads.js";

/** Where a model answers, and whether this process tells of it. */
export interface SharedDevice {
  readonly device: Device;
  /** Not where mpirun has started others, of which the first prints. */
  readonly prints: boolean;
}

/** The threads of this process, or those of all processes of mpirun: each answers its part. */
export async function sharedDevice(
  flags: { readonly threads: number },
  command: Command,
): Promise<SharedDevice> {
  const collective = await joinRanks(defaultsOf(rankOptions).rankTimeout);
  if (collective === undefined) return { device: threads(flags.threads), prints: true };
  const shared = await agreeOnThreads(collective, givenThreads(flags, command));
  return { device: threads(shared.threads, collective), prints: collective.rank === 0 };
}

/** Those that were asked for, not those that a process alone would have. */
export function givenThreads(flags: { readonly threads: number }, command: Command): number | undefined {
  return command.getOptionValueSource("threads") === "default" ? undefined : flags.threads;
}
