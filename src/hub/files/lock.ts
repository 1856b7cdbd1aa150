import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { link, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { TunebertError } from "../../error.js";
import { readHolder, stateOf, thisHolder } from "./holder.js";
import { writeFailure } from "./write-failure.js";

/** How a lock that another process may hold is waited for. */
export interface LockOptions {
  /** Called once if another process holds the lock. */
  readonly onWait?: () => void;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a sign of life after which a lock is taken from its holder; default 10 s. */
  readonly staleAfter?: number;
  /** Milliseconds between looks at a lock that is held; default 200. */
  readonly poll?: number;
}

const STALE_AFTER = 10_000;
const POLL = 200;
/** Signs of life within the time that makes a lock stale. */
const HEARTBEATS = 5;

/** Another process has the lock that this one had. */
export class LostLock extends TunebertError {}

/**
 * Does something that only one process at a time may do. The lock is a file that its holder touches now and then;
 * one whose holder is gone is taken over.
 *
 * @param path the lock's file, in a folder that exists
 * @param action gets a signal that is aborted if the lock is lost after all, as it may be while a computer sleeps, and
 * a function that rejects then: to be asked before anything that would be in the way of the new holder
 * @throws TunebertError when the lock cannot be written
 * @throws LostLock when the action fails after the lock is lost
 */
export async function withLock<T>(
  path: string,
  action: (lost: AbortSignal, expectHeld: () => Promise<void>) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const content = await acquire(path, options);
  const life = keepAlive(path, content, (options.staleAfter ?? STALE_AFTER) / HEARTBEATS);
  const expectHeld = async () => {
    if ((await look(path))?.content !== content) throw lostLock(path);
  };
  try {
    return await action(life.lost, expectHeld);
  } catch (error) {
    await expectHeld();
    throw error;
  } finally {
    life.stop();
    if ((await look(path))?.content === content) await rm(path, { force: true });
  }
}

/** What is to be seen of a lock. */
export interface Look {
  readonly content: string;
  readonly touched: number;
}

async function acquire(path: string, options: LockOptions): Promise<string> {
  const { staleAfter = STALE_AFTER, poll = POLL, signal, onWait } = options;
  const content = JSON.stringify({ id: randomUUID(), ...thisHolder() });
  let seen: Look | undefined;
  let seenAt = performance.now();
  signal?.throwIfAborted();
  while (!(await create(path, content))) {
    const now = await look(path);
    if (!now) continue;
    if (!seen) onWait?.();
    // Clocks of two computers that share a folder may differ: what counts is that nothing changes.
    if (now.content !== seen?.content || now.touched !== seen.touched) seenAt = performance.now();
    seen = now;
    if (holderIsDead(now) || performance.now() - seenAt > staleAfter) await takeAway(path, now, staleAfter);
    else await sleep(poll, undefined, { signal });
  }
  return content;
}

/** What file systems say that know no hard links. */
const WITHOUT_LINKS = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

/** Makes the file with its content at once, where the file system lets one, so that nobody sees it empty; false if it is there already. */
export async function create(path: string, content: string): Promise<boolean> {
  const whole = `${path}.${randomUUID()}`;
  try {
    await writeFile(whole, content, { flag: "wx" });
    await link(whole, path).catch((error) => {
      if (!WITHOUT_LINKS.has(error.code)) throw error;
      return writeFile(path, content, { flag: "wx" });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw writeFailure(path, error);
  } finally {
    await rm(whole, { force: true });
  }
}

/** The lock as it is now; undefined if there is none. */
export async function look(path: string): Promise<Look | undefined> {
  try {
    const [content, { mtimeMs }] = await Promise.all([
      readFile(path, { encoding: "utf8", flag: READ_NO_LINK }),
      stat(path),
    ]);
    return { content, touched: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw writeFailure(path, error);
  }
}

/** Windows has no such flag. */
const READ_NO_LINK = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

function holderIsDead({ content }: Look): boolean {
  try {
    return stateOf(readHolder(JSON.parse(content))) === "over";
  } catch {
    return false;
  }
}

/**
 * Removes the lock that was seen. Only one process at a time may, or a slow one would remove the lock of whoever
 * came after the one that it saw.
 */
export async function takeAway(path: string, seen: Look, staleAfter: number): Promise<void> {
  const claim = `${path}.claim`;
  if (!(await create(claim, seen.content))) {
    const held = await look(claim);
    if (held && Date.now() - held.touched > staleAfter) await rm(claim, { force: true });
    return;
  }
  try {
    if ((await look(path))?.content === seen.content) await rm(path, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
}

/** Gives signs of life of the lock with this content, until it is stopped or sees that the lock is lost. */
export function keepAlive(path: string, content: string, interval: number) {
  const lost = new AbortController();
  const beat = async () => {
    const now = await look(path);
    if (now?.content === content) await utimes(path, new Date(), new Date());
    else lost.abort(lostLock(path));
  };
  const timer = setInterval(() => beat().catch(() => {}), interval);
  timer.unref();
  return { lost: lost.signal, stop: () => clearInterval(timer) };
}

function lostLock(path: string): LostLock {
  return new LostLock(`another process has taken over ${path}; start again`);
}
