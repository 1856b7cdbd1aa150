/**
 * The gradient rule of each operator: given the gradients of a node's outputs, appends nodes that compute the
 * gradients of its inputs. Nodes that turn out not to be needed are dropped when the graph is serialised.
 */
import { TunebertError } from "../error.js";
import type { Attribute, Graph, Node, Value } from "../onnx/graph.js";
import { elementCount } from "../onnx/graph.js";
import {
  add,
  cast,
  concat,
  exp,
  expand,
  gemm,
  greater,
  type MatMulOptions,
  matMul,
  matrixOfKnownWidth,
  mul,
  neg,
  padEnd,
  reduceSum,
  reshape,
  scatterAdd,
  split,
  sub,
  transpose,
  zeros,
} from "../onnx/operators.js";
import type { Shape } from "../onnx/shape.js";

/** `undefined` stands for an output that the loss ignores, or an input that has no gradient. */
export type GradientRule = (
  graph: Graph,
  node: Node,
  outputGradients: readonly (Value | undefined)[],
) => (Value | undefined)[];

export const gradientRules: Readonly<Record<string, GradientRule>> = {
  Add: elementwise((_graph, dy) => [dy, dy]),
  Sub: elementwise((graph, dy) => [dy, neg(graph, dy)]),
  Mul: elementwise((graph, dy, node) => {
    const [a, b] = operands(node);
    return [mul(graph, dy, b), mul(graph, dy, a)];
  }),
  Neg: elementwise((graph, dy) => [neg(graph, dy)]),
  Exp: elementwise((graph, dy, _node, y) => [mul(graph, dy, y)]),

  /** 1 - y² */
  Tanh: elementwise((graph, dy, _node, y) => [mul(graph, dy, sub(graph, graph.scalar(1), mul(graph, y, y)))]),

  /** 2/√π · exp(-x²) */
  Erf: elementwise((graph, dy, node) => {
    const x = operand(node);
    const density = mul(
      graph,
      exp(graph, neg(graph, mul(graph, x, x))),
      graph.scalar(2 / Math.sqrt(Math.PI)),
    );
    return [mul(graph, dy, density)];
  }),

  /** The gradient passes where the output is positive; at zero it is zero, as in PyTorch. */
  Relu: elementwise((graph, dy, _node, y) => [
    mul(graph, dy, cast(graph, greater(graph, y, graph.scalar(0)), "float32")),
  ]),

  /** y (dy - Σ y dy) */
  Softmax: elementwise((graph, dy, _node, y) => {
    const product = mul(graph, y, dy);
    return [sub(graph, product, mul(graph, y, reduceSum(graph, product, [-1], true)))];
  }),

  /** dy - softmax(x) Σ dy */
  LogSoftmax: elementwise((graph, dy, _node, y) => [
    sub(graph, dy, mul(graph, exp(graph, y), reduceSum(graph, dy, [-1], true))),
  ]),

  LayerNormalization: layerNormalizationRule,

  Gemm: ofOneOutput((graph, dy, node) => {
    const [a, b, c] = operands(node);
    const transA = flag(node.attributes.transA);
    const transB = flag(node.attributes.transB);
    const da = transA
      ? gemm(graph, b, dy, { transA: transB, transB: true })
      : gemm(graph, dy, b, { transB: !transB });
    const db = transB
      ? gemm(graph, dy, a, { transA: true, transB: transA })
      : gemm(graph, a, dy, { transA: !transA });
    return [da, db, c && reduceSum(graph, dy, [0], false)];
  }),

  FusedMatMul: ofOneOutput(matMulRule),

  Gather: ofOneOutput((graph, dy, node) => {
    const [table, ids] = operands(node);
    const rows = elementCount(ids);
    const updates = reshape(graph, dy, [rows, ...table.shape.slice(1)]);
    const positions = reshape(graph, ids.type === "int64" ? ids : cast(graph, ids, "int64"), [rows, 1]);
    return [scatterAdd(graph, zeros(graph, table.shape), positions, updates)];
  }),

  ReduceSum: ofOneOutput((graph, dy, node) => {
    const [x, axes] = operands(node);
    return [expand(graph, reshape(graph, dy, keptShape(graph, x, axes)), x.shape)];
  }),

  Reshape: ofOneOutput((graph, dy, node) => [reshape(graph, dy, operands(node)[0].shape)]),

  Transpose: ofOneOutput((graph, dy, { attributes }) => {
    const permutation = integers(attributes.perm);
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [transpose(graph, dy, inverse)];
  }),

  /** Only the form that `head` makes: the first entries along the first axis. */
  Slice: ofOneOutput((graph, dy, node) => [padEnd(graph, dy, operands(node)[0].shape)]),

  Concat: ofOneOutput((graph, dy, { inputs, attributes }) => {
    const axis = integer(attributes.axis);
    const sizes = inputs.map(({ shape }) => {
      const size = shape[axis];
      if (typeof size === "number") return size;
      throw new TunebertError(`the gradient of Concat needs sizes that are known in advance; ${size} is not`);
    });
    return split(graph, dy, sizes, axis);
  }),

  Split(graph, { outputs, attributes }, outputGradients) {
    const parts = outputs.map((output, i) => outputGradients[i] ?? zeros(graph, output.shape));
    return [concat(graph, parts, integer(attributes.axis)), undefined];
  },
};

