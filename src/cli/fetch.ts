import { existsSync } from "node:fs";
import type { Command } from "commander";
import { catalog } from "../hub/fetch/catalog.js";
import { fetchArtifact } from "../hub/fetch/fetch-artifact.js";
import { fetchHubModel, isHubName } from "../hub/fetch/hub-model.js";
import { shippedFolder, shippedModels } from "../hub/shipped.js";
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
    .argument(
      "<name>",
      "a name below, org/name of the Hugging Face hub, an http(s) address, or the path of an archive",
    )
    .action(fetch);
  addHelpBelow(command, [
    [
      "Names:",
      ...[...shippedModels, ...catalog].map(
        ({ name, description }) => `  ${name.padEnd(NAME_WIDTH)}  ${description}`,
      ),
    ].join("\n"),
    "Models of the Hugging Face hub are kept in its own cache, where Python finds them too; HF_TOKEN, HF_ENDPOINT, HF_HOME, " +
      "HF_HUB_CACHE and HF_HUB_OFFLINE mean what they mean there. org/name@revision asks for a branch, a tag or a commit.",
    "The cache is TUNEBERT_CACHE or the platform's folder for caches. What other users may change there is checked by its " +
      "SHA-1 each time, and fetched again where none is known. Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.",
  ]);
  addOptions(command, fetchCommandOptions);
}

const NAME_WIDTH = Math.max(...[...shippedModels, ...catalog].map(({ name }) => name.length));

async function fetch(name: string, flags: OptionValues<typeof fetchCommandOptions>): Promise<void> {
  const { sha1, force, json } = flags;
  const shipped = existsSync(name) ? undefined : shippedFolder(name);
  if (shipped !== undefined) {
    print(json ? JSON.stringify({ path: shipped }) : shipped);
    return;
  }
  const isOfHub = isHubName(name) && !existsSync(name);
  const fetched = await (isOfHub ? fetchHubModel : fetchArtifact)(name, {
    ...fetchOptions(flags),
    force,
    sha1,
  });
  print(json ? JSON.stringify(fetched) : fetched.path);
}
