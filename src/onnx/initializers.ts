import onnxProto from "onnx-proto";

const { onnx } = onnxProto;

/** The numbers of the elements of tensors in ONNX. */
export const ELEMENTS = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;

/** A tensor of a file of ONNX. */
export type TensorProto = onnxProto.onnx.ITensorProto & {
  readonly name: string;
  readonly dims: number[];
  readonly rawData: Uint8Array;
};

/** A tensor with its values within. */
export function tensorProto(
  name: string,
  type: keyof typeof ELEMENTS,
  dims: readonly number[],
  data: Float32Array | Int8Array | Int32Array | BigInt64Array,
): TensorProto {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dataType: ELEMENTS[type], dims: [...dims], rawData };
}

/** A tensor's values, which need not be aligned in the file. */
export function floatsOf({ rawData }: Pick<TensorProto, "rawData">): Float32Array {
  return new Float32Array(rawData.slice().buffer);
}

/**
 * A graph some of whose inputs have their values within, so that ONNX Runtime can lay them out once as its products read them.
 * What is only put together of such values is put together here.
 */
export function withInitializers(
  graph: onnxProto.onnx.IGraphProto,
  values: readonly TensorProto[],
): onnxProto.onnx.IGraphProto {
  const constants = new Map(values.map((value) => [value.name, value]));
  const nodes: onnxProto.onnx.INodeProto[] = [];
  for (const node of graph.node ?? []) {
    const joined = joinRows(node, constants);
    if (joined === undefined) nodes.push(node);
    else constants.set(joined.name, joined);
  }
  const read = new Set(nodes.flatMap(({ input }) => input ?? []));
  return {
    ...graph,
    input: (graph.input ?? []).filter(({ name }) => !constants.has(name!)),
    initializer: [
      ...(graph.initializer ?? []),
      ...[...constants.values()].filter(({ name }) => read.has(name)),
    ],
    node: nodes,
  };
}

/** The rows of constants one after another, where a node puts out just that: a projection of queries, keys and values. */
function joinRows(
  { opType, input, output, attribute }: onnxProto.onnx.INodeProto,
  constants: ReadonlyMap<string, TensorProto>,
): TensorProto | undefined {
  if (opType !== "Concat" || Number(attribute?.[0]?.i) !== 0) return undefined;
  const parts = (input ?? []).map((name) => constants.get(name));
  if (!parts.every((part) => part !== undefined)) return undefined;
  const [first] = parts;
  if (first === undefined) return undefined;
  const rows = parts.reduce((sum, { dims }) => sum + dims[0]!, 0);
  const rawData = new Uint8Array(parts.reduce((sum, part) => sum + part.rawData.length, 0));
  let at = 0;
  for (const part of parts) {
    rawData.set(part.rawData, at);
    at += part.rawData.length;
  }
  return { ...first, name: output![0]!, dims: [rows, ...first.dims.slice(1)], rawData };
}

/** The bytes of a file of ONNX whose graph is another. */
export function encodeModel(
  model: onnxProto.onnx.IModelProto,
  graph: onnxProto.onnx.IGraphProto,
): Uint8Array {
  return onnx.ModelProto.encode({ ...model, graph }).finish();
}
