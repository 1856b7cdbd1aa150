import { checkLabels } from "../bert/check-labels.js";
import { type BertConfig, checkConfig } from "../bert/config.js";
import { TunebertError } from "../error.js";
import { checkTruncation, DEFAULT_TRUNCATION, type TruncationName } from "../text/truncate-pair.js";
import { inFile } from "./files.js";

/** What config.json says of a trained model. */
export interface ModelConfig {
  readonly config: BertConfig;
  readonly labels: readonly string[];
  readonly maxLength: number;
  readonly truncation: TruncationName;
}

/** `format` in config.json, by which a folder is known to be ours. */
export const FORMAT = "tunebert";
const VERSION = 1;

/** The text of config.json. */
export function formatModelConfig({ config, labels, maxLength, truncation }: ModelConfig): string {
  const json = { format: FORMAT, version: VERSION, ...config, labels, maxLength, truncation };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Reads the text of config.json. One without `truncation` is from a time when there was but one kind.
 * @throws TunebertError, with `path`, when it is not JSON, not ours, or an entry is missing or impossible
 */
export function parseModelConfig(text: string, path: string): ModelConfig {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TunebertError(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (json?.format !== FORMAT || json.version !== VERSION) {
    throw new TunebertError(
      `${path} does not describe a model of tunebert (format ${FORMAT}, version ${VERSION})`,
    );
  }
  const number = (name: string): number => {
    if (typeof json[name] !== "number") throw new TunebertError(`${path}: ${name} is not a number`);
    return json[name];
  };
  const { labels, truncation = DEFAULT_TRUNCATION } = json;
  if (!Array.isArray(labels) || labels.length < 2 || labels.some((label) => typeof label !== "string")) {
    throw new TunebertError(`${path}: labels is not a list of at least two names`);
  }
  inFile(path, () => checkLabels(labels));
  const config = inFile(path, () =>
    checkConfig({
      vocabularySize: number("vocabularySize"),
      hidden: number("hidden"),
      ffn: number("ffn"),
      heads: number("heads"),
      blocks: number("blocks"),
      maxPositions: number("maxPositions"),
    }),
  );
  return {
    config,
    labels,
    maxLength: number("maxLength"),
    truncation: inFile(path, () => checkTruncation(truncation)),
  };
}
