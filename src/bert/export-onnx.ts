import onnxProto from "onnx-proto";
import { type Answers, taskOf } from "../data/answers.js";
import {
  ELEMENTS,
  encodeModel,
  type TensorProto,
  tensorProto,
  withInitializers,
} from "../onnx/initializers.js";
import { quantizeGraph } from "../onnx/quantize.js";
import type { WeightBits } from "../onnx/weight-bits.js";
import type { SharedParameter } from "../runtime/program.js";
import { required } from "../runtime/required.js";
import type { BertClassifier } from "./bert-classifier.js";
import { MASKED, POSITION_TABLE, TOKEN_TABLE } from "./inputs.js";
import { inferenceProgram } from "./model-program.js";

const { onnx } = onnxProto;

/** A file of ONNX. */
export interface OnnxFile {
  readonly model: Uint8Array;
  /** What a file beside it holds, one piece after another; none where all is within. */
  readonly external: readonly Uint8Array[];
}

/** How a classifier becomes a file of ONNX. */
export interface OnnxOptions {
  /** Weights of linear layers and of tokens in so many bits, activations in 8. Default: float32. */
  readonly bits?: WeightBits | undefined;
  /** The file beside it, which holds the weights where they are more than `mostBytes`. Default: `model.onnx_data`. */
  readonly externalName?: string | undefined;
  /** Most bytes of weights within the file. Default: 2 GiB less what else it holds, since it can have no more. */
  readonly mostBytes?: number | undefined;
}

/** A file of ONNX has less than 2 GiB. */
const MOST_BYTES = 2 ** 31 - 2 ** 24;

/**
 * A classifier as ONNX: `input_ids` and `attention_mask`, int64 [batch, length], and `token_type_ids` where the model reads
 * segments, to `logits` [batch, K]. It is the very graph that answers here, its weights within; before it the ids are laid out as
 * that graph takes them. The labels stand in its metadata, a JSON list.
 * @example
 * const { model } = await loadModel("nli");
 * console.log(exportOnnx(model).model.length > 0); // true
 */
export function exportOnnx(
  model: BertClassifier<Answers>,
  { bits, externalName = "model.onnx_data", mostBytes = MOST_BYTES }: OnnxOptions = {},
): OnnxFile {
  const { config, outputs, parameters } = model;
  const program = inferenceProgram(config, outputs, 1);
  const proto = onnx.ModelProto.decode(program.model);
  const { segments = 2, firstPosition = 0 } = config.variant ?? {};
  const readsSegments = segments > 1;
  const kinds = readsSegments ? segments : 1;
  const table = required(parameters.get(POSITION_TABLE), POSITION_TABLE);
  const positions = positionRows(table, { firstPosition, kinds });
  const segmentOf = Int32Array.from({ length: kinds * config.maxPositions }, (_, i) =>
    Math.floor(i / config.maxPositions),
  );
  const weights = program.parameters.map(({ name, input, rows }) => {
    const { data, shape } = required(parameters.get(name), name);
    return rows && name !== TOKEN_TABLE
      ? tensorProto(input, "float32", [kinds * config.maxPositions, required(shape.at(-1), name)], positions)
      : tensorProto(input, "float32", shape, data);
  });
  const given = ["input_ids", "attention_mask", ...(readsSegments ? ["token_type_ids"] : [])];
  const graph = required(proto.graph, "a graph");
  const whole = withInitializers({ ...graph, node: [...layoutNodes(readsSegments), ...(graph.node ?? [])] }, [
    ...weights,
    ...(readsSegments ? [tensorProto("segment_of", "int32", [segmentOf.length], segmentOf)] : []),
    ...constants(readsSegments ? config.maxPositions : undefined),
  ]);
  const tables = program.parameters.filter(({ name }) => name === TOKEN_TABLE).map(({ input }) => input);
  const written = {
    ...(bits === undefined ? whole : quantizeGraph(whole, { bits, tables })),
    input: given.map((name) => valueInfo(name, INT64, [{ dimParam: "batch" }, { dimParam: "length" }])),
    output: [valueInfo("logits", FLOAT, [{ dimParam: "batch" }, { dimValue: outputs }])],
  };
  const { graph: small, external } = moveOut(written, { externalName, mostBytes });
  const metadataProps = [
    { key: "task", value: taskOf(model.answers) },
    { key: "labels", value: JSON.stringify(model.labels) },
    { key: "weights", value: bits === undefined ? "float32" : `int8, ${bits} bits` },
  ];
  return { model: encodeModel({ ...proto, metadataProps }, small), external };
}

