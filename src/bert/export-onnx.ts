import onnxProto from "onnx-proto";
import type { Answers } from "../data/answers.js";
import { TunebertError } from "../error.js";
import type { SharedParameter } from "../runtime/program.js";
import { required } from "../runtime/required.js";
import type { BertClassifier } from "./bert-classifier.js";
import { MASKED, POSITION_TABLE, TOKEN_TABLE } from "./inputs.js";
import { inferenceProgram } from "./model-program.js";

const { onnx } = onnxProto;

/** The most bytes that a file of ONNX can have. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * A classifier as one ONNX file: `input_ids` and `attention_mask`, int64 [batch, length], and `token_type_ids` where the model
 * reads segments, to `logits` [batch, K]. It is the very graph that answers here, its weights within; before it the ids are
 * laid out as that graph takes them.
 * @throws TunebertError when the file would be larger than ONNX can have
 * @example
 * const { model } = await loadModel("nli");
 * console.log(exportOnnx(model).length > 0); // true
 */
export function exportOnnx(model: BertClassifier<Answers>): Uint8Array {
  const { config, outputs, parameters } = model;
  const program = inferenceProgram(config, outputs, 1);
  const proto = onnx.ModelProto.decode(program.model);
  const graph = required(proto.graph, "a graph");
  const { segments = 2, firstPosition = 0 } = config.variant ?? {};
  const readsSegments = segments > 1;
  const kinds = readsSegments ? segments : 1;
  const table = required(parameters.get(POSITION_TABLE), POSITION_TABLE);
  const positions = positionRows(table, { firstPosition, kinds });
  const segmentOf = Int32Array.from({ length: kinds * config.maxPositions }, (_, i) =>
    Math.floor(i / config.maxPositions),
  );
  const initializers = program.parameters.map(({ name, input, rows }) => {
    const parameter = required(parameters.get(name), name);
    if (!rows) return floats(input, parameter.data, parameter.shape);
    return name === TOKEN_TABLE
      ? floats(input, parameter.data, parameter.shape)
      : floats(input, positions, [kinds * config.maxPositions, required(parameter.shape.at(-1), name)]);
  });
  const bytes = initializers.reduce((sum, { rawData }) => sum + rawData.length, 0);
  if (bytes > MOST_BYTES * 0.99) {
    throw new TunebertError(
      `the model has ${bytes} bytes of weights; a file of ONNX has at most ${MOST_BYTES}`,
    );
  }
  const given = ["input_ids", "attention_mask", ...(readsSegments ? ["token_type_ids"] : [])];
  return onnx.ModelProto.encode({
    ...proto,
    graph: {
      ...graph,
      input: given.map((name) => ({
        name,
        type: {
          tensorType: { elemType: INT64, shape: { dim: [{ dimParam: "batch" }, { dimParam: "length" }] } },
        },
      })),
      output: [
        {
          name: "logits",
          type: {
            tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: "batch" }, { dimValue: outputs }] } },
          },
        },
      ],
      initializer: [
        ...(graph.initializer ?? []),
        ...initializers,
        ...(readsSegments ? [ints("segment_of", segmentOf)] : []),
        ...constants(readsSegments ? config.maxPositions : undefined),
      ],
      node: [...layoutNodes(readsSegments), ...(graph.node ?? [])],
    },
  }).finish();
}

const [FLOAT, INT32, INT64] = [1, 6, 7];

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

function floats(name: string, data: Float32Array, dims: readonly number[]) {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dataType: FLOAT, dims: [...dims], rawData };
}

function ints(name: string, data: Int32Array) {
  return { name, dataType: INT32, dims: [data.length], rawData: new Uint8Array(data.buffer) };
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
  const long = (name: string, values: readonly number[], dims: readonly number[]) => ({
    ...{ name, dataType: INT64, dims: [...dims] },
    rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
  return [
    floats(NAMES.one, Float32Array.of(1), []),
    floats(NAMES.masked, Float32Array.of(MASKED), []),
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
