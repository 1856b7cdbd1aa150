import { shippedModels } from "../shipped.js";

/** A pretrained model or a data set that can be asked for by name. */
export interface Artifact {
  /** What it is asked for by, such as `bert.small`. */
  readonly name: string;
  readonly kind: "model" | "data";
  /** One line for people. */
  readonly description: string;
  /** Of the archive. */
  readonly url: string;
  /** Of the archive, in hexadecimal. */
  readonly sha1: string;
  /** The folder in the archive that holds the files. */
  readonly folder: string;
  /** What has to be in the folder. */
  readonly files: readonly string[];
  /** Of data: the file of each split. */
  readonly splits?: Readonly<Record<Split, string>>;
}

/** A part of a data set. */
export type Split = "train" | "dev" | "test";

/** Where d2l keeps its models (`DATA_URL`). */
const D2L = "http://d2l-data.s3-accelerate.amazonaws.com/";
const CHECKPOINT = ["vocab.json", "pretrained.params"];

/**
 * The pretrained models and data sets that have a name. Addresses and hashes are those of *Dive into Deep Learning* (`DATA_HUB`;
 * sections 15.9, 16.4 and 16.7).
 */
export const catalog: readonly Artifact[] = [
  {
    name: "bert.small",
    kind: "model",
    description: "d2l's small BERT (hidden size 256, 2 blocks, 4 heads), saved by PyTorch",
    url: `${D2L}bert.small.torch.zip`,
    sha1: "c72329e68a732bef0452e4b96a1c341c8910f81f",
    folder: "bert.small.torch",
    files: CHECKPOINT,
  },
  {
    name: "bert.base",
    kind: "model",
    description: "d2l's BERT base (hidden size 768, 12 blocks, 12 heads), saved by PyTorch",
    url: `${D2L}bert.base.torch.zip`,
    sha1: "225d66f04cae318b841a13d32af3acc165f253ac",
    folder: "bert.base.torch",
    files: CHECKPOINT,
  },
  {
    name: "bert.small.mxnet",
    kind: "model",
    description: "the small BERT, saved by MXNet",
    url: `${D2L}bert.small.zip`,
    sha1: "a4e718a47137ccd1809c9107ab4f5edd317bae2c",
    folder: "bert.small",
    files: CHECKPOINT,
  },
  {
    name: "bert.base.mxnet",
    kind: "model",
    description: "BERT base, saved by MXNet",
    url: `${D2L}bert.base.zip`,
    sha1: "7b3820b35da691042e5d34c0971ac3edbd80d3f4",
    folder: "bert.base",
    files: CHECKPOINT,
  },
  {
    name: "snli",
    kind: "data",
    description: "the Stanford Natural Language Inference corpus 1.0 (570,000 labelled pairs)",
    url: "https://nlp.stanford.edu/projects/snli/snli_1.0.zip",
    sha1: "9fcde07509c7e87ec61c640c1b2753d9041758e4",
    folder: "snli_1.0",
    files: ["snli_1.0_train.txt", "snli_1.0_dev.txt", "snli_1.0_test.txt"],
    splits: { train: "snli_1.0_train.txt", dev: "snli_1.0_dev.txt", test: "snli_1.0_test.txt" },
  },
  {
    name: "wikitext-2",
    kind: "data",
    description: "text of Wikipedia articles (2 million words), for pretraining",
    url: "https://s3.amazonaws.com/research.metamind.io/wikitext/wikitext-2-v1.zip",
    sha1: "3c914d17d80b1459be871a5039ac23e752a53cbe",
    folder: "wikitext-2",
    files: ["wiki.train.tokens", "wiki.valid.tokens", "wiki.test.tokens"],
    splits: { train: "wiki.train.tokens", dev: "wiki.valid.tokens", test: "wiki.test.tokens" },
  },
];

export function findArtifact(name: string): Artifact | undefined {
  return catalog.find((artifact) => artifact.name === name);
}

/** `bert.mini, bert.small, bert.base, …`, for messages. */
export function catalogNames(kind?: Artifact["kind"]): string {
  const fetched = catalog.filter((artifact) => !kind || artifact.kind === kind);
  return [...(kind === "data" ? [] : shippedModels), ...fetched].map(({ name }) => name).join(", ");
}
