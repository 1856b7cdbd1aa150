/** The ONNX operators (opset 18) that the models are built from: one function each, with its shape rule. */
import { TunebertError } from "../error.js";
import { type Attribute, type ElementType, elementCount, type Graph, type Value } from "./graph.js";
import { broadcastShapes, checkShape, type Dim, product, type Shape, sameShape, showShape } from "./shape.js";

export const add = (graph: Graph, a: Value, b: Value) => binary(graph, "Add", a, b);
export const sub = (graph: Graph, a: Value, b: Value) => binary(graph, "Sub", a, b);
export const mul = (graph: Graph, a: Value, b: Value) => binary(graph, "Mul", a, b);
export const neg = (graph: Graph, x: Value) => unary(graph, "Neg", x);
export const exp = (graph: Graph, x: Value) => unary(graph, "Exp", x);
export const tanh = (graph: Graph, x: Value) => unary(graph, "Tanh", x);
export const erf = (graph: Graph, x: Value) => unary(graph, "Erf", x);
export const relu = (graph: Graph, x: Value) => unary(graph, "Relu", x);

/** a + b of one shape, in the form that ONNX Runtime fuses into the matrix product that made a or b. */
export function sum(graph: Graph, a: Value, b: Value): Value {
  expectShape("Sum", b.shape, a.shape);
  return one(graph, "Sum", [a, b], a.type, a.shape);
}

/** a > b, element by element. */
export function greater(graph: Graph, a: Value, b: Value): Value {
  return one(graph, "Greater", [a, b], "bool", broadcastShapes(a.shape, b.shape, "Greater"));
}

export function cast(graph: Graph, x: Value, type: "float32" | "int64"): Value {
  return one(graph, "Cast", [x], type, x.shape, { to: { int: type === "float32" ? 1 : 7 } });
}

/** x softmaxed over its last axis. */
export function softmax(graph: Graph, x: Value): Value {
  return one(graph, "Softmax", [x], x.type, x.shape, { axis: { int: -1 } });
}

export function logSoftmax(graph: Graph, x: Value): Value {
  return one(graph, "LogSoftmax", [x], x.type, x.shape, { axis: { int: -1 } });
}

/**
 * Normalises the rows of x [M, H], then scales [H] and shifts [H] them.
 * Outputs: the result [M, H], the rows' means [M, 1] and inverse standard deviations [M, 1].
 */
export function layerNormalization(
  graph: Graph,
  x: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): [result: Value, means: Value, inverseStds: Value] {
  const [rows, width] = matrix(x, "LayerNormalization");
  expectShape("LayerNormalization: scale", scale.shape, [width]);
  expectShape("LayerNormalization: bias", bias.shape, [width]);
  const float = (shape: Shape) => ({ type: "float32" as const, shape });
  const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
  return graph.add(
    "LayerNormalization",
    [x, scale, bias],
    [float(x.shape), float([rows, 1]), float([rows, 1])],
    attributes,
  );
}

/** a [M, K] times b [K, N], either stored transposed, plus a row c [N] where given. */
export function gemm(
  graph: Graph,
  a: Value,
  b: Value,
  options: { transA?: boolean; transB?: boolean; c?: Value } = {},
): Value {
  const { transA = false, transB = false, c } = options;
  const [m, k] = swapIf(transA, matrix(a, "Gemm"));
  const [k2, n] = swapIf(transB, matrix(b, "Gemm"));
  if (k !== k2) mismatch("Gemm", a, b);
  if (c) expectShape("Gemm: c", c.shape, [n]);
  const attributes = { transA: { int: Number(transA) }, transB: { int: Number(transB) } };
  return one(graph, "Gemm", c ? [a, b, c] : [a, b], "float32", [m, n], attributes);
}

export interface MatMulOptions {
  /** Swap the last two axes of an operand. */
  transA?: boolean;
  transB?: boolean;
  /** Move the first axis of an operand behind its batch axes, before the swap: [T, B, N, D] is read as [B, N, T, D]. */
  transBatchA?: boolean;
  transBatchB?: boolean;
  /** A factor on the product. */
  alpha?: number;
}

/** Batched product of a [batch…, M, K] and b [batch…, K, N] (ONNX Runtime's FusedMatMul). */
export function matMul(graph: Graph, a: Value, b: Value, options: MatMulOptions = {}): Value {
  const { transA = false, transB = false, transBatchA = false, transBatchB = false, alpha = 1 } = options;
  const [batch, m, k] = asRead(a.shape, transBatchA, transA);
  const [batchB, k2, n] = asRead(b.shape, transBatchB, transB);
  if (batch.length === 0 || m === undefined || n === undefined || k !== k2 || !sameShape(batch, batchB)) {
    mismatch("FusedMatMul", a, b);
  }
  const attributes = {
    transA: { int: Number(transA) },
    transB: { int: Number(transB) },
    transBatchA: { int: Number(transBatchA) },
    transBatchB: { int: Number(transBatchB) },
    alpha: { float: alpha },
  };
  return one(graph, "FusedMatMul", [a, b], "float32", [...batch, m, n], attributes, "com.microsoft");
}

