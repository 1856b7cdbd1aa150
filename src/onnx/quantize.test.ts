import onnxProto from "onnx-proto";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { Graph } from "./graph.js";
import { encodeModel, tensorProto, withInitializers } from "./initializers.js";
import { gather, gemm } from "./operators.js";
import { quantizeGraph, roundRows } from "./quantize.js";
import { serializeGraph } from "./serialize.js";
import type { WeightBits } from "./weight-bits.js";

const { onnx } = onnxProto;

/** Rows of a table, times weights [2, 3], and a bias. */
function quantized(weight: Float32Array, table: Float32Array, bits: WeightBits) {
  const graph = new Graph();
  const rows = gather(graph, graph.input("table", "float32", [2, 3]), graph.input("ids", "int32", ["M"]));
  const w = graph.input("weight", "float32", [2, 3]);
  const y = gemm(graph, rows, w, { transB: true, c: graph.input("bias", "float32", [2]) });
  const proto = onnx.ModelProto.decode(serializeGraph(graph, { y }));
  const whole = withInitializers(proto.graph!, [
    tensorProto("table", "float32", [2, 3], table),
    tensorProto("weight", "float32", [2, 3], weight),
    tensorProto("bias", "float32", [2], Float32Array.of(1, -1)),
  ]);
  return encodeModel(proto, quantizeGraph(whole, { bits, tables: ["table"] }));
}

async function run(model: Uint8Array) {
  const session = await InferenceSession.create(model);
  const { y } = await session.run({ ids: new Tensor("int32", Int32Array.of(1, 0), [2]) });
  return y!.data as Float32Array;
}

describe("a linear layer of bytes", () => {
  test.each([7, 8] as const)("is exact for what %i bits hold", async (bits) => {
    const most = 2 ** (bits - 1) - 1;
    // Each output has a scale of its own: 2 and 1/4.
    const weight = Float32Array.of(2 * most, -2, 0, most / 4, 1 / 4, -most / 4);
    const table = Float32Array.of(most, -most, 0, 0, most, 2).map((x) => x / most);
    // The activations' 256 steps reach from -1 to 1, so that 1 and -1 miss them by up to 1/255.
    const found = await run(quantized(weight, table, bits));
    const exact = [
      ...[-2 + 1, (most / 4) * 0 + 1 / 4 - (most / 4) * (2 / most) - 1],
      ...[2 * most + 2 + 1, most / 4 - 1 / 4 - 1],
    ];
    exact.forEach((value, i) => {
      expect(Math.abs(found[i]! - value)).toBeLessThan((1 / 255) * 2 * (most + 1));
    });
  });

  test("multiplies whole numbers, with ONNX's own operators", () => {
    const bytes = quantized(new Float32Array(6).fill(1), new Float32Array(6).fill(1), 7);
    const { graph } = onnx.ModelProto.decode(bytes);
    expect(graph!.node!.map(({ opType }) => opType)).toEqual(
      expect.arrayContaining(["DynamicQuantizeLinear", "MatMulInteger"]),
    );
    expect(graph!.node!.some(({ opType }) => opType === "Gemm")).toBe(false);
    const table = graph!.initializer!.find(({ name }) => name === "table.int8")!;
    expect([...new Int8Array(table.rawData!)]).toEqual(new Array(6).fill(63));
  });
});

test("rows are rounded to what their scale holds", () => {
  const rounded = roundRows(Float32Array.of(63, 0.4, -0.6, 0, 0, 0), 3, 7);
  expect([...rounded]).toEqual([63, 0, -1, 0, 0, 0]);
});
