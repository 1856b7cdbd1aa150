import { describe, expect, test } from "vitest";
import { zeroRows } from "../../test/support/accumulate.js";
import { backward } from "../autodiff/backward.js";
import { Graph } from "../onnx/graph.js";
import { gemm, mul, reduceSum } from "../onnx/operators.js";
import { serializeGraph } from "../onnx/serialize.js";
import { type Program, type Run, trainedTables } from "./program.js";
import { Replica } from "./replica.js";
import { createSession } from "./threads/session.js";

/** y [U, 2]: rows of a table times a scale [2], times a dropout mask unless `dropout` is 0. */
function build(dropout: number) {
  const graph = new Graph();
  const table = graph.input("table", "float32", ["U", 2]);
  const scale = graph.input("scale", "float32", [2]);
  const kept = dropout > 0 ? mul(graph, table, graph.input("mask", "float32", ["U", 2])) : table;
  const y = mul(graph, kept, scale);
  const masks = dropout > 0 ? [{ name: "mask", shape: ["U", 2], probability: dropout }] : [];
  return { graph, kept, y, masks };
}

function inference(dropout = 0): Program {
  const { graph, y, masks } = build(dropout);
  const parameters = [
    { name: "table", input: "table", rows: true, decays: true, gradient: undefined },
    { name: "scale", input: "scale", rows: false, decays: false, gradient: undefined },
  ];
  return { microBatches: 1, model: serializeGraph(graph, { y }), parameters, masks, outputs: ["y"] };
}

/** What it puts out as gradients is easy to foresee: y for the table, the sum of the table's rows for the scale. */
function training(): Program {
  const { graph, kept, y, masks } = build(0);
  const outputs = { y, ofTable: y, ofScale: reduceSum(graph, kept, [0], false) };
  const parameters = [
    { name: "table", input: "table", rows: true, decays: true, gradient: "ofTable" },
    { name: "scale", input: "scale", rows: false, decays: false, gradient: "ofScale" },
  ];
  const model = serializeGraph(graph, outputs);
  return { microBatches: 1, model, parameters, masks, outputs: ["y"] };
}

const sharedParameters = () =>
  new Map([
    ["table", { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] }],
    ["scale", { data: Float32Array.of(1, 10), shape: [2] }],
  ]);

const runOf = (rows: number[], seed = 0): Run => ({
  microBatches: 1,
  feeds: {},
  rows: { table: Int32Array.from(rows) },
  symbols: { U: rows.length },
  seed,
});

async function withReplica(
  program: Program,
  use: (replica: Replica, parameters: ReturnType<typeof sharedParameters>) => Promise<void>,
) {
  const parameters = sharedParameters();
  const replica = new Replica([program], ({ model }) => createSession(model), parameters);
  try {
    await use(replica, parameters);
  } finally {
    await replica.release();
  }
}

