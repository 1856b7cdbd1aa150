import { fileURLToPath } from "node:url";

/** A pretrained model that comes with the package. */
export interface ShippedModel {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
}

/** Those that there are; each has its own licence beside it. */
export const shippedModels: readonly ShippedModel[] = [
  {
    name: "bert.mini",
    description: "tunebert's smallest BERT (hidden size 128, 3 blocks, 4 heads); comes with the package",
  },
];

/** Where a model is that comes with the package; `undefined` of any other name. */
export function shippedFolder(name: string): string | undefined {
  if (!shippedModels.some((model) => model.name === name)) return undefined;
  return fileURLToPath(new URL(`../../../models/${name}`, import.meta.url));
}
