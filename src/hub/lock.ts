import { randomUUID } from "node:crypto";
import { link, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { TunebertError } from "../error.js";
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

/**
 * Does something that only one process at a time may do. The lock is a file that its holder touches now and then;
 * one whose holder is gone is taken over.
 *
 * @param path the lock's file, in a folder that exists
 * @param action gets a signal that is aborted if the lock is lost after all, as it may be while a computer sleeps
 * @throws TunebertError when the lock cannot be written
 */
export async function withLock<T>(
  path: string,
  action: (lost: AbortSignal) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const content = await acquire(path, options);
  const life = keepAlive(path, content, (options.staleAfter ?? STALE_AFTER) / HEARTBEATS);
  try {
    return await action(life.lost);
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
  const content = JSON.stringify({ id: randomUUID(), process: process.pid, host: hostname() });
  let seen: Look | undefined;
  let seenAt = performance.now();
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
    await writeFile(whole, content);
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
    const [content, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    return { content, touched: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw writeFailure(path, error);
  }
}

/** Only of a process on this computer can it be known. */
function holderIsDead({ content }: Look): boolean {
  try {
    const holder = JSON.parse(content);
    if (holder.host !== hostname()) return false;
    process.kill(holder.process, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
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
    else lost.abort(new TunebertError(`another process has taken over ${path}; start again`));
  };
  const timer = setInterval(() => beat().catch(() => {}), interval);
  timer.unref();
  return { lost: lost.signal, stop: () => clearInterval(timer) };
}
