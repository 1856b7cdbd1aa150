import { randomBytes } from "node:crypto";
import { lstat, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TunebertError } from "../../error.js";
import { systemReason } from "../../system-error.js";
import { isRunning, thisProcess } from "./process-identity.js";

/**
 * Writes a file whole, or not at all: under a temporary name, flushed, then renamed. Where there is a link, the file
 * takes its place, and what it leads to stays as it is.
 * @param content pieces are taken one at a time, and written before the next is asked for
 * @throws TunebertError that names the file and says why it cannot be written
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${temporaryEnding()}`;
  underWay.add(basename(temporary));
  try {
    await expectReplaceable(path);
    await writeAndFlush(temporary, piecesOf(content));
    await rename(temporary, path);
    await flushFolder(dirname(path));
  } catch (cause) {
    // What has the name already is another's.
    if (!isTaken(cause, temporary)) await rm(temporary, { force: true }).catch(() => {});
    if (cause instanceof TunebertError) throw cause;
    throw new TunebertError(`cannot write ${path}: ${systemReason(cause)}`, { cause });
  } finally {
    underWay.delete(basename(temporary));
  }
}

/** Whether a file has a name under which {@link writeWhole} writes. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Removes what processes that are over left half-written in a folder. */
export async function sweepTemporary(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (isLeftOver(name)) await rm(join(folder, name), { force: true });
}

/** The names under which this process writes just now. */
const underWay = new Set<string>();

/** Process, when it started if that is known, and something that nobody can guess. */
const TEMPORARY = /\.(\d+)-(\d*)-[0-9a-f]{16}\.tmp$/;

function temporaryEnding(): string {
  const { process, started = "" } = thisProcess();
  return `${process}-${started}-${randomBytes(8).toString("hex")}.tmp`;
}

function isLeftOver(name: string): boolean {
  const [, id, started] = TEMPORARY.exec(name) ?? [];
  if (id === undefined) return false;
  if (Number(id) === process.pid) return !underWay.has(name);
  return !isRunning({ process: Number(id), started: started || undefined });
}

function isTaken(error: unknown, temporary: string): boolean {
  const { code, path } = error as NodeJS.ErrnoException;
  return code === "EEXIST" && path === temporary;
}

/** A device or a pipe would be replaced by a file, and a folder cannot be. */
async function expectReplaceable(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found || found.isFile() || found.isSymbolicLink()) return;
  const what = found.isDirectory() ? "a folder" : "a device or a pipe";
  throw new TunebertError(`cannot write ${path}: it is ${what}, not a file`);
}

function piecesOf(content: string | Uint8Array | Iterable<Uint8Array>): Iterable<Uint8Array> {
  if (typeof content === "string") return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeAndFlush(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, "wx");
  try {
    for (const piece of pieces) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The rename itself is on the disk only with its folder, which Windows does not let one flush. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}
