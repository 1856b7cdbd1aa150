import { existsSync } from "node:fs";
import { join } from "node:path";
import { TunebertError } from "../../error.js";
import * as json from "../../text/json-reader.js";
import { listNames } from "../../text/list-names.js";
import { showJson } from "../../text/show-json.js";
import { readText } from "../files/files.js";

/** What a folder of the library `sentence-transformers` says of its model. */
export interface SentenceTransformer {
  /** Where the files of the transformer are. */
  readonly folder: string;
  /** How a text's tokens become one vector: that of the first, or their mean; `undefined` where the folder does not say. */
  readonly pooling: Pooling | undefined;
  /** Modules behind the pooling that a classifier does without. */
  readonly leftOut: readonly string[];
}

/** What of the encoder's tokens the output layer reads. */
export type Pooling = "cls" | "mean";

const MODULES = "modules.json";

/** Whether a folder has the modules of `sentence-transformers`. */
export function isSentenceTransformer(folder: string): boolean {
  return existsSync(join(folder, MODULES));
}

/**
 * Reads `modules.json` and the pooling that it names.
 * @param wanted pooling that was asked for, whatever the folder says
 * @throws TunebertError that names the file, when it is damaged, there is no transformer among the modules, or the pooling is
 *   none that a classifier has
 */
export async function readSentenceTransformer(
  folder: string,
  wanted: Pooling | undefined,
): Promise<SentenceTransformer> {
  const path = join(folder, MODULES);
  const modules = json.parseJson(await readText(path), path, json.list(readModule));
  const transformer = modules.find(({ kind }) => kind === "Transformer");
  if (transformer === undefined) {
    throw new TunebertError(
      `${path} names no Transformer, but ${listNames(modules.map(({ kind }) => kind)) || "nothing"}`,
    );
  }
  const pooling = modules.find(({ kind }) => kind === "Pooling");
  const others = modules.filter(
    ({ kind }) => !["Transformer", "Pooling", "Normalize", "Dropout"].includes(kind),
  );
  return {
    folder: join(folder, transformer.path),
    pooling: wanted ?? (pooling && (await readPooling(join(folder, pooling.path, "config.json")))),
    leftOut: others.map(({ path }) => path),
  };
}

const readEntry = json.object({ type: json.string, path: json.string });

const readModule: json.JsonReader<{ readonly kind: string; readonly path: string }> = (value, place) => {
  const { type, path } = readEntry(value, place);
  if (path !== "" && !/^\w[\w.-]*$/.test(path))
    throw json.fault(path, `${place}.path`, "a folder in this one");
  return { kind: type.split(".").at(-1) ?? "", path };
};

/** What older files say, by a key for each, and what newer ones call it. */
const MODES: Readonly<Record<string, string>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
  pooling_mode_weightedmean_tokens: "weightedmean",
  pooling_mode_lasttoken: "lasttoken",
};

async function readPooling(path: string): Promise<Pooling> {
  const found = json.parseJson(await readText(path), path, json.record(json.anything));
  const { pooling_mode: named } = found;
  const modes = Object.entries(MODES).flatMap(([key, mode]) => (found[key] === true ? mode : []));
  const all = named === undefined ? modes : [named].flat();
  const [only] = all;
  if (all.length === 1 && (only === "cls" || only === "mean")) return only;
  throw new TunebertError(
    (pooling) =>
      `${path}: the pooling is ${all.length === 0 ? "not told" : all.map((mode) => showJson(mode)).join(" and ")}; tunebert ` +
      `knows cls and mean. Choose one of them with ${pooling}`,
    { option: "pooling" },
  );
}
