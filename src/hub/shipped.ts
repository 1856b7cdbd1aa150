import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A model that comes with the package. */
export interface ShippedModel {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
}

/** Those that there are; each has its own licence beside it. */
export const shippedModels: readonly ShippedModel[] = [
  {
    name: "bert.mini",
    description: "a small pretrained BERT (hidden size 128, 3 blocks, 4 heads) that comes with tunebert",
  },
  {
    name: "nli.mini",
    description:
      "the same, trained to tell whether a second sentence follows from a first; comes with tunebert",
  },
];

/** Where a model is that comes with the package; `undefined` of any other name. */
export function shippedFolder(name: string): string | undefined {
  if (!shippedModels.some((model) => model.name === name)) return undefined;
  return fileURLToPath(new URL(`../../models/${name}`, import.meta.url));
}

/** The folder of a trained model: a path as it is, or a name; a path that exists wins. */
export function modelFolder(pathOrName: string): string {
  return existsSync(pathOrName) ? pathOrName : (shippedFolder(pathOrName) ?? pathOrName);
}
