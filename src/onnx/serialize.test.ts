import onnxProto from "onnx-proto";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../test/support/evaluate.js";
import { Graph } from "./graph.js";
import { add, exp, layerNormalization, mul, neg, split, tanh } from "./operators.js";
import { neededInputs, serializeGraph } from "./serialize.js";

const { onnx } = onnxProto;
const decode = (...parameters: Parameters<typeof serializeGraph>) =>
  onnx.ModelProto.decode(serializeGraph(...parameters)).graph!;
const operators = (proto: ReturnType<typeof decode>) => proto.node!.map(({ opType }) => opType);

describe("only what the outputs depend on is written", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["M"]);
  const y = graph.input("y", "float32", ["M"]);
  const doubled = mul(graph, x, graph.scalar(2));
  const wanted = add(graph, doubled, graph.scalar(1));
  const unwanted = neg(graph, mul(graph, tanh(graph, y), graph.scalar(3)));

  test("nodes, inputs and constants", () => {
    const proto = decode(graph, { wanted });
    expect(operators(proto)).toEqual(["Mul", "Add", "Identity"]);
    expect(proto.input!.map(({ name }) => name)).toEqual(["x"]);
    expect(proto.initializer).toHaveLength(2);
    expect(proto.output!.map(({ name }) => name)).toEqual(["wanted"]);
  });

  test("another choice of outputs of the same graph", () => {
    expect(operators(decode(graph, { unwanted }))).toEqual(["Tanh", "Mul", "Neg", "Identity"]);
    expect(operators(decode(graph, { wanted, unwanted }))).toHaveLength(7);
    expect(operators(decode(graph, { doubled }))).toEqual(["Mul", "Identity"]);
  });

  test("neededInputs tells the inputs", () => {
    expect(neededInputs(graph, [wanted])).toEqual([x]);
    expect(neededInputs(graph, [unwanted])).toEqual([y]);
    expect(neededInputs(graph, [unwanted, doubled])).toEqual([x, y]);
  });
});

describe("outputs", () => {
  test("one value may be several outputs, and an input may be an output", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["M"]);
    const y = exp(graph, x);
    const feeds = { x: { data: Float32Array.of(0), dims: [1] } };
    expect(await evaluate(graph, { first: y, second: y, third: x }, feeds)).toEqual({
      first: Float32Array.of(1),
      second: Float32Array.of(1),
      third: Float32Array.of(0),
    });
  });

  test("optional outputs are only asked for where they are read", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2, 3]);
    const scale = graph.input("scale", "float32", [3]);
    const [y, mean, inverseStd] = layerNormalization(graph, x, scale, scale, 1e-5);
    const named = (outputs: Parameters<typeof serializeGraph>[1]) =>
      decode(graph, outputs).node![0]!.output!.map((name) => name !== "");
    expect(named({ y: y! })).toEqual([true]);
    expect(named({ mean: mean! })).toEqual([true, true]);
    expect(named({ inverseStd: inverseStd! })).toEqual([true, false, true]);
    expect(named({ y: y!, inverseStd: inverseStd! })).toEqual([true, false, true]);
  });

  test("what is not read of several outputs does not keep the rest from running", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2, 4]);
    const scale = graph.input("scale", "float32", [4]);
    const feeds = {
      x: { data: Float32Array.of(1, 3, 1, 3, 2, 2, 6, 6), dims: [2, 4] },
      scale: { data: Float32Array.of(1, 1, 1, 1), dims: [4] },
    };
    const [, mean, inverseStd] = layerNormalization(graph, x, scale, scale, 0);
    const [, last] = split(graph, x, [3, 1], 1);
    const results = await evaluate(graph, { mean: mean!, inverseStd: inverseStd!, last: last! }, feeds);
    expect(results.mean).toBeCloseToTensor([2, 4], { absolute: 1e-6 });
    expect(results.inverseStd).toBeCloseToTensor([1, 0.5], { absolute: 1e-6 });
    expect(results.last).toEqual(Float32Array.of(3, 6));
  });
});

test("constants and attributes of every kind survive", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["M", 2]);
  const attributes = {
    whole: { int: 7 },
    part: { float: 0.25 },
    list: { ints: [2, 0, 1] },
    word: { string: "größe" },
  };
  const inputs = [x, graph.scalar(1.5), graph.integers([-1, 2 ** 40])];
  const [y] = graph.add("Foo", inputs, [x], attributes, "com.example");
  const { node, initializer, input } = decode(graph, { y: y! });
  expect(node![0]).toMatchObject({ opType: "Foo", domain: "com.example" });
  const byName = Object.fromEntries(node![0]!.attribute!.map((attribute) => [attribute.name, attribute]));
  expect(Number(byName.whole!.i)).toBe(7);
  expect(byName.part!.f).toBe(0.25);
  expect(byName.list!.ints!.map(Number)).toEqual([2, 0, 1]);
  expect(new TextDecoder().decode(byName.word!.s!)).toBe("größe");
  expect(initializer!.map(({ dims }) => dims!.map(Number))).toEqual([[], [2]]);
  const integers = initializer![1]!.rawData!;
  expect(new DataView(integers.buffer, integers.byteOffset).getBigInt64(8, true)).toBe(2n ** 40n);
  expect(input![0]!.type!.tensorType!.shape!.dim!.map((dim) => dim.dimParam || Number(dim.dimValue))).toEqual(
    ["M", 2],
  );
});
