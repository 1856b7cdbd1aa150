#!/usr/bin/env node
import { note } from "./print.js";
import { tooManyFiles } from "./too-many-files.js";

// Node opens all modules of a program at about the same time.
try {
  const { watchStandardStreams } = await import("./standard-streams.js");
  const { runCommandLine } = await import("./program.js");
  watchStandardStreams();
  process.exitCode = await runCommandLine(process.argv.slice(2));
} catch (error) {
  const failure = tooManyFiles(error);
  if (!failure) throw error;
  note(`tunebert: ${failure.message}`);
  process.exitCode = 1;
}
