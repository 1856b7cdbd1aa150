import { availableParallelism, cpus, hostname } from "node:os";
import { TunebertError } from "../error.js";
import { allGather, type Collective } from "../runtime/collective.js";
import { OpenMpi } from "../runtime/mpi/open-mpi.js";
import { physicalCores } from "../runtime/threads/physical-cores.js";
import type { Fingerprint, Setting } from "../train/fingerprint.js";
import { version } from "./version.js";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The processes that `mpirun`, or `srun` with PMIx, has started; `undefined` where this one is alone.
 * @param rankTimeout seconds for which another may be silent
 * @throws TunebertError where koffi or Open MPI is not installed
 */
export async function joinRanks(
  rankTimeout: number,
  env: Environment = process.env,
): Promise<Collective | undefined> {
  return ranksIn(env) > 1 ? OpenMpi.join(rankTimeout) : undefined;
}

function ranksIn({ OMPI_COMM_WORLD_SIZE, PMIX_RANK, SLURM_STEP_NUM_TASKS }: Environment): number {
  return Number(OMPI_COMM_WORLD_SIZE ?? (PMIX_RANK === undefined ? 1 : SLURM_STEP_NUM_TASKS)) || 1;
}

/** How processes work together. */
export interface RankThreads {
  /** Of each process. */
  readonly threads: number;
  /** What to say of it: a line, and warnings. */
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * On how many threads each process trains: as many as were asked for, or the least of what each host has, shared out among the
 * processes on it.
 */
export async function agreeOnThreads(
  collective: Collective,
  given: number | undefined,
  env: Environment = process.env,
): Promise<RankThreads> {
  const own = { host: hostname(), cores: availableParallelism(), share: given ?? ownShare(env) };
  const all = await gatherJson<typeof own>(collective, own);
  const threads = Math.min(...all.map(({ share }) => share));
  const hosts = new Map<string, number>();
  for (const { host } of all) hosts.set(host, (hosts.get(host) ?? 0) + 1);
  const places = [...hosts].map(([host, count]) => `${count} on ${host}`).join(", ");
  const bound = all
    .filter(({ cores }) => cores < threads)
    .map(({ host, cores }, rank) => ({ rank, host, cores }));
  return {
    threads,
    lines: [
      `${collective.size} processes, ${places}; ${threads} ${threads === 1 ? "thread" : "threads"} each`,
    ],
    warnings: bound
      .slice(0, 1)
      .map(
        ({ host, cores }) =>
          `a process on ${host} may use ${cores} of its cores alone, and has ${threads} threads; ` +
          "let mpirun bind it to none: --bind-to none",
      ),
  };
}

/** The cores that this process has: those that it is bound to, or its part of the host's. */
function ownShare(env: Environment): number {
  if (availableParallelism() < cpus().length) return physicalCores();
  const here = Number(env.OMPI_COMM_WORLD_LOCAL_SIZE ?? 1) || 1;
  return Math.max(1, Math.floor(physicalCores() / here));
}

/** What all processes have to have alike before the first step. */
export interface RankState {
  readonly fingerprint: Fingerprint;
  /** From which the run goes on. */
  readonly step: number | undefined;
}

/** @throws TunebertError, on rank 0 alone, that names a process whose data, settings or version are others */
export async function expectAlike(collective: Collective, { fingerprint, step }: RankState): Promise<void> {
  const own = { host: hostname(), version, node: process.version, fingerprint, step: step ?? null };
  const all = await gatherJson<typeof own>(collective, own);
  if (collective.rank > 0) return;
  for (const [rank, other] of all.entries()) {
    const found = differences(own, other);
    if (found.length === 0) continue;
    throw new TunebertError([
      `rank ${rank} on ${other.host} differs from rank 0 on ${own.host}:`,
      ...found.map((difference) => `  ${difference}`),
      "Give all of them the same files, settings and version of tunebert",
    ]);
  }
}

interface Compared extends Omit<RankState, "step"> {
  readonly version: string;
  readonly node: string;
  readonly step: number | null;
}

function differences(first: Compared, other: Compared): string[] {
  const data = (name: string) => first.fingerprint.data[name] !== other.fingerprint.data[name];
  const setting = (name: string) =>
    show(first.fingerprint.settings[name]) !== show(other.fingerprint.settings[name]);
  const values = (name: string, a: unknown, b: unknown) => `${name}: ${show(b)}, there ${show(a)}`;
  return [
    ...(["version", "node", "step"] as const)
      .filter((name) => first[name] !== other[name])
      .map((name) => values(NAMES[name], first[name], other[name])),
    ...keysOf(first.fingerprint.data, other.fingerprint.data)
      .filter(data)
      .map((name) => `${name}: others there`),
    ...keysOf(first.fingerprint.settings, other.fingerprint.settings)
      .filter(setting)
      .map((name) => values(name, first.fingerprint.settings[name], other.fingerprint.settings[name])),
  ];
}

const NAMES = { version: "tunebert", node: "Node", step: "the step to go on from" };

function keysOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function show(value: Setting | unknown): string {
  return value === undefined || value === null ? "none" : String(value);
}

async function gatherJson<T>(collective: Collective, own: T): Promise<T[]> {
  const all = await allGather(collective, new TextEncoder().encode(JSON.stringify(own)));
  return all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
}
