import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { Graph, type Value } from "./graph.js";
import * as op from "./operators.js";
import type { Shape } from "./shape.js";

const graph = new Graph();
let count = 0;
const float = (...shape: Shape) => graph.input(`x${count++}`, "float32", shape);
const ids = (...shape: Shape) => graph.input(`x${count++}`, "int32", shape);

describe("results have the shape that the operator will give them", () => {
  test.each<[string, () => Value, Shape]>([
    ["add", () => op.add(graph, float("M", 4), float(4)), ["M", 4]],
    ["greater", () => op.greater(graph, float("M", 4), float()), ["M", 4]],
    ["gemm", () => op.gemm(graph, float("M", 3), float(3, 4)), ["M", 4]],
    [
      "gemm transposed",
      () => op.gemm(graph, float(3, "M"), float(4, 3), { transA: true, transB: true }),
      ["M", 4],
    ],
    ["matMul", () => op.matMul(graph, float("B", 2, 3), float("B", 3, 4)), ["B", 2, 4]],
    [
      "matMul with batch axes behind",
      () =>
        op.matMul(graph, float("T", "B", 2, 8), float("T", "B", 2, 8), {
          transBatchA: true,
          transBatchB: true,
          transB: true,
        }),
      ["B", 2, "T", "T"],
    ],
    ["gather", () => op.gather(graph, float("U", 8), ids("T", "B")), ["T", "B", 8]],
    ["reduceSum", () => op.reduceSum(graph, float("B", 2, 3), [0, -1], false), [2]],
    ["reduceSum keeping axes", () => op.reduceSum(graph, float("B", 2, 3), [0, -1], true), [1, 2, 1]],
    ["reshape", () => op.reshape(graph, float("T", "B", 8), ["B*T", 2, 4]), ["B*T", 2, 4]],
    ["transpose", () => op.transpose(graph, float("B", 2, "T", 3), [2, 0, 1, 3]), ["T", "B", 2, 3]],
    ["head", () => op.head(graph, float("T", "B", 8), 1), [1, "B", 8]],
    ["concat", () => op.concat(graph, [float("M", 2), float("M", 3)], 1), ["M", 5]],
    ["concat of symbols", () => op.concat(graph, [float("B0", 2), float("B1", 2)], 0), ["B0+B1", 2]],
    ["split", () => op.split(graph, float("M", 5), [2, 3], 1)[1]!, ["M", 3]],
    ["expand", () => op.expand(graph, float("M", 1), ["M", 4]), ["M", 4]],
    ["padEnd", () => op.padEnd(graph, float(1, "B"), ["T", "B"]), ["T", "B"]],
  ])("%s", (_, build, shape) => {
    expect(build().shape).toEqual(shape);
  });

  test("reshape to the same shape is the value itself", () => {
    const x = float("T", 8);
    expect(op.reshape(graph, x, ["T", 8])).toBe(x);
  });
});

describe("mistakes show at the line that makes them", () => {
  test.each<[string, () => unknown, string]>([
    ["add", () => op.add(graph, float("M", 4), float(3)), "Add: shapes [M, 4] and [3] do not broadcast"],
    [
      "types",
      () => op.mul(graph, graph.input("floats", "float32", [2]), graph.input("integers", "int64", [2])),
      "Mul: floats is float32, but integers is int64",
    ],
    ["gemm", () => op.gemm(graph, float("M", 3), float(4, 3)), "Gemm: [M, 3] and [4, 3] do not fit"],
    [
      "gemm of a batch",
      () => op.gemm(graph, graph.input("batch", "float32", [2, 3, 4]), float(4, 3)),
      "Gemm: batch [2, 3, 4] is not a matrix",
    ],
    [
      "gemm with a column for c",
      () => op.gemm(graph, float("M", 3), float(3, 4), { c: float("M", 1) }),
      "Gemm: c has shape [M, 1], expected [4]",
    ],
    [
      "matMul inner axes",
      () => op.matMul(graph, float("B", 2, 3), float("B", 2, 3)),
      "FusedMatMul: [B, 2, 3] and [B, 2, 3] do not fit",
    ],
    [
      "matMul batch axes",
      () => op.matMul(graph, float("B", 2, 3), float("T", 3, 2)),
      "FusedMatMul: [B, 2, 3] and [T, 3, 2] do not fit",
    ],
    [
      "matMul ranks",
      () => op.matMul(graph, float("B", 2, 2, 3), float(2, 3, 2)),
      "FusedMatMul: [B, 2, 2, 3] and [2, 3, 2] do not fit",
    ],
    [
      "matMul of matrices",
      () => op.matMul(graph, float(2, 3), float(3, 2)),
      "FusedMatMul: [2, 3] and [3, 2] do not fit",
    ],
    [
      "reshape",
      () => op.reshape(graph, float("T", "B", 8), ["B*T", 4]),
      "Reshape: [T, B, 8] does not have as many elements as [B*T, 4]",
    ],
    [
      "reshape into heads that do not divide the hidden size",
      () => op.reshape(graph, float("T", "B", 30), ["T", "B", 4, 30 / 4]),
      "Reshape: the dimension 7.5 of [T, B, 4, 7.5] is not a whole number",
    ],
    [
      "transpose with an axis twice",
      () => op.transpose(graph, float("B", 2, 3), [0, 2, 2]),
      "Transpose: 0, 2, 2 does not reorder the axes of [B, 2, 3]",
    ],
    [
      "transpose with too few axes",
      () => op.transpose(graph, float("B", 2, 3), [1, 0]),
      "Transpose: 1, 0 does not reorder the axes of [B, 2, 3]",
    ],
    [
      "reduceSum over an axis that is not there",
      () => op.reduceSum(graph, graph.input("reduced", "float32", ["B", 2]), [2], true),
      "ReduceSum: reduced [B, 2] has no axis 2",
    ],
    [
      "gather by floats",
      () => op.gather(graph, float(3, 2), graph.input("places", "float32", [2])),
      "Gather: the ids places are float32, expected int32 or int64",
    ],
    [
      "matMul without batch axes",
      () => op.matMul(graph, float(2, 3), float(3, 4)),
      "FusedMatMul: [2, 3] and [3, 4] do not fit",
    ],
    ["concat of nothing", () => op.concat(graph, [], 0), "Concat: there is nothing to join"],
    [
      "concat along an axis that is not there",
      () => op.concat(graph, [graph.input("joined", "float32", ["B", 2])], 2),
      "Concat: joined [B, 2] has no axis 2",
    ],
    ["head", () => op.head(graph, float(2, 3), 4), "Slice: [2, 3] has no 4 entries along its first axis"],
    [
      "concat of other widths",
      () => op.concat(graph, [float(2, 3), float(2, 4)], 0),
      "Concat: [2, 3] and [2, 4] do not fit",
    ],
    [
      "split",
      () => op.split(graph, float("M", 6), [2, 3], 1),
      "Split: sizes 2 + 3 do not make up axis 1 of [M, 6]",
    ],
    [
      "layerNormalization",
      () => op.layerNormalization(graph, float("M", 6), float(5), float(6), 1e-5),
      "LayerNormalization: scale has shape [5], expected [6]",
    ],
    ["expand", () => op.expand(graph, float("M", 4), ["M", 1]), "Expand has shape [M, 4], expected [M, 1]"],
  ])("%s", (_, build, message) => {
    expect(build).toThrow(new TunebertError(message));
  });
});