type RuleOfOneOutput = (graph: Graph, dy: Value, node: Node, y: Value) => (Value | undefined)[];

/** A rule for operators with one output y. */
function ofOneOutput(rule: RuleOfOneOutput): GradientRule {
  return (graph, node, [dy]) => {
    const [y] = node.outputs;
    return y && dy ? rule(graph, dy, node, y) : [];
  };
}

/** A rule for operators that work element by element; gradients of broadcast operands are summed back. */
function elementwise(rule: RuleOfOneOutput): GradientRule {
  return ofOneOutput((graph, dy, node, y) => {
    const gradients = rule(graph, dy, node, y);
    return node.inputs.map(({ shape }, i) => gradients[i] && unbroadcast(graph, gradients[i], shape));
  });
}

/** What an operator of one operand is applied to. */
function operand({ operator, inputs }: Node): Value {
  const [only, ...others] = inputs;
  if (only && others.length === 0) return only;
  throw new TunebertError(`${operator} takes one operand; it has ${inputs.length}`);
}

/** What an operator of two operands, or more, is applied to. */
function operands({ operator, inputs }: Node): readonly [Value, Value, ...Value[]] {
  const [first, second, ...others] = inputs;
  if (first && second) return [first, second, ...others];
  throw new TunebertError(`${operator} takes two operands; it has ${inputs.length}`);
}

function unbroadcast(graph: Graph, gradient: Value, shape: Shape): Value {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, i) =>
    i < lead || (shape[i - lead] === 1 && dim !== 1) ? [i] : [],
  );
  return axes.length === 0 ? gradient : reshape(graph, reduceSum(graph, gradient, axes, false), shape);
}

/**
 * With x̂ = (x - μ) r and g the scale: dx = r (g dy - mean(g dy) - x̂ mean(g dy x̂)). Gathered by powers of x,
 * as PyTorch does, it is g dy r + x β + γ with two numbers β and γ per row, which takes fewer passes over memory.
 */
