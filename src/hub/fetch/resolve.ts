import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { TunebertError } from "../../error.js";
import { looksLikeAddress, showAddress } from "../files/address.js";
import { filesOfPattern } from "../files/file-pattern.js";
import { shippedFolder } from "../shipped.js";
import { isWebAddress } from "./artifact-source.js";
import { type Artifact, catalogNames, findArtifact, type Split } from "./catalog.js";
import { type FetchOptions, fetchArtifact } from "./fetch-artifact.js";
import { fetchHubModel, isHubName } from "./hub-model.js";
import { isArchiveName } from "./unpack-archive.js";

/**
 * The folder of a pretrained model: a path as it is, an archive unpacked, a name of the catalog, an address, or a name of
 * the Hugging Face hub (`org/name`, `org/name@revision`) fetched. A path that exists wins over a name.
 * @throws TunebertError when a name is unknown or not a model's, or as {@link fetchArtifact}
 * @example
 * console.log(await resolvePretrained("bert")); // bert
 */
export async function resolvePretrained(nameOrFolder: string, options: FetchOptions = {}): Promise<string> {
  const found = await resolve(nameOrFolder, "model", options);
  if (isWebAddress(nameOrFolder) && !statSync(found).isDirectory()) {
    throw new TunebertError(
      `${showAddress(nameOrFolder)} is a single file; expected an archive (.zip, .tar.gz) with vocab.json and the weights`,
    );
  }
  return found;
}

/**
 * The file of a data set: a path as it is; of a folder, an archive, an address or a name of the catalog the file
 * of the split. A folder is a data set when its files for several splits are called alike, as in `snli_1.0_train.txt`
 * and `snli_1.0_dev.txt`. `name:dev` asks for a split whatever the default. A path that exists wins over a name.
 * @throws TunebertError when a name is unknown or not a data set's, a folder is none or several of its files could be
 * meant, or as {@link fetchArtifact}
 * @example
 * console.log(await resolveData("corpus", "train")); // corpus/train.csv
 */
export async function resolveData(
  nameOrFile: string,
  split: Split,
  options: FetchOptions = {},
): Promise<string> {
  const asked = existsSync(nameOrFile) ? null : /^(.+):(train|dev|test)$/.exec(nameOrFile);
  const [, prefix = "", suffix] = asked ?? [];
  const name = findArtifact(prefix) ? prefix : nameOrFile;
  const wanted = (name !== nameOrFile && SPLITS.find((known) => known === suffix)) || split;
  const found = await resolve(name, "data", options);
  if (!existsSync(found) || !statSync(found).isDirectory()) return found;
  const file = existsSync(name) ? undefined : findArtifact(name)?.splits?.[wanted];
  return join(found, file ?? fileOfSplit(found, wanted, { isDataSet: found !== name }));
}

/**
 * The files of a data set: as {@link resolveData}, or those that a pattern such as `data/*.csv` stands for.
 * @throws TunebertError when there is no file of the pattern, or as {@link resolveData}
 */
export async function resolveDataFiles(
  nameOrPattern: string,
  split: Split,
  options: FetchOptions = {},
): Promise<readonly string[]> {
  const files = await filesOfPattern(nameOrPattern);
  const [only] = files;
  return only === nameOrPattern ? [await resolveData(only, split, options)] : files;
}

async function resolve(name: string, kind: Artifact["kind"], options: FetchOptions): Promise<string> {
  if (existsSync(name)) {
    const unpack = isArchiveName(name) && statSync(name).isFile();
    return unpack ? (await fetchArtifact(name, options)).path : name;
  }
  const shipped = kind === "model" ? shippedFolder(name) : undefined;
  if (shipped !== undefined) return shipped;
  const artifact = findArtifact(name);
  if (artifact && artifact.kind !== kind) {
    const expected = kind === "model" ? "a pretrained model" : "a data set";
    throw new TunebertError(`${name} is not ${expected}; the catalog has ${catalogNames(kind)}`);
  }
  if (!artifact && kind === "model" && isHubName(name)) return (await fetchHubModel(name, options)).path;
  if (artifact || looksLikeAddress(name)) return (await fetchArtifact(name, options)).path;
  if (looksLikeName(name)) {
    throw new TunebertError(
      `"${name}" is neither a path that exists nor a name of the catalog, which has ${catalogNames(kind)}`,
    );
  }
  return name;
}

/** What has no folder in it and does not end like a file; whoever opens it says best what a path lacks. */
function looksLikeName(name: string): boolean {
  return !/[/\\]/.test(name) && !DATA_ENDINGS.some((ending) => name.endsWith(ending));
}

/** In the order of preference, where a data set comes in several formats. */
const DATA_ENDINGS = [".txt", ".tsv", ".csv", ".jsonl", ".json", ".parquet"].flatMap((ending) => [
  ending,
  `${ending}.gz`,
]);

/** The split that a file's name speaks of, as in `snli_1.0_dev.txt` or `train.csv`. */
const SPLIT_NAMES: Readonly<Record<Split, RegExp>> = {
  train: /(?<![a-z])train(?![a-z])/i,
  dev: /(?<![a-z])(dev|valid|validation)(?![a-z])/i,
  test: /(?<![a-z])test(?![a-z])/i,
};

const SPLITS: readonly Split[] = ["train", "dev", "test"];

/** How many names of a folder's files an error shows. */
const SHOWN_FILES = 10;

function fileOfSplit(folder: string, split: Split, { isDataSet }: { readonly isDataSet: boolean }): string {
  const names = readdirSync(folder).sort();
  for (const ending of DATA_ENDINGS) {
    const files = names.filter((name) => name.endsWith(ending) && SPLIT_NAMES[split].test(name));
    if (files.length > 1) {
      throw new TunebertError(
        `${folder} holds several files for ${split}: ${listOf(files)}; name one of them`,
      );
    }
    const [file] = files;
    if (file !== undefined && (isDataSet || hasOtherSplit(file, split, names))) return file;
  }
  throw new TunebertError(
    `${folder} is a folder, and no data set with a file for ${split} and one called alike for another split; ` +
      `it holds ${listOf(dataFirst(names)) || "nothing"}. Name a file`,
  );
}

/** Whether another file has the same name but for the split that it speaks of. */
function hasOtherSplit(file: string, split: Split, names: readonly string[]): boolean {
  const stem = (name: string, split: Split) => name.replace(SPLIT_NAMES[split], "*");
  return SPLITS.some(
    (other) =>
      other !== split &&
      names.some((name) => SPLIT_NAMES[other].test(name) && stem(name, other) === stem(file, split)),
  );
}

function dataFirst(names: readonly string[]): string[] {
  const isData = (name: string) => DATA_ENDINGS.some((ending) => name.endsWith(ending));
  return [...names.filter(isData), ...names.filter((name) => !isData(name))];
}

function listOf(names: readonly string[]): string {
  const more = names.length > SHOWN_FILES ? ` and ${names.length - SHOWN_FILES} more` : "";
  return names.slice(0, SHOWN_FILES).join(", ") + more;
}
