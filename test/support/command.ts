/** Runs the built command line as a user would, in a process of its own. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import { afterAll, expect, vi } from "vitest";

export const COMMAND = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Built, so that there is nothing to compile against before the build. */
const PROGRAM = new URL("../../dist/cli/program.js", import.meta.url).href;

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** What the process reads on standard input. */
  readonly input?: string | Uint8Array;
  /** What is run instead of the built command. */
  readonly script?: string;
  /** A program, with its first arguments, that runs the command. */
  readonly wrap?: readonly string[];
  /** Its environment. Default: that of the tests. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs `tunebert` with these arguments and waits for its end, whatever its exit code. Where nothing depends on a process of
 * its own, the built command line runs in this one, which has read its code already.
 */
export function tunebert(args: readonly string[], options?: RunOptions): Promise<Ran> {
  const [command = ""] = args;
  if (options !== undefined || !IN_PROCESS.has(command)) return start(args, options).ended;
  const ran = running.then(() => runHere(args));
  running = ran.catch(() => {});
  return ran;
}

/** Commands that read neither standard input nor anything else of the process. */
const IN_PROCESS = new Set(["train", "evaluate", "compare", "inspect", "convert"]);

/** The run that is under way here; they share standard output. */
let running: Promise<unknown> = Promise.resolve();

async function runHere(args: readonly string[]): Promise<Ran> {
  const { runCommandLine }: typeof import("../../src/cli/program.js") = await import(PROGRAM);
  const { argv } = process;
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).flatMap((name) => {
    const write = (text: string | Uint8Array, ...rest: unknown[]) => {
      written[name] += typeof text === "string" ? text : new TextDecoder().decode(text);
      for (const done of rest) if (typeof done === "function") done();
      return true;
    };
    const say = (...words: unknown[]) => void write(`${format(...words)}\n`);
    return [
      vi.spyOn(process[name], "write").mockImplementation(write),
      vi.spyOn(console, name === "stdout" ? "log" : "error").mockImplementation(say),
    ];
  });
  process.argv = [process.execPath, COMMAND, ...args];
  try {
    return { code: await runCommandLine(args), signal: null, ...written };
  } finally {
    process.argv = argv;
    for (const spy of spies) spy.mockRestore();
  }
}

export interface Started {
  readonly ended: Promise<Ran>;
  readonly pid: number | undefined;
  /** So far. */
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `tunebert`. */
export function start(args: readonly string[], options: RunOptions = {}): Started {
  const { cwd, input = "", script = COMMAND, wrap = [], env = process.env } = options;
  const [program, ...words] = [...wrap, process.execPath, script, ...args];
  const child = spawn(program!, words, { cwd, env: { ...env, NO_COLOR: "1" } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {}).end(input);
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { ended, pid: child.pid, stderr: () => stderr, kill: (signal) => child.kill(signal) };
}

/** Runs `tunebert`, expects that it succeeds, and returns what it printed. */
export async function succeed(args: readonly string[], options?: RunOptions): Promise<Ran> {
  const ran = await tunebert(args, options);
  expect(ran.code, `${args.join(" ")}\n${ran.stderr}`).toBe(0);
  return ran;
}

/** Runs `tunebert`, expects one message and exit code 1, and returns the message. */
export async function fail(args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stderr } = await tunebert(args, options);
  const [before, message, ...more] = stderr.split(/^tunebert: /m);
  expect(more, "further messages").toEqual([]);
  expect(message, `no message: ${stderr}`).toBeDefined();
  expect(before, "what else is on stderr").toMatch(/^((epoch|warning:|not answered:) [^\n]*\n)*$/);
  expect(stderr, "a stack trace").not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
  return message!.trimEnd();
}

/** A new empty folder, removed when the tests of the file are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tunebert-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The objects of a file with one JSON object a line. */
export function readJsonLines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Whether a trained model is in the folder. */
export function holdsModel(folder: string): boolean {
  return existsSync(join(folder, "model.safetensors"));
}

export function readBytes(...path: string[]): Uint8Array {
  return new Uint8Array(readFileSync(join(...path)));
}

/** The files of a folder, but not those of folders in it, with their content. */
export function filesOf(folder: string): Map<string, Uint8Array> {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map(({ name }) => [name, readBytes(folder, name)]));
}
