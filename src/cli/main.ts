#!/usr/bin/env node
import { descriptorFailure } from "../system-error.js";
import { note } from "./print.js";

// Node opens all modules of a program at about the same time.
try {
  await import("./program.js");
} catch (error) {
  const failure = descriptorFailure(error);
  if (!failure) throw error;
  note(`tunebert: ${failure.message}`);
  process.exitCode = 1;
}
