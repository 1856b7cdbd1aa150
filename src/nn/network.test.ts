import { describe, expect, test } from "vitest";
import { runNetwork } from "../../test/support/network.js";
import { dropout } from "./dropout.js";
import { layerNorm } from "./layer-norm.js";
import { linear } from "./linear.js";
import { Network } from "./network.js";

describe("a network's parameters", () => {
  test("are inputs under their own names, declared once however often they are used", () => {
    const network = new Network(0);
    const x = network.graph.input("x", "float32", ["M", 4]);
    linear(network, "output", x, 2);
    linear(network, "output", x, 2);
    network.rows("table", ["U", 4]);
    expect([...network.parameters].map(([name, { value, rows }]) => [name, value.shape, rows])).toEqual([
      ["output.weight", [2, 4], false],
      ["output.bias", [2], false],
      ["table", ["U", 4], true],
    ]);
    expect(network.graph.inputs.map(({ name }) => name)).toEqual([
      "x",
      "output.weight",
      "output.bias",
      "table",
    ]);
  });
});

describe("dropout", () => {
  test("of probability 0 is the value itself", () => {
    const network = new Network(0);
    const x = network.graph.input("x", "float32", ["M", 4]);
    expect(dropout(network, x)).toBe(x);
    expect(network.masks).toEqual([]);
  });

  test("multiplies by a mask of its own wherever it is applied", async () => {
    const network = new Network(0.25);
    const x = network.graph.input("x", "float32", ["M", 4]);
    dropout(network, dropout(network, x));
    expect(network.masks.map(({ name, shape }) => [name, shape])).toEqual([
      ["dropout_mask.0", ["M", 4]],
      ["dropout_mask.1", ["M", 4]],
    ]);
    const { output } = await runNetwork(
      (network) => ({ output: dropout(network, network.parameter("x", [3])) }),
      {
        dropout: 0.25,
        symbols: {},
        feeds: {
          x: { data: Float32Array.of(3, 6, 9), dims: [3] },
          "dropout_mask.0": { data: Float32Array.of(1.5, 0, 1.5), dims: [3] },
        },
      },
    );
    expect([...output]).toEqual([4.5, 0, 13.5]);
  });
});

test("layerNorm adds its epsilon to the biased variance", async () => {
  const vector = (...numbers: number[]) => ({ data: Float32Array.from(numbers), dims: [numbers.length] });
  const { output } = await runNetwork(
    (network) => ({ output: layerNorm(network, "ln", network.parameter("x", [1, 2]), 3) }),
    {
      symbols: {},
      feeds: {
        x: { data: Float32Array.of(1, 3), dims: [1, 2] },
        "ln.weight": vector(1, 10),
        "ln.bias": vector(0, 100),
      },
    },
  );
  // mean 2, variance 1, so the divisor is √(1 + 3) = 2
  expect(output).toBeCloseToTensor([-0.5, 105], { absolute: 1e-5 });
});
