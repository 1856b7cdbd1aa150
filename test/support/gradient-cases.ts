/** The computations of test/fixtures/gradients/operators.json, under the same names, as graphs. */

import { readFileSync } from "node:fs";
import { activate } from "../../src/nn/activation.js";
import type { Graph, Value } from "../../src/onnx/graph.js";
import * as op from "../../src/onnx/operators.js";
import type { Shape } from "../../src/onnx/shape.js";

export interface StoredTensor {
  readonly shape: number[];
  readonly type?: "int32";
  readonly data: number[];
}

/** What PyTorch computed: the outputs, and the gradients of the sum of the outputs times the weights. */
export interface GradientFixture {
  readonly inputs: Record<string, StoredTensor>;
  readonly outputs: StoredTensor[];
  readonly weights: StoredTensor[];
  readonly gradients: Record<string, StoredTensor>;
}

export interface GradientCase {
  build(graph: Graph, inputs: Record<string, Value>): Value | Value[];
  /** Shapes with symbols in place of some of the fixture's numbers. */
  readonly declared?: Record<string, Shape>;
  /** Factor by which the numbers of the case amplify rounding errors, where they do. */
  readonly amplification?: number;
  /** False where the function bends too much for differences of a step that float32 can resolve. */
  readonly differences?: false;
}

export const gradientFixtures: Record<string, GradientFixture> = JSON.parse(
  readFileSync(new URL("../fixtures/gradients/operators.json", import.meta.url), "utf8"),
);

export const gradientCases: Readonly<Record<string, GradientCase>> = {
  ...elementwise(),
  ...normalisations(),
  ...products(),
  ...layouts(),
  ...severalUses(),
};

function elementwise(): Record<string, GradientCase> {
  const cases: Record<string, GradientCase> = {
    neg: { build: (graph, { a }) => op.neg(graph, a!) },
    exp: { build: (graph, { a }) => op.exp(graph, a!), declared: { a: ["M", 4] } },
    tanh: { build: (graph, { a }) => op.tanh(graph, a!), declared: { a: ["M", 4] } },
    relu: { build: (graph, { a }) => op.relu(graph, a!), declared: { a: ["M", "H"] } },
  };
  const operands: [string, string, Record<string, Shape>?][] = [
    ["[2,3]", "[2,3]", { a: ["M", 3], b: ["M", 3] }],
    ["[3,4]", "[4]", { a: ["M", 4] }],
    ["[4]", "[3,4]"],
    ["[3,4]", "[3,1]", { a: ["M", 4], b: ["M", 1] }],
    ["[3,1]", "[1,4]", { a: ["M", 1] }],
    ["[2,2,3,3]", "[2,1,1,3]", { a: ["B", 2, "T", "T"], b: ["B", 1, 1, "T"] }],
    ["[3,4]", "[]"],
  ];
  for (const [name, operator] of Object.entries({ add: op.add, sub: op.sub, mul: op.mul })) {
    for (const [a, b, declared] of operands) {
      const build: GradientCase["build"] = (graph, { a, b }) => operator(graph, a!, b!);
      cases[`${name} ${a} ${b}`] = declared ? { build, declared } : { build };
    }
  }
  return cases;
}

function normalisations(): Record<string, GradientCase> {
  const softmax: GradientCase["build"] = (graph, { a }) => op.softmax(graph, a!);
  const logSoftmax: GradientCase["build"] = (graph, { a }) => op.logSoftmax(graph, a!);
  const layerNormalization: GradientCase["build"] = (graph, { a, b, c }) =>
    op.layerNormalization(graph, a!, b!, c!, 1e-5)[0]!;
  return {
    softmax: { build: softmax, declared: { a: ["M", 5] } },
    "softmax rank 4": { build: softmax, declared: { a: ["B", 2, "T", 3] } },
    "softmax masked": { build: softmax },
    "softmax dropped": { build: (graph, { a, b }) => op.mul(graph, op.softmax(graph, a!), b!) },
    logSoftmax: { build: logSoftmax, declared: { a: ["M", 5] } },
    "logSoftmax rank 3": { build: logSoftmax },
    layerNormalization: { build: layerNormalization, declared: { a: ["M", 6] } },
    // x - mean loses the digits that the two have in common: mean / standard deviation, about 50.
    "layerNormalization large mean": { build: layerNormalization, amplification: 50 },
    // The variance is 0: the inverse standard deviation is 1 / sqrt(epsilon), and only epsilon keeps the function
    // from jumping.
    "layerNormalization equal numbers": { build: layerNormalization, amplification: 316, differences: false },
  };
}

function products(): Record<string, GradientCase> {
  const cases: Record<string, GradientCase> = {
    "matMul plain": { build: (graph, { a, b }) => op.matMul(graph, a!, b!) },
  };
  for (const transA of [false, true]) {
    for (const transB of [false, true]) {
      const name = `gemm ${bits(transA, transB)}`;
      const declared = { a: transA ? [3, "M"] : ["M", 3] };
      cases[name] = {
        build: (graph, { a, b }) => op.gemm(graph, a!, b!, { transA, transB }),
        declared,
      };
      cases[`${name} c`] = {
        build: (graph, { a, b, c }) => op.gemm(graph, a!, b!, { transA, transB, c: c! }),
      };
      for (const transBatchA of [false, true]) {
        for (const transBatchB of [false, true]) {
          const options = { transA, transB, transBatchA, transBatchB, alpha: 0.7 };
          const build: GradientCase["build"] = (graph, { a, b }) => op.matMul(graph, a!, b!, options);
          const flags = bits(transA, transB, transBatchA, transBatchB);
          cases[`matMul rank 3 ${flags}`] = { build };
          cases[`matMul rank 4 ${flags}`] = {
            build,
            declared: {
              a: storedShape(["B", 2], 2, "K", transA, transBatchA),
              b: storedShape(["B", 2], "K", 4, transB, transBatchB),
            },
          };
        }
      }
    }
  }
  return cases;
}

