import { describe, expect, test } from "vitest";
import { frozenParameters } from "./freeze.js";
import { modelParameters } from "./model-program.js";

const config = { vocabularySize: 9, hidden: 4, ffn: 8, heads: 2, blocks: 12, maxPositions: 6 };
const names = [...modelParameters(config, 2).keys()];
const embeddings = names.filter((name) => name.includes("embedding"));
const block = (i: number) => names.filter((name) => name.startsWith(`encoder.blks.${i}.`));

describe("frozen are", () => {
  test("no parameters by default", () => {
    expect(frozenParameters(config, "nothing")).toEqual(new Set());
  });

  test("the three embeddings", () => {
    expect(embeddings).toHaveLength(3);
    expect(frozenParameters(config, "embeddings")).toEqual(new Set(embeddings));
  });

  test("these and the lowest blocks", () => {
    expect(frozenParameters(config, 2)).toEqual(new Set([...embeddings, ...block(0), ...block(1)]));
  });

  test("all but the hidden layer, and the output layer that a classifier adds", () => {
    const all = names.filter((name) => name.startsWith("encoder."));
    expect(frozenParameters(config, "encoder")).toEqual(new Set(all));
    expect(frozenParameters(config, 12)).toEqual(new Set(all));
  });

  test("not more blocks than there are", () => {
    expect(() => frozenParameters(config, 13)).toThrow(
      "cannot freeze the lowest 13 blocks: the model has 12",
    );
  });
});
