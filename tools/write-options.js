// Writes docs/options.md, the page of all options of `tunebert train`, from the tables that the command is made of.
//
//   npm run build && node tools/write-options.js
//
// With --check it writes nothing, and exits with 1 if the page is not what it would write.
import { readFileSync, writeFileSync } from "node:fs";
import { trainOptionGroups } from "../dist/cli/train-options.js";
import { flagOf } from "../dist/option.js";

const PAGE = new URL("../docs/options.md", import.meta.url);

const INTRODUCTION = `# Options of \`tunebert train\`

All of them, as \`npx tunebert train --help\` lists them. [Options of training](training-options.md) says when those help
that change how a model learns. In TypeScript the same options are written \`batchSize\`, \`clipNorm\` and so on, with the
same defaults: \`--no-shuffle\` is \`shuffle: false\` there. This page is written by \`node tools/write-options.js\`.
`;

const text = [
  INTRODUCTION,
  ...Object.entries(trainOptionGroups).map(([heading, options]) => section(heading, options)),
].join("\n");

if (!process.argv.includes("--check")) writeFileSync(PAGE, text);
else if (readFileSync(PAGE, "utf8") !== text) {
  console.error("docs/options.md is out of date; run npm run build && node tools/write-options.js");
  process.exitCode = 1;
}

function section(heading, options) {
  const rows = Object.entries(options).map(
    ([name, option]) =>
      `| ${[`\`${flagOf(name, option)}\``, defaultOf(option), helpOf(option)].map(cell).join(" | ")} |\n`,
  );
  return `## ${heading}\n\n| option | default | |\n|---|---|---|\n${rows.join("")}`;
}

function cell(shown) {
  return shown.replaceAll("|", "\\|");
}

function defaultOf({ default: usual, defaultText, isRequired }) {
  if (isRequired) return "must be given";
  if (defaultText !== undefined) return defaultText;
  if (usual === undefined || typeof usual === "boolean") return "";
  return typeof usual === "string" ? `\`${usual}\`` : String(usual);
}

function helpOf({ help, kind }) {
  return kind.choices === undefined
    ? help
    : `${help}: ${kind.choices.map((name) => `\`${name}\``).join(", ")}`;
}
