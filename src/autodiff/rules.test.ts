import { describe, expect, test } from "vitest";
import { evaluate, prepare } from "../../test/support/evaluate.js";
import {
  type GradientCase,
  type GradientFixture,
  gradientCases,
  gradientFixtures,
  type StoredTensor,
} from "../../test/support/gradient-cases.js";
import { largestMagnitude } from "../../test/support/to-be-close-to-tensor.js";
import { Graph, type Value } from "../onnx/graph.js";
import { add, mul, reduceSum } from "../onnx/operators.js";
import type { Feed } from "../runtime/program.js";
import { backward } from "./backward.js";
import { gradientRules } from "./rules.js";

/** A few roundings of float32 (6e-8 each) in sums of at most a few dozen terms. */
const EXACT = 1e-6;

/**
 * Step of the central differences. With values around 1, float32 contributes an error of about 1e-7 / STEP = 1e-5
 * and the third derivative one of STEP² / 6 = 1e-5: neither may be made smaller at the expense of the other.
 */
const STEP = 2 ** -7;

/** Leaves room for sums of such errors and for third derivatives above 1; a wrong rule is off by the size of the gradient. */
const DIFFERENCES = 1e-3;

test("every operator with a rule has a case, and every case its numbers from PyTorch", () => {
  const tested = new Set(
    Object.entries(gradientCases).flatMap(
      ([name, gradientCase]) => buildCase(gradientCase, gradientFixtures[name]!).operators,
    ),
  );
  expect(Object.keys(gradientRules).filter((operator) => !tested.has(operator))).toEqual([]);
  expect(Object.keys(gradientCases).sort()).toEqual(Object.keys(gradientFixtures).sort());
});

describe.each(Object.entries(gradientCases))("%s", (name, gradientCase) => {
  const fixture = gradientFixtures[name]!;
  const { amplification = 1, differences = true } = gradientCase;

  test("outputs and gradients are PyTorch's", async () => {
    const { graph, outputs, gradients } = buildCase(gradientCase, fixture);
    const results = await evaluate(graph, { ...outputs, ...gradients }, feedsOf(fixture));
    const tolerance = (data: number[]) => ({ absolute: EXACT * amplification * scaleOf(data) });
    fixture.outputs.forEach(({ data }, i) => {
      expect(results[`output.${i}`], `output ${i}`).toBeCloseToTensor(data, tolerance(data));
    });
    expect(Object.keys(gradients)).toEqual(Object.keys(fixture.gradients).map((key) => `gradient.${key}`));
    for (const [input, { data }] of Object.entries(fixture.gradients)) {
      expect(results[`gradient.${input}`], `gradient of ${input}`).toBeCloseToTensor(data, tolerance(data));
    }
  });

  if (!differences) return;
  test("gradients are those of central differences", async () => {
    const { graph, outputs, gradients } = buildCase(gradientCase, fixture);
    const results = await evaluate(graph, gradients, feedsOf(fixture));
    const measured = await centralDifferences(graph, outputs, fixture);
    for (const [input, difference] of Object.entries(measured)) {
      expect(results[`gradient.${input}`], `gradient of ${input}`).toBeCloseToTensor(difference, {
        absolute: DIFFERENCES * amplification * scaleOf(difference),
      });
    }
  });
});

test("Relu passes no gradient where its input is 0, as in PyTorch", async () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [3]);
  const relu = graph.add("Relu", [x], [x])[0];
  const gradient = backward(graph, reduceSum(graph, relu, [0], false), [x]).get(x)!;
  const { result } = await evaluate(
    graph,
    { result: gradient },
    { x: { data: Float32Array.of(-1, 0, 1), dims: [3] } },
  );
  expect([...result!]).toEqual([0, 0, 1]);
});

/** The inputs are around 1, so results have errors in proportion to 1 even where they are smaller. */
function scaleOf(numbers: number[]): number {
  return Math.max(1, largestMagnitude(numbers));
}

/** The case as a graph, with the gradients of the sum of its weighted outputs. */
function buildCase({ build, declared = {} }: GradientCase, fixture: GradientFixture) {
  const graph = new Graph();
  const inputs: Record<string, Value> = {};
  for (const [name, { shape, type = "float32" }] of Object.entries(fixture.inputs)) {
    inputs[name] = graph.input(name, type, declared[name] ?? shape);
  }
  const built = [build(graph, inputs)].flat();
  const operators = graph.nodes.map(({ operator }) => operator);

  const terms = built.map((output, i) => {
    const weights = graph.input(`weights.${i}`, "float32", output.shape);
    const axes = output.shape.map((_, axis) => axis);
    const weighted = mul(graph, output, weights);
    return axes.length === 0 ? weighted : reduceSum(graph, weighted, axes, false);
  });
  const loss = terms.reduce((a, b) => add(graph, a, b));
  const floats = Object.entries(inputs).filter(([, { type }]) => type === "float32");
  const byValue = backward(
    graph,
    loss,
    floats.map(([, value]) => value),
  );
  return {
    graph,
    operators,
    outputs: Object.fromEntries(built.map((output, i) => [`output.${i}`, output])),
    gradients: Object.fromEntries(floats.map(([name, value]) => [`gradient.${name}`, byValue.get(value)!])),
  };
}

function feedsOf({ inputs, weights }: GradientFixture): Record<string, Feed> {
  const feeds: Record<string, Feed> = {};
  for (const [name, tensor] of Object.entries(inputs)) feeds[name] = feedOf(tensor);
  weights.forEach((tensor, i) => {
    feeds[`weights.${i}`] = feedOf(tensor);
  });
  return feeds;
}

function feedOf({ shape, type, data }: StoredTensor): Feed {
  return { data: type === "int32" ? Int32Array.from(data) : Float32Array.from(data), dims: shape };
}

/** (f(x + h) - f(x - h)) / 2h for every element of every float input; f is summed in double precision. */
async function centralDifferences(graph: Graph, outputs: Record<string, Value>, fixture: GradientFixture) {
  const feeds = feedsOf(fixture);
  const forward = await prepare(graph, outputs);
  const weightedSum = async () => {
    const results = await forward.run(feeds);
    return fixture.weights.reduce((sum, { data }, i) => {
      const output = results[`output.${i}`]!;
      return sum + data.reduce((partial, weight, j) => partial + weight * output[j]!, 0);
    }, 0);
  };
  const differences: Record<string, number[]> = {};
  for (const [name, { type }] of Object.entries(fixture.inputs)) {
    if (type === "int32") continue;
    const x = feeds[name]!.data;
    differences[name] = [];
    for (let i = 0; i < x.length; i++) {
      const original = x[i]!;
      x[i] = original + STEP;
      const [above, fAbove] = [x[i]!, await weightedSum()];
      x[i] = original - STEP;
      const [below, fBelow] = [x[i]!, await weightedSum()];
      x[i] = original;
      differences[name].push(above === below ? 0 : (fAbove - fBelow) / (above - below));
    }
  }
  await forward.release();
  return differences;
}