function layerNormalizationRule(
  graph: Graph,
  node: Node,
  [dy, dMean, dInverseStd]: readonly (Value | undefined)[],
): (Value | undefined)[] {
  const [, mean, inverseStd] = node.outputs;
  if (!dy || dMean || dInverseStd || !mean || !inverseStd) {
    throw new TunebertError("LayerNormalization: only the normalised output can be differentiated");
  }
  const [x, scale] = operands(node);
  const [rows, width] = matrixOfKnownWidth(x, "LayerNormalization");
  const column = reshape(graph, scale, [width, 1]);
  const product = mul(graph, dy, x); // [M, H]
  const sumGradient = gemm(graph, dy, column); // [M, 1] Σ g dy
  const sumProduct = gemm(graph, product, column); // [M, 1] Σ g dy x
  const cubed = mul(graph, inverseStd, mul(graph, inverseStd, inverseStd));
  const centred = sub(graph, mul(graph, sumGradient, mean), sumProduct);
  const beta = mul(graph, mul(graph, centred, cubed), graph.scalar(1 / width)); // [M, 1]
  const shift = mul(graph, mul(graph, sumGradient, inverseStd), graph.scalar(-1 / width));
  const gamma = sub(graph, shift, mul(graph, beta, mean)); // [M, 1]
  const direct = mul(graph, mul(graph, dy, scale), inverseStd);
  const dx = add(graph, add(graph, direct, mul(graph, x, beta)), gamma);

  const asRow = (perRow: Value) => reshape(graph, perRow, [1, rows]);
  const weighted = gemm(graph, asRow(inverseStd), product); // [1, H] Σ r dy x
  const shifted = gemm(graph, asRow(mul(graph, inverseStd, mean)), dy); // [1, H] Σ r μ dy
  const dScale = reshape(graph, sub(graph, weighted, shifted), [width]);
  return [dx, dScale, reduceSum(graph, dy, [0], false)];
}

function matMulRule(graph: Graph, dy: Value, node: Node): Value[] {
  const [a, b] = operands(node);
  const { attributes } = node;
  const [transA, transB] = [flag(attributes.transA), flag(attributes.transB)];
  const [transBatchA, transBatchB] = [flag(attributes.transBatchA), flag(attributes.transBatchB)];
  const alpha = float(attributes.alpha);
  const product = (left: Value, right: Value, options: MatMulOptions) =>
    matMul(graph, left, right, { ...options, alpha });
  const da = transA
    ? product(b, dy, { transA: transB, transBatchA: transBatchB, transB: true })
    : product(dy, b, { transB: !transB, transBatchB });
  const db = transB
    ? product(dy, a, { transA: true, transB: transA, transBatchB: transBatchA })
    : product(a, dy, { transA: !transA, transBatchA });
  return [asStored(graph, da, transBatchA), asStored(graph, db, transBatchB)];
}

/** Undoes FusedMatMul's batch transposition: [batch…, M, K] back to [M, batch…, K]. */
function asStored(graph: Graph, x: Value, transBatch: boolean): Value {
  if (!transBatch) return x;
  const last = x.shape.length - 1;
  const batch = Array.from({ length: last - 1 }, (_, i) => i);
  return transpose(graph, x, [last - 1, ...batch, last]);
}

/** The shape of a ReduceSum's result with its axes kept as 1. */
function keptShape(graph: Graph, x: Value, axes: Value): Shape {
  const constant = graph.constants.find(({ value }) => value === axes);
  if (!constant) throw new TunebertError("the gradient of ReduceSum needs axes that are known in advance");
  const reduced = new Set(Array.from(constant.data, Number));
  return x.shape.map((dim, i) => (reduced.has(i) ? 1 : dim));
}

function flag(attribute: Attribute | undefined): boolean {
  return integer(attribute) === 1;
}

function integer(attribute: Attribute | undefined): number {
  if (attribute && "int" in attribute) return attribute.int;
  throw new TunebertError("an attribute is not an integer");
}

function integers(attribute: Attribute | undefined): readonly number[] {
  if (attribute && "ints" in attribute) return attribute.ints;
  throw new TunebertError("an attribute is not a list of integers");
}

function float(attribute: Attribute | undefined): number {
  if (attribute && "float" in attribute) return attribute.float;
  throw new TunebertError("an attribute is not a number");
}
