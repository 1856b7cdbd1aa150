import { randomUUID } from "node:crypto";
import { rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TunebertError } from "../../error.js";
import { systemReason } from "../../system-error.js";
import { type Holder, readHolder, stateOf, thisHolder } from "./holder.js";
import { create, keepAlive, type Look, look, takeAway } from "./lock.js";
import { makeFolder } from "./make-folder.js";

/** A folder that no other process trains in. */
export interface FolderLock {
  /** Aborted, with an error for its reason, when the folder is another's after all, as it may be after a suspension. */
  readonly lost: AbortSignal;
  /** @throws TunebertError when the folder is another's by now */
  expectHeld(): Promise<void>;
}

export interface FolderLockOptions {
  /** Called before a process that cannot be asked, on another computer, is given time for a sign of life. */
  readonly onWait?: (message: string) => void;
  /** Milliseconds without a sign of life after which a process on another computer is over; default a minute. */
  readonly staleAfter?: number;
}

const FILE = ".tunebert.lock";
const STALE_AFTER = 60_000;
const HEARTBEATS = 12;
const POLL = 100;
/** Removing the lock of a process that is over takes a moment; who has begun and not ended by then is over too. */
const CLAIM_STALE_AFTER = 5000;

/**
 * Trains in a folder, or does something else that no second process may do there at the same time. The folder is
 * made if need be; the lock in it vanishes at the end, and the folder too if it was made and is empty.
 *
 * The lock of a process that is over is taken. Of one on this computer that is known; one elsewhere is over when its
 * lock shows no sign of life for a while.
 * @throws TunebertError that names the process that has the folder, or says why the folder cannot be written
 */
export async function withFolderLock<T>(
  folder: string,
  action: (lock: FolderLock) => Promise<T>,
  options: FolderLockOptions = {},
): Promise<T> {
  const { staleAfter = STALE_AFTER } = options;
  const path = join(folder, FILE);
  const made = await inFolder(folder, () => makeFolder(folder));
  try {
    const content = JSON.stringify({ id: randomUUID(), ...thisHolder() });
    await acquire(folder, content, options);
    const life = keepAlive(path, content, staleAfter / HEARTBEATS);
    const expectHeld = async () => {
      if ((await seen(folder))?.content !== content) throw takenOver(folder);
    };
    const lost = new AbortController();
    life.lost.addEventListener("abort", () => lost.abort(takenOver(folder)));
    try {
      return await action({ lost: lost.signal, expectHeld });
    } finally {
      life.stop();
      // One that stays is known to be of a process that is over.
      const held = await seen(folder).catch(() => undefined);
      if (held?.content === content) await rm(path, { force: true });
    }
  } finally {
    if (made !== undefined) await removeEmpty(folder, made);
  }
}

/** @throws TunebertError that names the other process that trains in the folder, if there is one */
export async function expectNoOtherRun(folder: string): Promise<void> {
  const held = await seen(folder);
  if (!held) return;
  const holder = holderOf(held);
  if (holder?.process === process.pid && holder.place === thisHolder().place) return;
  const state = stateOf(holder);
  const touchedLately = Math.abs(Date.now() - held.touched) < STALE_AFTER;
  if (state === "running" || (state === "unknown" && touchedLately)) throw inUse(folder, held);
}

/** Whether a file in a folder belongs to its lock. */
export function isFolderLock(name: string): boolean {
  return name.startsWith(FILE);
}

async function acquire(folder: string, content: string, options: FolderLockOptions): Promise<void> {
  const path = join(folder, FILE);
  while (!(await inFolder(folder, () => create(path, content)))) {
    const held = await seen(folder);
    if (!held) continue;
    const state = stateOf(holderOf(held));
    if (state === "running" || (state === "unknown" && (await showsLife(folder, held, options)))) {
      throw inUse(folder, held);
    }
    await takeAway(path, held, CLAIM_STALE_AFTER);
    await sleep(POLL * Math.random());
  }
}

/** Who holds a lock, if its file tells. */
function holderOf({ content }: Look): Holder | undefined {
  try {
    return readHolder(JSON.parse(content));
  } catch {
    return undefined;
  }
}

/** Whether a holder that cannot be asked touches its lock: since clocks of two computers may differ, from now on. */
async function showsLife(
  folder: string,
  held: Look,
  { onWait = () => {}, staleAfter = STALE_AFTER }: FolderLockOptions,
): Promise<boolean> {
  onWait(`${folder} was in use by ${nameOf(held)}; waiting up to ${staleAfter / 1000} s for a sign of life`);
  for (const end = performance.now() + staleAfter; performance.now() < end; ) {
    await sleep(POLL);
    const now = await seen(folder);
    if (now?.content !== held.content) return false; // the next try tells whose it is now
    if (now.touched !== held.touched) return true;
  }
  return false;
}

function inUse(folder: string, held: Look): TunebertError {
  const holder = holderOf(held);
  const certain = stateOf(holder) === "running" && holder?.started !== undefined;
  const hint = certain ? "" : `. If that process is over, remove ${join(folder, FILE)}`;
  return new TunebertError(
    `${folder} is in use: ${nameOf(held)} is training in it. Wait for its end, or choose another folder${hint}`,
  );
}

function nameOf(held: Look): string {
  const holder = holderOf(held);
  return holder ? `process ${holder.process} on ${holder.host}` : "another process";
}

function takenOver(folder: string): TunebertError {
  return new TunebertError(
    `${folder} is no longer this run's: its lock was removed, or another process has taken it over. ` +
      "Choose another folder, or go on with --resume once that process is over",
  );
}

/** The folder's lock as it is now. */
function seen(folder: string): Promise<Look | undefined> {
  return inFolder(folder, () => look(join(folder, FILE)));
}

/** Does something that writes to the folder. @throws TunebertError that names it and says why it could not be done */
async function inFolder<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const cause = error instanceof TunebertError ? error.cause : error;
    const isFile = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const reason = isFile ? "it is a file, not a folder" : systemReason(cause);
    throw new TunebertError(`cannot write to ${folder}: ${reason}`, { cause });
  }
}

/** Removes a folder, and those above it up to the first that was made, as long as nothing is in them. */
async function removeEmpty(folder: string, first: string): Promise<void> {
  for (let path = resolve(folder); path.startsWith(resolve(first)); path = dirname(path)) {
    const isEmpty = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!isEmpty) return;
  }
}