function valueInfo(name: string, elemType: number, dim: object[]) {
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** Below this a tensor stays within the file: shapes must. */
const LEAST_MOVED = 1024;

/** Weights into a file beside the model, where there are more bytes of them than it may have. */
function moveOut(
  graph: onnxProto.onnx.IGraphProto,
  { externalName, mostBytes }: { readonly externalName: string; readonly mostBytes: number },
): { readonly graph: onnxProto.onnx.IGraphProto; readonly external: readonly Uint8Array[] } {
  const all = (graph.initializer ?? []) as TensorProto[];
  if (all.reduce((sum, { rawData }) => sum + rawData.length, 0) <= mostBytes) return { graph, external: [] };
  const external: Uint8Array[] = [];
  let offset = 0;
  const initializer = all.map((tensor) => {
    const { rawData, ...rest } = tensor;
    if (rawData.length < LEAST_MOVED) return tensor;
    const padding = -offset & (ALIGNMENT - 1);
    if (padding > 0) external.push(new Uint8Array(padding));
    external.push(rawData);
    offset += padding;
    const entries = { location: externalName, offset, length: rawData.length };
    offset += rawData.length;
    return {
      ...rest,
      dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
    };
  });
  return { graph: { ...graph, initializer }, external };
}

/** Where tensors may begin that are read by mapping the file into memory. */
const ALIGNMENT = 4096;

const { float32: FLOAT, int32: INT32, int64: INT64 } = ELEMENTS;

/** The rows that positions can have, once for each segment. */
function positionRows(
  { data, shape }: SharedParameter,
  { firstPosition, kinds }: { readonly firstPosition: number; readonly kinds: number },
): Float32Array {
  const width = required(shape.at(-1), "the width of a table");
  const own = data.subarray(firstPosition * width);
  const all = new Float32Array(kinds * own.length);
  for (let kind = 0; kind < kinds; kind++) all.set(own, kind * own.length);
  return all;
}

const NAMES = {
  one: "export_one",
  masked: "export_masked",
  zero: "export_zero",
  step: "export_step",
  all: "export_all",
  axis0: "export_axis_0",
  axis1: "export_axis_1",
  positions: "export_positions",
};

function constants(maxPositions: number | undefined) {
  const long = (name: string, values: readonly number[], dims: readonly number[]) =>
    tensorProto(name, "int64", dims, BigInt64Array.from(values, BigInt));
  return [
    tensorProto(NAMES.one, "float32", [], Float32Array.of(1)),
    tensorProto(NAMES.masked, "float32", [], Float32Array.of(MASKED)),
    long(NAMES.zero, [0], []),
    long(NAMES.step, [1], []),
    long(NAMES.all, [-1], [1]),
    long(NAMES.axis0, [0], [1]),
    long(NAMES.axis1, [1], [1]),
    ...(maxPositions === undefined ? [] : [long(NAMES.positions, [maxPositions], [])]),
  ];
}

/** From ids [B, T] to what the graph takes: tokens time-major [T·B], where each belongs, and what is padding. */
function layoutNodes(readsSegments: boolean) {
  const swap = { name: "perm", type: onnx.AttributeProto.AttributeType.INTS, ints: [1, 0] };
  const to = (type: number) => ({ name: "to", type: onnx.AttributeProto.AttributeType.INT, i: type });
  const node = (opType: string, input: string[], output: string, attribute: object[] = []) => ({
    ...{ opType, name: `export_${output}`, input, output: [output], attribute },
  });
  const { one, masked, zero, step, all, axis0, axis1, positions } = NAMES;
  /** The numbers of a matrix [B, T], time-major, as int32 [T·B]. */
  const flat = (input: string, output: string) => [
    node("Transpose", [input], `${output}_turned`, [swap]),
    node("Reshape", [`${output}_turned`, all], `${output}_long`),
    node("Cast", [`${output}_long`], output, [to(INT32)]),
  ];
  const places = readsSegments
    ? [
        node("Mul", ["token_type_ids", positions], "export_segment_starts"),
        node("Add", ["export_row", "export_segment_starts"], "export_pairs"),
      ]
    : [node("Identity", ["export_row"], "export_pairs")];
  return [
    ...flat("input_ids", "tokens.0"),
    node("Shape", ["input_ids"], "export_shape"),
    node("Gather", ["export_shape", zero], "export_batch"),
    node("Gather", ["export_shape", step], "export_length"),
    node("Range", [zero, "export_length", step], "export_range"),
    node("Unsqueeze", ["export_range", axis0], "export_range_row"),
    node("Expand", ["export_range_row", "export_shape"], "export_row"),
    ...places,
    ...flat("export_pairs", "position_segments.0"),
    node("Size", ["input_ids"], "export_size"),
    node("Range", [zero, "export_size", step], "export_numbers"),
    node("Unsqueeze", ["export_batch", axis0], "export_batch_1"),
    node("Unsqueeze", ["export_length", axis0], "export_length_1"),
    {
      ...node("Concat", ["export_length_1", "export_batch_1"], "export_turned_shape"),
      attribute: [axisZero()],
    },
    node("Reshape", ["export_numbers", "export_turned_shape"], "export_time_major"),
    node("Transpose", ["export_time_major"], "export_token_at", [swap]),
    node("Cast", ["export_token_at"], "token_at.0", [to(INT32)]),
    node("Reshape", ["export_numbers", "export_shape"], "export_batch_major"),
    ...flat("export_batch_major", "place_of.0"),
    node("Cast", ["attention_mask"], "export_mask", [to(FLOAT)]),
    node("Sub", [one, "export_mask"], "export_padding"),
    node("Mul", ["export_padding", masked], "export_scores"),
    node("Unsqueeze", ["export_scores", axis1], "attention_mask.0"),
  ];
}

function axisZero() {
  return { name: "axis", type: onnx.AttributeProto.AttributeType.INT, i: 0 };
}
