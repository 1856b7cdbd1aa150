import { describe, expect, test } from "vitest";
import { evaluate } from "../../test/support/evaluate.js";
import { Graph, type Value } from "../onnx/graph.js";
import { add, cast, gather, gemm, greater, layerNormalization, mul, reduceSum } from "../onnx/operators.js";
import { backward } from "./backward.js";

const total = (graph: Graph, x: Value) =>
  reduceSum(
    graph,
    x,
    x.shape.map((_, axis) => axis),
    false,
  );

describe("what has no gradient is refused while the graph is built", () => {
  test("an operator without a rule, by its name", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    const foo = graph.add("Foo", [x], [x])[0];
    expect(() => backward(graph, total(graph, foo), [x])).toThrow(
      `the operator Foo (which yields ${foo.name}) has no gradient rule`,
    );
  });

  test("Greater, or what makes numbers of its answers", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    const above = greater(graph, x, graph.scalar(0));
    expect(() => backward(graph, total(graph, cast(graph, above, "float32")), [x])).toThrow(
      "the operator Cast",
    );
    const odd = graph.add("Cosh", [above], [x])[0];
    expect(() => backward(graph, total(graph, odd), [x])).toThrow("the operator Cosh");
    const direct = graph.add("Greater", [x, x], [x])[0];
    expect(() => backward(graph, total(graph, direct), [x])).toThrow("the operator Greater");
  });

  test("the mean that LayerNormalization also yields", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2, 3]);
    const scale = graph.input("scale", "float32", [3]);
    const mean = layerNormalization(graph, x, scale, scale, 1e-5)[1]!;
    expect(() => backward(graph, total(graph, mean), [x])).toThrow("only the normalised output");
  });

  test("a loss that is no scalar", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    expect(() => backward(graph, x, [x])).toThrow(
      "the loss has shape [2]; only a scalar can be differentiated",
    );
  });

  test("a value that the loss does not depend on", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", []);
    const y = graph.input("y", "float32", []);
    expect(() => backward(graph, mul(graph, x, x), [x, y])).toThrow("the loss does not depend on y");
  });

  test("a rule that yields a gradient of another shape than its input", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    const wrong = graph.add("Exp", [x], [{ type: "float32", shape: [3] }])[0];
    expect(() => backward(graph, total(graph, wrong), [x])).toThrow("the gradient of x has shape");
  });
});

describe("what need not have a gradient", () => {
  test("an operator without a rule may stand beside the path to what is trained", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", []);
    const data = graph.input("data", "float32", []);
    const foo = graph.add("Foo", [data], [data])[0];
    expect(() => backward(graph, mul(graph, x, foo), [x])).not.toThrow();
  });

  test("an operator without a rule may lead from what is trained to something other than the loss", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", []);
    graph.add("Foo", [x], [x]);
    expect(() => backward(graph, mul(graph, x, x), [x])).not.toThrow();
  });
});

describe("gradients of graphs", () => {
  const feed = (...numbers: number[]) => ({ data: Float32Array.from(numbers), dims: [numbers.length] });

  test("the gradient of the loss itself is 1, whatever it is made of", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", []);
    const loss = graph.add("Foo", [x], [x])[0];
    const gradient = backward(graph, loss, [loss]).get(loss)!;
    expect(await evaluate(graph, { gradient }, {})).toEqual({ gradient: Float32Array.of(1) });
  });

  test("a value inside the graph can be differentiated by, and stops there", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    const foo = mul(graph, graph.add("Abs", [x], [x])[0], graph.scalar(2));
    const gradient = backward(graph, total(graph, mul(graph, foo, foo)), [foo]).get(foo)!;
    expect(await evaluate(graph, { gradient }, { x: feed(-3, 1) })).toEqual({
      gradient: Float32Array.of(12, 4),
    });
  });

  test("gradients of all uses add up, also across operators", async () => {
    const graph = new Graph();
    const table = graph.input("table", "float32", [2, 1]);
    const ids = graph.input("ids", "int32", ["M"]);
    const rows = gather(graph, table, ids); // [M, 1]
    const scores = gemm(graph, rows, table, { transB: true }); // [M, 2]
    const loss = add(graph, total(graph, scores), total(graph, table));
    const gradient = backward(graph, loss, [table]).get(table)!;
    const feeds = {
      table: { data: Float32Array.of(2, 5), dims: [2, 1] },
      ids: { data: Int32Array.of(1, 0, 1), dims: [3] },
    };
    // Σ rows · Σ table + Σ table: each row once for each use, times Σ table = 7; and Σ rows = 12; and 1.
    expect(await evaluate(graph, { gradient }, feeds)).toEqual({
      gradient: Float32Array.of(7 + 12 + 1, 2 * 7 + 12 + 1),
    });
  });
});

test("the gradient of a sum over axes that are known only at run time is refused", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [2]);
  const axes = graph.input("axes", "int64", [1]);
  const [loss] = graph.add("ReduceSum", [x, axes], [{ type: "float32", shape: [] }]);
  expect(() => backward(graph, loss, [x])).toThrow(
    "the gradient of ReduceSum needs axes that are known in advance",
  );
});

test("an operator of two operands that has one is refused by name", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", []);
  const [loss] = graph.add("Mul", [x], [x]);
  expect(() => backward(graph, loss, [x])).toThrow("Mul takes two operands; it has 1");
});

test("rows that several lookups take from a table add up in its gradient", async () => {
  const graph = new Graph();
  const table = graph.input("table", "float32", [3, 1]);
  const lookups = [0, 1].map((i) => {
    const ids = graph.input(`ids.${i}`, "int32", [2]);
    return mul(graph, gather(graph, table, ids), graph.scalar(10 ** i));
  });
  const loss = total(graph, add(graph, lookups[0]!, lookups[1]!));
  const gradient = backward(graph, loss, [table]).get(table)!;
  const found = await evaluate(
    graph,
    { gradient },
    {
      table: { data: new Float32Array(3), dims: [3, 1] },
      "ids.0": { data: Int32Array.of(0, 2), dims: [2] },
      "ids.1": { data: Int32Array.of(2, 2), dims: [2] },
    },
  );
  expect([...found.gradient!]).toEqual([1, 0, 21]);
});