/** Rows of table [R, …] by ids […]: […, …]. */
export function gather(graph: Graph, table: Value, ids: Value): Value {
  if (ids.type !== "int32" && ids.type !== "int64") {
    throw new TunebertError(`Gather: the ids ${ids.name} are ${ids.type}, expected int32 or int64`);
  }
  expectAxes("Gather", table, [0]);
  const shape = [...ids.shape, ...table.shape.slice(1)];
  return one(graph, "Gather", [table, ids], table.type, shape, { axis: { int: 0 } });
}

/** x [R, …] with the rows `updates` [M, …] added at positions `ids` (int64 [M, 1]). */
export function scatterAdd(graph: Graph, x: Value, ids: Value, updates: Value): Value {
  const attributes = { reduction: { string: "add" } };
  return one(graph, "ScatterND", [x, ids, updates], "float32", x.shape, attributes);
}

export function zeros(graph: Graph, shape: Shape): Value {
  return one(graph, "ConstantOfShape", [graph.shapeTensor(shape, false)], "float32", shape);
}

/** x repeated along its axes of size 1 until it has `shape`. */
export function expand(graph: Graph, x: Value, shape: Shape): Value {
  expectShape("Expand", broadcastShapes(x.shape, shape, "Expand"), shape);
  return one(graph, "Expand", [x, graph.shapeTensor(shape, false)], x.type, shape);
}

/** The sum over `axes`, which stay as axes of size 1 with `keepDims`. */
export function reduceSum(graph: Graph, x: Value, axes: readonly number[], keepDims: boolean): Value {
  return reduce(graph, "ReduceSum", x, axes, keepDims);
}

/** The largest of x along axes; without a gradient. */
export function reduceMax(graph: Graph, x: Value, axes: readonly number[], keepDims: boolean): Value {
  return reduce(graph, "ReduceMax", x, axes, keepDims);
}

export function reshape(graph: Graph, x: Value, shape: Shape): Value {
  checkShape(shape, "Reshape");
  if (sameShape(x.shape, shape)) return x;
  if (elementCount(x) !== product(shape)) {
    throw new TunebertError(
      `Reshape: ${showShape(x.shape)} does not have as many elements as ${showShape(shape)}`,
    );
  }
  return one(graph, "Reshape", [x, graph.shapeTensor(shape, true)], x.type, shape);
}

export function transpose(graph: Graph, x: Value, permutation: readonly number[]): Value {
  if (permutation.length !== x.shape.length || new Set(permutation).size !== x.shape.length) {
    throw new TunebertError(
      `Transpose: ${permutation.join(", ")} does not reorder the axes of ${showShape(x.shape)}`,
    );
  }
  const shape = permutation.map((axis) => sizeAlong(axis, x, "Transpose"));
  return one(graph, "Transpose", [x], x.type, shape, { perm: { ints: permutation } });
}

/** The first `count` entries of x along its first axis. */
export function head(graph: Graph, x: Value, count: Dim): Value {
  expectAxes("Slice", x, [0]);
  if (Number(x.shape[0]) < Number(count)) {
    throw new TunebertError(`Slice: ${showShape(x.shape)} has no ${count} entries along its first axis`);
  }
  const inputs = [x, graph.integers([0]), graph.shapeTensor([count], false), graph.integers([0])];
  return one(graph, "Slice", inputs, x.type, [count, ...x.shape.slice(1)]);
}

/** Joins values along an axis of known size. */
export function concat(graph: Graph, values: readonly Value[], axis: number): Value {
  const [first] = values;
  if (!first) throw new TunebertError("Concat: there is nothing to join");
  const sizes = values.map((value) => {
    const elsewhere = value.shape.filter((_, i) => i !== axis);
    const expected = first.shape.filter((_, i) => i !== axis);
    if (!sameShape(elsewhere, expected)) mismatch("Concat", first, value);
    return sizeAlong(axis, value, "Concat");
  });
  const shape = first.shape.map((dim, i) => (i === axis ? totalSize(sizes) : dim));
  return one(graph, "Concat", values, first.type, shape, { axis: { int: axis } });
}