/** How an operand is stored that FusedMatMul is to read as [batch…, rows, columns]. */
function storedShape(
  batch: Shape,
  rows: Shape[0],
  columns: Shape[0],
  trans: boolean,
  transBatch: boolean,
): Shape {
  const [first, last] = trans ? [columns, rows] : [rows, columns];
  return transBatch ? [first!, ...batch, last!] : [...batch, first!, last!];
}

function layouts(): Record<string, GradientCase> {
  const gather: GradientCase["build"] = (graph, { a, b }) => op.gather(graph, a!, b!);
  const sum =
    (axes: number[], keepDims = false): GradientCase["build"] =>
    (graph, { a }) =>
      op.reduceSum(graph, a!, axes, keepDims);
  const permuted =
    (...permutation: number[]): GradientCase["build"] =>
    (graph, { a }) =>
      op.transpose(graph, a!, permutation);
  const split: GradientCase["build"] = (graph, { a }) => op.split(graph, a!, [1, 3, 2], 1);
  return {
    "gather repeated": { build: gather, declared: { a: ["V", 3], b: ["M"] } },
    "gather matrix": { build: gather, declared: { a: ["U", 3], b: ["T", "B"] } },
    "gather rank 3": { build: gather },
    "gather constant": { build: (graph, { a }) => op.gather(graph, a!, graph.integers([0, 2, 0])) },
    "reduceSum 0": { build: sum([0]), declared: { a: ["M", 4] } },
    "reduceSum 1": { build: sum([1]), declared: { a: ["M", "H"] } },
    "reduceSum 1 keep": { build: sum([1], true) },
    "reduceSum -1 keep": { build: sum([-1], true), declared: { a: ["B", 2, "T"] } },
    "reduceSum 0,2": { build: sum([0, 2]) },
    "reduceSum 0,2 keep": { build: sum([0, 2], true) },
    "reduceSum all": { build: sum([0, 1]), declared: { a: ["B", 4] } },
    reshape: { build: (graph, { a }) => op.reshape(graph, a!, [2, 3, 2]) },
    "reshape symbolic": {
      build: (graph, { a }) => op.reshape(graph, a!, ["B*T", 4]),
      declared: { a: ["T", "B", 4] },
    },
    "transpose 1,0": { build: permuted(1, 0) },
    "transpose 1,2,0": { build: permuted(1, 2, 0) },
    "transpose 2,0,1,3": { build: permuted(2, 0, 1, 3), declared: { a: ["B", 2, "T", 2] } },
    head: { build: (graph, { a }) => op.head(graph, a!, 2) },
    "head rank 1": { build: (graph, { a }) => op.head(graph, a!, 3), declared: { a: ["M"] } },
    "head rank 3": { build: (graph, { a }) => op.head(graph, a!, 1), declared: { a: ["T", "B", 2] } },
    "concat 0": { build: (graph, { a, b, c }) => op.concat(graph, [a!, b!, c!], 0) },
    "concat 1": {
      build: (graph, { a, b }) => op.concat(graph, [a!, b!], 1),
      declared: { a: ["M", 1], b: ["M", 3] },
    },
    split: { build: split, declared: { a: ["M", 6] } },
    "split 0": { build: (graph, { a }) => op.split(graph, a!, [2, 1], 0) },
    "split unused part": {
      build: (graph, inputs) => [split(graph, inputs)].flat().filter((_, i) => i !== 1),
      declared: { a: ["M", 6] },
    },
  };
}

function severalUses(): Record<string, GradientCase> {
  return {
    square: { build: (graph, { a }) => op.mul(graph, a!, a!) },
    double: { build: (graph, { a }) => op.add(graph, a!, a!) },
    "difference of itself": { build: (graph, { a }) => op.sub(graph, a!, a!) },
    "concat with itself": { build: (graph, { a }) => op.concat(graph, [a!, a!], 0) },
    "gemm with itself": { build: (graph, { a }) => op.gemm(graph, a!, a!, { transB: true }) },
    "matMul with itself": { build: (graph, { a }) => op.matMul(graph, a!, a!, { transB: true }) },
    "two branches": {
      build: (graph, { a }) => op.add(graph, op.mul(graph, op.tanh(graph, a!), op.exp(graph, a!)), a!),
    },
    erf: { build: (graph, { a }) => op.erf(graph, a!) },
    gelu: { build: (graph, { a }) => activate({ graph }, "gelu", a!) },
    "gelu by tanh": { build: (graph, { a }) => activate({ graph }, "gelu-tanh", a!) },
    "output and input of a node": {
      build: (graph, { a }) => {
        const y = op.exp(graph, a!);
        return [y, op.tanh(graph, y)];
      },
    },
  };
}

function bits(...flags: boolean[]): string {
  return flags.map(Number).join("");
}
