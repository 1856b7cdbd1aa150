import type { Command } from "commander";
import { catalog } from "../hub/fetch/catalog.js";
import { fetchArtifact } from "../hub/fetch/fetch-artifact.js";
import { type OptionValues, option } from "../option.js";
import { text, yesNo } from "../option-kinds.js";
import { addOptions } from "./add-options.js";
import { downloadOptions, fetchOptions } from "./download-options.js";
import { addHelpBelow } from "./help-text.js";
import { answerOptions } from "./options.js";
import { print } from "./print.js";

const fetchCommandOptions = {
  sha1: option(text("hex"), { help: "what the SHA-1 of an address's file has to be" }),
  force: option(yesNo, { default: false, help: "download again what is in the cache" }),
  json: answerOptions.json,
  ...downloadOptions,
};

export function addFetchCommand(program: Command): void {
  const command = program
    .command("fetch")
    .description("Download a model or a data set once, check it, unpack it, and print where it is.")
    .argument("<name>", "a name below, an http(s) address, or the path of an archive")
    .action(fetch);
  addHelpBelow(command, [
    [
      "Names:",
      ...catalog.map(({ name, description }) => `  ${name.padEnd(NAME_WIDTH)}  ${description}`),
    ].join("\n"),
    "The cache is TUNEBERT_CACHE or the platform's folder for caches. What other users may change there is checked by its " +
      "SHA-1 each time, and fetched again where none is known. Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.",
  ]);
  addOptions(command, fetchCommandOptions);
}

const NAME_WIDTH = Math.max(...catalog.map(({ name }) => name.length));

async function fetch(name: string, flags: OptionValues<typeof fetchCommandOptions>): Promise<void> {
  const { sha1, force, json } = flags;
  const fetched = await fetchArtifact(name, { ...fetchOptions(flags), force, sha1 });
  print(json ? JSON.stringify(fetched) : fetched.path);
}