/** Cuts x along an axis into parts of the given sizes. */
export function split(graph: Graph, x: Value, sizes: readonly number[], axis: number): Value[] {
  if (totalSize(sizes) !== sizeAlong(axis, x, "Split")) {
    throw new TunebertError(
      `Split: sizes ${sizes.join(" + ")} do not make up axis ${axis} of ${showShape(x.shape)}`,
    );
  }
  const outputs = sizes.map((size) => ({
    type: x.type,
    shape: x.shape.map((dim, i) => (i === axis ? size : dim)),
  }));
  return graph.add("Split", [x, graph.integers(sizes)], outputs, { axis: { int: axis } });
}

/** x with zeros appended along its first axis until it has `shape`. */
export function padEnd(graph: Graph, x: Value, shape: Shape): Value {
  const rest = shape.length - 1;
  const missing = one(
    graph,
    "Sub",
    [graph.shapeTensor(shape.slice(0, 1), false), graph.shapeTensor(x.shape.slice(0, 1), false)],
    "int64",
    [1],
  );
  const parts = [graph.integers(new Array(rest + 1).fill(0)), missing];
  if (rest > 0) parts.push(graph.integers(new Array(rest).fill(0)));
  const pads = one(graph, "Concat", parts, "int64", [2 * shape.length], { axis: { int: 0 } });
  return one(graph, "Pad", [x, pads], x.type, shape);
}

function one(
  graph: Graph,
  operator: string,
  inputs: readonly Value[],
  type: ElementType,
  shape: Shape,
  attributes: Record<string, Attribute> = {},
  domain = "",
): Value {
  return graph.add(operator, inputs, [{ type, shape }], attributes, domain)[0];
}

function unary(graph: Graph, operator: string, x: Value): Value {
  return one(graph, operator, [x], x.type, x.shape);
}

function binary(graph: Graph, operator: string, a: Value, b: Value): Value {
  if (a.type !== b.type) {
    throw new TunebertError(`${operator}: ${a.name} is ${a.type}, but ${b.name} is ${b.type}`);
  }
  return one(graph, operator, [a, b], a.type, broadcastShapes(a.shape, b.shape, operator));
}

/** The batch axes, rows and columns that FusedMatMul sees after its batch and matrix transpositions. */
function asRead(
  shape: Shape,
  transBatch: boolean,
  trans: boolean,
): [Shape, Dim | undefined, Dim | undefined] {
  const batched = transBatch ? [...shape.slice(1, -1), ...shape.slice(0, 1), ...shape.slice(-1)] : shape;
  const [rows, columns] = batched.slice(-2);
  return [batched.slice(0, -2), ...swapIf(trans, [rows, columns])];
}

function swapIf<Size>(swap: boolean, [a, b]: [Size, Size]): [Size, Size] {
  return swap ? [b, a] : [a, b];
}

/** The rows and columns of a matrix of which the number of columns is known before the graph runs. */
export function matrixOfKnownWidth(x: Value, where: string): [Dim, number] {
  const [rows, width] = matrix(x, where);
  if (typeof width !== "number")
    throw new TunebertError(`${where}: ${x.name} ${showShape(x.shape)} has no known width`);
  return [rows, width];
}

function matrix(x: Value, where: string): [Dim, Dim] {
  const [rows, columns, ...more] = x.shape;
  if (rows === undefined || columns === undefined || more.length > 0)
    throw new TunebertError(`${where}: ${x.name} ${showShape(x.shape)} is not a matrix`);
  return [rows, columns];
}

/** A sum of symbols is a symbol of its own. */
function totalSize(sizes: Shape): Dim {
  return sizes.reduce((total, size) =>
    typeof total === "number" && typeof size === "number" ? total + size : `${total}+${size}`,
  );
}

function expectAxes(where: string, x: Value, axes: readonly number[]): void {
  for (const axis of axes) sizeAlong(axis, x, where);
}

function sizeAlong(axis: number, x: Value, where: string): Dim {
  const size = x.shape[axis];
  if (size === undefined)
    throw new TunebertError(`${where}: ${x.name} ${showShape(x.shape)} has no axis ${axis}`);
  return size;
}

function expectShape(what: string, shape: Shape, expected: Shape): void {
  if (!sameShape(shape, expected)) {
    throw new TunebertError(`${what} has shape ${showShape(shape)}, expected ${showShape(expected)}`);
  }
}

function mismatch(where: string, a: Value, b: Value): never {
  throw new TunebertError(`${where}: ${showShape(a.shape)} and ${showShape(b.shape)} do not fit`);
}

function reduce(graph: Graph, operator: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const reduced = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  expectAxes(operator, x, reduced);
  const shape = keepDims
    ? x.shape.map((dim, i) => (reduced.includes(i) ? 1 : dim))
    : x.shape.filter((_, i) => !reduced.includes(i));
  const attributes = { keepdims: { int: Number(keepDims) } };
  return one(graph, operator, [x, graph.integers(reduced)], x.type, shape, attributes);
}
