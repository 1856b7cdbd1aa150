import onnxProto from "onnx-proto";
import type { Attribute, ElementType, Graph, Node, Value } from "./graph.js";

const { onnx } = onnxProto;

/** Operator set and file version: what ONNX 1.13 (December 2022) and every later reader understands. */
const OPSET = 18;
const IR_VERSION = 8;

/**
 * The graph as the bytes of an ONNX ModelProto. Only what `outputs` depend on is written; the names of
 * `outputs` in the file are the keys of the record.
 */
export function serializeGraph(graph: Graph, outputs: Readonly<Record<string, Value>>): Uint8Array {
  const { nodes, used } = reachable(graph, Object.values(outputs));
  const names = Object.entries(outputs).map(([name, value]) => ({
    node: { opType: "Identity", input: [value.name], output: [name] },
    info: valueInfo(name, value),
  }));
  return onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: "tunebert",
    opsetImport: [
      { domain: "", version: OPSET },
      { domain: "com.microsoft", version: 1 },
    ],
    graph: {
      name: "tunebert",
      input: graph.inputs.filter((input) => used.has(input)).map((input) => valueInfo(input.name, input)),
      initializer: graph.constants
        .filter(({ value }) => used.has(value))
        .map(({ value, data }) => ({
          name: value.name,
          dataType: elementTypes[value.type],
          dims: [...value.shape],
          rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        })),
      node: [...nodes.map((node) => nodeProto(node, used)), ...names.map(({ node }) => node)],
      output: names.map(({ info }) => info),
    },
  }).finish();
}

/** The inputs of the graph on which `outputs` depend, in their order. */
export function neededInputs(graph: Graph, outputs: readonly Value[]): Value[] {
  const { used } = reachable(graph, outputs);
  return graph.inputs.filter((input) => used.has(input));
}

function reachable(graph: Graph, outputs: readonly Value[]): { nodes: Node[]; used: Set<Value> } {
  const used = new Set(outputs);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => used.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) used.add(input);
  }
  return { nodes: nodes.reverse(), used };
}

const elementTypes: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

function nodeProto(node: Node, used: Set<Value>) {
  return {
    opType: node.operator,
    domain: node.domain,
    name: node.outputs[0]?.name ?? "",
    input: node.inputs.map((input) => input.name),
    output: outputNames(node, used),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  };
}

/** Optional outputs that nobody reads are not asked for; the first output and the parts of a Split are not optional. */
function outputNames(node: Node, used: Set<Value>): string[] {
  if (node.operator === "Split") return node.outputs.map((output) => output.name);
  const last = node.outputs.findLastIndex((output) => used.has(output));
  return node.outputs.slice(0, last + 1).map((output, i) => (i === 0 || used.has(output) ? output.name : ""));
}

function attributeProto(name: string, attribute: Attribute) {
  const types = onnx.AttributeProto.AttributeType;
  if ("int" in attribute) return { name, type: types.INT, i: attribute.int };
  if ("float" in attribute) return { name, type: types.FLOAT, f: attribute.float };
  if ("ints" in attribute) return { name, type: types.INTS, ints: [...attribute.ints] };
  return { name, type: types.STRING, s: new TextEncoder().encode(attribute.string) };
}

function valueInfo(name: string, { type, shape }: Value) {
  const dim = shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}
