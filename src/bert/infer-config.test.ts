import { describe, expect, test } from "vitest";
import { Random } from "../random.js";
import { BertClassifier } from "./bert-classifier.js";
import { inferConfig } from "./infer-config.js";

const config = { vocabularySize: 50, hidden: 128, ffn: 20, heads: 2, blocks: 11, maxPositions: 16 };
const state = BertClassifier.fromScratch(config, ["a", "b"], new Random(0)).stateDict();

describe("inferConfig", () => {
  test("reads the sizes off the tensors, and takes heads of 64", () => {
    expect(inferConfig(state)).toEqual(config);
  });

  test("takes the number of heads it is given", () => {
    expect(inferConfig(state, 4)).toEqual({ ...config, heads: 4 });
  });

  test("asks for the number of heads where 64 does not divide the hidden size", () => {
    const odd = BertClassifier.fromScratch({ ...config, hidden: 30 }, ["a", "b"], new Random(0)).stateDict();
    expect(() => inferConfig(odd)).toThrow("give their number as heads, a divisor of 30");
  });

  test("names what is missing or of another rank", () => {
    const without = new Map([...state].filter(([name]) => !name.includes("pos_embedding")));
    expect(() => inferConfig(without)).toThrow("the weights hold no encoder.pos_embedding");
    const flat = { type: "float32" as const, shape: [50 * 128], data: new Float32Array(50 * 128) };
    const reshaped = new Map([...state, ["encoder.token_embedding.weight", flat] as const]);
    expect(() => inferConfig(reshaped)).toThrow(
      "encoder.token_embedding.weight has shape [6400]; expected 2 dimensions",
    );
  });
});
