// Runs docs/tutorial.md in an empty folder, as a user who has installed the package: writes the files that it shows,
// runs the blocks marked `sh run`, and compares what they print with what the tutorial says. Takes a minute.
//
//   npm run build && node tools/run-tutorial.js            # fails where the tutorial is not true
//   npm run build && node tools/run-tutorial.js --write    # puts what was printed into the tutorial
//
// Speeds and seconds are not compared. Everything else is the same on the same kind of processor; another one rounds
// differently, and may show other last digits.
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const TUTORIAL = join(PROJECT, "docs", "tutorial.md");
/** A fenced block: what is said of it, and its text. */
const BLOCK = /^```(.*)\n([\s\S]*?)^```$/gm;

const text = readFileSync(TUTORIAL, "utf8");
const folder = userFolder();
let differing = 0;
let printed;
try {
  const rewritten = text.replaceAll(BLOCK, (whole, info, content) => {
    if (info === "sh run" || info === "sh run, fails") printed = run(content, info !== "sh run");
    else if (info === "js") writeFileSync(join(folder, fileName(content)), content);
    else if (info === "text" && printed !== undefined) {
      const now = printed;
      printed = undefined;
      if (comparable(now) === comparable(content)) return whole;
      differing++;
      console.log(`the tutorial says\n${content}but now it is\n${now}`);
      return `\`\`\`text\n${now}\`\`\``;
    }
    return whole;
  });
  if (process.argv.includes("--write")) writeFileSync(TUTORIAL, rewritten);
  else if (differing > 0) process.exitCode = 1;
  console.log(`${differing} outputs differ`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function userFolder() {
  const made = realpathSync(mkdtempSync(join(tmpdir(), "tunebert-")));
  const bin = join(made, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(PROJECT, join(made, "node_modules", "tunebert"), "junction");
  // Under the name by which npm links it.
  const command = join(made, "node_modules", "program", "tunebert");
  mkdirSync(dirname(command));
  symlinkSync(join(PROJECT, "dist", "cli", "main.js"), command);
  writeFileSync(join(bin, "tunebert"), `#!/bin/sh\nexec node "${command}" "$@"\n`, { mode: 0o755 });
  writeFileSync(join(made, "package.json"), '{ "type": "module" }');
  return made;
}

/** What the commands print on standard output. */
function run(commands, fails) {
  console.log(commands.trimEnd().replaceAll(/^/gm, "$ "));
  const cache = join(folder, "cache");
  const env = { ...process.env, NO_COLOR: "1", TUNEBERT_CACHE: cache, npm_config_offline: "true" };
  const { status, stdout, stderr } = spawnSync("bash", ["-eu", "-o", "pipefail", "-c", commands], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  if ((status !== 0) !== fails) throw new Error(`it ended with ${status}\n${stdout}${stderr}`);
  return stdout.replaceAll(cache, "/home/you/.cache/tunebert").replaceAll(folder, "/home/you/tutorial");
}

/** The name in the comment with which a file begins. */
function fileName(content) {
  const [, name] = /^\/\/ (\S+)\n/.exec(content) ?? [];
  if (!name) throw new Error(`a file without a name in its first line:\n${content}`);
  return name;
}

function comparable(output) {
  return output
    .replaceAll(/[\d.]+ examples\/sec on \d+ CPU threads?/g, "… examples/sec")
    .replaceAll(/^examples per second .*$/gm, "examples per second …")
    .replaceAll(/"(seconds|examplesPerSecond)":[\d.]+/g, '"$1":…');
}
