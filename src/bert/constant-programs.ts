import onnxProto from "onnx-proto";
import type { Answers } from "../data/answers.js";
import { encodeModel, tensorProto, withInitializers } from "../onnx/initializers.js";
import { quantizeGraph, roundRows } from "../onnx/quantize.js";
import type { WeightBits } from "../onnx/weight-bits.js";
import type { Parameters, RunShape } from "../runtime/engine.js";
import { type Program, rowWidth } from "../runtime/program.js";
import { required } from "../runtime/required.js";
import { allocateBytes } from "../runtime/shared-memory.js";
import type { BertClassifier } from "./bert-classifier.js";
import { inferencePrograms } from "./infer.js";
import { TOKEN_TABLE } from "./inputs.js";

const { onnx } = onnxProto;

/** More weights are fed to the programs, since a graph has less than 2 GiB. */
const MOST_BYTES = 2 ** 31 - 2 ** 24;

/** Programs, and the parameters that they are fed. */
export interface ConstantPrograms {
  readonly programs: readonly Program[];
  readonly parameters: Parameters;
}

/**
 * The programs that {@link infer} runs, where a model is not trained any more: its parameters as they are now are constants of the
 * graph, which ONNX Runtime lays out once; tables are still fed by rows.
 * @param bits of the weights of linear layers and tokens, whose activations then take 8. Default: float32
 */
export function constantPrograms(
  model: BertClassifier<Answers>,
  shape: RunShape,
  bits?: WeightBits,
): ConstantPrograms {
  const { parameters } = model;
  const programs = inferencePrograms(model, shape);
  const whole = required(programs[0], "a program").parameters.filter(({ rows }) => !rows);
  const bytes = whole.reduce(
    (sum, { name }) => sum + required(parameters.get(name), name).data.byteLength,
    0,
  );
  if (bytes > MOST_BYTES) return { programs, parameters };
  const tables = [...parameters].map(([name, parameter]): [string, typeof parameter] => {
    if (bits === undefined || name !== TOKEN_TABLE) return [name, parameter];
    return [name, { ...parameter, data: roundRows(parameter.data, rowWidth(parameter), bits) }];
  });
  return {
    programs: programs.map((program) => withConstants(program, parameters, bits)),
    parameters: new Map(tables),
  };
}

function withConstants(program: Program, values: Parameters, bits: WeightBits | undefined): Program {
  const proto = onnx.ModelProto.decode(program.model);
  const whole = program.parameters.filter(({ rows }) => !rows);
  const graph = withInitializers(
    required(proto.graph, "a graph"),
    whole.map(({ name, input }) => {
      const { data, shape } = required(values.get(name), name);
      return tensorProto(input, "float32", shape, data);
    }),
  );
  const model = encodeModel(proto, bits === undefined ? graph : quantizeGraph(graph, { bits, tables: [] }));
  const shared = allocateBytes(model.length);
  shared.set(model);
  return { ...program, model: shared, parameters: program.parameters.filter(({ rows }) => rows) };
}
