import { describe, expect, test } from "vitest";
import { evaluate } from "../../test/support/evaluate.js";
import { TunebertError } from "../error.js";
import { Graph } from "./graph.js";
import { expand, mul, reshape, zeros } from "./operators.js";

describe("inputs and constants", () => {
  test("an input's name is taken once", () => {
    const graph = new Graph();
    graph.input("x", "float32", []);
    expect(() => graph.input("x", "int32", [2])).toThrow("the graph already has an input named x");
  });

  test("equal constants are one", () => {
    const graph = new Graph();
    expect(graph.scalar(0.5)).toBe(graph.scalar(0.5));
    expect(graph.integers([1, 2])).toBe(graph.integers([1, 2]));
    expect(graph.integers([1])).not.toBe(graph.scalar(1));
    expect(graph.constants).toHaveLength(4);
  });
});

describe("symbols are read off the inputs while the graph runs", () => {
  const feeds = { x: { data: Float32Array.from({ length: 12 }, (_, i) => i), dims: [3, 2, 2] } };

  test("in the shape of a reshape", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["T", "B", 2]);
    const flat = reshape(graph, x, ["2*B*T"]);
    const back = mul(graph, reshape(graph, flat, ["T", "B", 2]), x);
    const { result } = await evaluate(graph, { result: back }, feeds);
    expect([...result!]).toEqual(Array.from({ length: 12 }, (_, i) => i * i));
  });

  test("in products and multiples", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["T", "B", 2]);
    const blank = zeros(graph, ["B*T", "2*T"]);
    const wide = expand(graph, reshape(graph, x, ["B*T", 2, 1]), ["B*T", 2, "B"]);
    const results = await evaluate(graph, { blank, wide }, feeds);
    expect(results.blank).toEqual(new Float32Array(6 * 6));
    expect([...results.wide!.subarray(0, 6)]).toEqual([0, 0, 1, 1, 2, 2]);
    expect(results.wide).toHaveLength(24);
  });

  test("a symbol that no input has is named", () => {
    const graph = new Graph();
    graph.input("x", "float32", ["T"]);
    expect(() => zeros(graph, ["T", "M"])).toThrow(TunebertError);
    expect(() => zeros(graph, ["T", "M"])).toThrow(
      "no input of the graph says how large M is in shape [T, M]",
    );
  });
});