describe("a replica", () => {
  test("feeds the chosen rows of a table", () =>
    withReplica(inference(), async (replica) => {
      expect(await replica.infer(runOf([2, 0]))).toEqual({ y: Float32Array.of(5, 60, 1, 20) });
    }));

  test("feeds runs of other sizes than the one before", () =>
    withReplica(inference(0.5), async (replica) => {
      const long = [0, 1, 2, 2, 1, 0, 0, 1];
      const first = await replica.infer(runOf(long, 3));
      const [short, longer] = [
        await replica.infer(runOf([2], 3)),
        await replica.infer(runOf([...long, 2], 3)),
      ];
      await withReplica(inference(0.5), async (fresh) => {
        expect(await fresh.infer(runOf([2], 3))).toEqual(short);
        expect(await fresh.infer(runOf([...long, 2], 3))).toEqual(longer);
      });
      expect(await replica.infer(runOf(long, 3))).toEqual(first);
    }));

  test("sees changed parameters after a refresh", () =>
    withReplica(inference(), async (replica, parameters) => {
      parameters.get("scale")!.data.fill(100);
      replica.refresh();
      expect(await replica.infer(runOf([1]))).toEqual({ y: Float32Array.of(300, 400) });
    }));

  test("adds up the gradients of all runs, rows in their places, and gives the other outputs", () =>
    withReplica(training(), async (replica, parameters) => {
      const rows = zeroRows(training(), parameters);
      const outputs = await replica.accumulate([runOf([2, 0]), runOf([2])], rows);
      expect(outputs).toEqual([{ y: Float32Array.of(5, 60, 1, 20) }, { y: Float32Array.of(5, 60) }]);
      expect([...rows.get("table")!.data]).toEqual([1, 20, 0, 0, 10, 120]);
      expect([...rows.get("table")!.touched]).toEqual([1, 0, 1]);
      expect([...replica.whole.keys()]).toEqual(["scale"]);
      expect([...replica.whole.get("scale")!.sum]).toEqual([1 + 5 + 5, 2 + 6 + 6]);
    }));

  test("adds up the gradients of a row that a run has several times, over what was there before", () =>
    withReplica(training(), async (replica, parameters) => {
      const rows = zeroRows(training(), parameters);
      rows.get("table")!.data.fill(7);
      await replica.accumulate([runOf([2, 0, 2])], rows);
      expect([...rows.get("table")!.data]).toEqual([1, 20, 7, 7, 10, 120]);
    }));

  test("adds up what a parameter gets that is read whole and by rows, as a tied decoder reads it", async () => {
    const graph = new Graph();
    const rows = graph.input("rows.table", "float32", ["U", 2]);
    const table = graph.input("table", "float32", [3, 2]);
    const scores = gemm(graph, rows, table, { transB: true }); // [U, 3]
    const loss = reduceSum(graph, mul(graph, scores, scores), [0, 1], false);
    const gradients = backward(graph, loss, [rows, table]);
    const outputs = { ofRows: gradients.get(rows)!, ofTable: gradients.get(table)! };
    const parameter = { name: "table", decays: true };
    const program: Program = {
      ...{ microBatches: 1, masks: [], outputs: [], model: serializeGraph(graph, outputs) },
      parameters: [
        { ...parameter, input: "rows.table", rows: true, gradient: "ofRows" },
        { ...parameter, input: "table", rows: false, gradient: "ofTable" },
      ],
    };
    expect(trainedTables(program)).toEqual(new Set());
    await withReplica(program, async (replica, parameters) => {
      await replica.accumulate([runOf([2, 0, 2]), runOf([1])], new Map());
      const w = [...parameters.get("table")!.data];
      const lossAt = (values: number[]) =>
        [2, 0, 2, 1].reduce((sum, u) => {
          const score = (v: number) =>
            values[2 * u]! * values[2 * v]! + values[2 * u + 1]! * values[2 * v + 1]!;
          return sum + [0, 1, 2].reduce((total, v) => total + score(v) ** 2, 0);
        }, 0);
      const h = 1e-4;
      const expected = w.map((_, i) => {
        const moved = (by: number) => w.with(i, w[i]! + by);
        return (lossAt(moved(h)) - lossAt(moved(-h))) / (2 * h);
      });
      expect(replica.whole.get("table")!.sum).toBeCloseToTensor(expected, { relative: 1e-5 });
    });
  });

  test("starts from zero with each list of runs, also an empty one", () =>
    withReplica(training(), async (replica, parameters) => {
      const sumAfter = async (runs: Run[]) => {
        await replica.accumulate(runs, zeroRows(training(), parameters));
        return [...replica.whole.get("scale")!.sum];
      };
      await sumAfter([runOf([2, 0])]);
      expect(await sumAfter([runOf([1])])).toEqual([3, 4]);
      expect(await sumAfter([])).toEqual([0, 0]);
    }));

  test("runs on the copies that it gives away", () =>
    withReplica(training(), async (replica, parameters) => {
      const { copy } = replica.whole.get("scale")!;
      expect([...copy]).toEqual([1, 10]);
      copy.set([100, 100]);
      const [output] = await replica.accumulate([runOf([1])], zeroRows(training(), parameters));
      expect(output).toEqual({ y: Float32Array.of(300, 400) });
    }));

  test("draws its masks from the run's seed alone", () =>
    withReplica(inference(0.5), async (replica) => {
      const rows = Array.from({ length: 50 }, (_, i) => i % 3);
      const first = await replica.infer(runOf(rows, 1));
      const other = await replica.infer(runOf(rows, 2));
      expect(await replica.infer(runOf(rows, 1))).toEqual(first);
      expect(other).not.toEqual(first);
      const factors = first.y!.map((y, i) => y / (rows[i >> 1]! * 2 + (i % 2) + 1) / (i % 2 ? 10 : 1));
      expect(new Set(factors)).toEqual(new Set([0, 2]));
    }));
});
