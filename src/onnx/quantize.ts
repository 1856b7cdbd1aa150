import type onnxProto from "onnx-proto";
import { ELEMENTS, floatsOf, type TensorProto, tensorProto } from "./initializers.js";
import type { WeightBits } from "./weight-bits.js";

type GraphProto = onnxProto.onnx.IGraphProto;
type NodeProto = onnxProto.onnx.INodeProto;

/**
 * A graph whose linear layers multiply bytes: a weight is a whole number times a scale of its output's own, an activation one of 256
 * steps between the least and the largest of its tensor, found as it comes. The rows of a table have a scale each. Everything else
 * stays float32, and every operator is ONNX's own.
 * @param graph its weights are initializers
 * @param tables names of those that are read by rows and shall be quantized
 */
export function quantizeGraph(
  graph: GraphProto,
  { bits, tables }: { readonly bits: WeightBits; readonly tables: readonly string[] },
): GraphProto {
  const floats = new Map(
    (graph.initializer ?? [])
      .filter(({ dataType, dims }) => dataType === ELEMENTS.float32 && dims?.length === 2)
      .map((value) => [value.name!, value as TensorProto]),
  );
  const made = new Map<string, TensorProto>();
  const keep = (...tensors: readonly TensorProto[]) => {
    for (const tensor of tensors) made.set(tensor.name, tensor);
  };
  const activations = new Set<string>();
  const node = (graph.node ?? []).flatMap((one) => {
    const weight = floats.get(one.input?.[one.opType === "Gather" ? 0 : 1] ?? "");
    if (weight === undefined) return [one];
    if (isLinear(one)) return linearOfBytes(one, weight, { bits, keep, activations });
    return one.opType === "Gather" && tables.includes(weight.name)
      ? rowsOfBytes(one, weight, bits, keep)
      : [one];
  });
  const read = new Set(node.flatMap(({ input }) => input ?? []));
  const initializer = [...(graph.initializer ?? []), ...made.values()].filter(({ name }) => read.has(name!));
  return { ...graph, node, initializer };
}

/** A table [R, C] as the rows of bytes would have it, and float32 again. */
export function roundRows(data: Float32Array, width: number, bits: WeightBits): Float32Array {
  const { values, scales } = quantizeRows(data, width, bits);
  const rounded = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) rounded[i] = values[i]! * scales[Math.floor(i / width)]!;
  return rounded;
}

/** Rows [R, C] as whole numbers times a scale for each. */
function quantizeRows(data: Float32Array, width: number, bits: WeightBits) {
  const most = 2 ** (bits - 1) - 1;
  const values = new Int8Array(data.length);
  const scales = new Float32Array(data.length / width);
  for (let row = 0; row < scales.length; row++) {
    const [start, end] = [row * width, (row + 1) * width];
    let largest = 0;
    for (let i = start; i < end; i++) {
      const size = Math.abs(data[i]!);
      if (size > largest) largest = size;
    }
    const scale = largest === 0 ? 1 : Math.fround(largest / most);
    scales[row] = scale;
    // None is beyond the most, since the scale is rounded by far less than half a step.
    for (let i = start; i < end; i++) values[i] = Math.round(data[i]! / scale);
  }
  return { values, scales };
}

interface Rewriting {
  readonly bits: WeightBits;
  readonly keep: (...tensors: readonly TensorProto[]) => void;
  /** Tensors that are quantized already. */
  readonly activations: Set<string>;
}

function isLinear({ opType, attribute }: NodeProto): boolean {
  const value = (name: string) => attribute?.find((one) => one.name === name);
  const plain = (name: string) => (value(name)?.f ?? 1) === 1;
  return (
    opType === "Gemm" &&
    Number(value("transA")?.i ?? 0) === 0 &&
    Number(value("transB")?.i ?? 0) === 1 &&
    plain("alpha") &&
    plain("beta")
  );
}

/** x [M, C] · weight [R, C]ᵀ + bias [R] */
function linearOfBytes(
  { input, output }: NodeProto,
  weight: TensorProto,
  { bits, keep, activations }: Rewriting,
): NodeProto[] {
  const [x, , bias] = input as [string, string, string | undefined];
  const [y] = output as [string];
  const [rows, width] = weight.dims as [number, number];
  const { values, scales } = quantizeRows(floatsOf(weight), width, bits);
  const turned = new Int8Array(values.length); // [C, R]
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < width; c++) turned[c * rows + r] = values[r * width + c]!;
  const [bytes, scale, zero] = ["int8", "scale", "zero"].map((part) => `${weight.name}.${part}`) as [
    string,
    string,
    string,
  ];
  keep(
    tensorProto(bytes, "int8", [width, rows], turned),
    tensorProto(scale, "float32", [rows], scales),
    tensorProto(zero, "int8", [], new Int8Array(1)),
  );
  const of = (part: string) => `${y}.${part}`;
  const from = (part: string) => `${x}.in_bytes.${part}`;
  const quantize = activations.has(x)
    ? []
    : [node("DynamicQuantizeLinear", [x], [from("uint8"), from("scale"), from("zero")])];
  activations.add(x);
  const product = bias === undefined ? y : of("product");
  return [
    ...quantize,
    node("MatMulInteger", [from("uint8"), bytes, from("zero"), zero], [of("int32")]),
    node("Cast", [of("int32")], [of("sum")], [{ name: "to", type: INT, i: ELEMENTS.float32 }]),
    node("Mul", [from("scale"), scale], [of("scale")]),
    node("Mul", [of("sum"), of("scale")], [product]),
    ...(bias === undefined ? [] : [node("Add", [product, bias], [y])]),
  ];
}

/** Rows of a table [R, C]. */
function rowsOfBytes(
  { input, output }: NodeProto,
  table: TensorProto,
  bits: WeightBits,
  keep: Rewriting["keep"],
): NodeProto[] {
  const [, ids] = input as [string, string];
  const [y] = output as [string];
  const [rows, width] = table.dims as [number, number];
  const { values, scales } = quantizeRows(floatsOf(table), width, bits);
  const [bytes, scale] = [`${table.name}.int8`, `${table.name}.scale`];
  keep(tensorProto(bytes, "int8", [rows, width], values), tensorProto(scale, "float32", [rows, 1], scales));
  const of = (part: string) => `${y}.${part}`;
  return [
    node("Gather", [bytes, ids], [of("int8")]),
    node("Cast", [of("int8")], [of("whole")], [{ name: "to", type: INT, i: ELEMENTS.float32 }]),
    node("Gather", [scale, ids], [of("scale")]),
    node("Mul", [of("whole"), of("scale")], [y]),
  ];
}

/** The number of an attribute's type that holds a whole number. */
const INT = 2;

function node(
  opType: string,
  input: string[],
  output: string[],
  attribute: NodeProto["attribute"] = [],
): NodeProto {
  return { opType, name: output[0]!, input, output, attribute };
}
