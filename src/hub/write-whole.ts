import { open, readdir, realpath, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TunebertError } from "../error.js";
import { whyNotWritten } from "./write-failure.js";

/**
 * Writes a file whole, or not at all: under a temporary name, flushed, then renamed.
 * @param content pieces are taken one at a time, and written before the next is asked for
 * @throws TunebertError that names the file and says why it cannot be written
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await writeAndFlush(temporary, piecesOf(content));
    await rename(temporary, target);
    await flushFolder(dirname(target));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new TunebertError(`cannot write ${path}: ${whyNotWritten(cause)}`, { cause });
  }
}

/** Whether a file has a name under which {@link writeWhole} writes; one that stays belonged to a process that was killed. */
export function isTemporary(name: string): boolean {
  return /\.\d+\.tmp$/.test(name);
}

/** Removes what killed processes left half-written in a folder. */
export async function sweepTemporary(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporary)) await rm(join(folder, name), { force: true });
}

function piecesOf(content: string | Uint8Array | Iterable<Uint8Array>): Iterable<Uint8Array> {
  if (typeof content === "string") return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeAndFlush(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, "w");
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
