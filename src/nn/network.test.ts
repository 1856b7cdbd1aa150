import { describe, expect, test } from "vitest";
import { freeParameter, freeRows, runNetwork } from "../../test/support/network.js";
import { Random } from "../random.js";
import { dropout, layerNorm, linear } from "./layers.js";
import { Network } from "./network.js";

describe("a network's parameters", () => {
  test("are inputs, one each however often they are read", () => {
    const network = new Network(0);
    const x = network.graph.input("x", "float32", ["M", 4]);
    linear(network, "output", x, 2);
    linear(network, "output", x, 2);
    freeRows(network, "table", ["U", 4]);
    expect(network.inputs.map(({ name, value, rows }) => [name, value.shape, rows])).toEqual([
      ["output.weight", [2, 4], false],
      ["output.bias", [2], false],
      ["table", ["U", 4], true],
    ]);
    expect(network.graph.inputs.map(({ name }) => name)).toEqual([
      "x",
      "output.weight",
      "output.bias",
      "rows.table",
    ]);
  });

  test("are read whole and by rows through two inputs", () => {
    const network = new Network(0);
    const rows = freeRows(network, "table", ["U", 4]);
    const whole = network.parameter("table");
    expect(whole).not.toBe(rows);
    expect([whole.shape, rows.shape]).toEqual([
      [100, 4],
      ["U", 4],
    ]);
    expect(network.parameter("table")).toBe(whole);
  });

  test("start and decay as the layer that declares them says, whatever they are called", () => {
    const network = new Network(0);
    const x = network.graph.input("x", "float32", ["M", 4]);
    layerNorm(network, "embedding_norm", linear(network, "mlm.mlp.2", x, 4));
    const drawn = [...network.declared].map(([name, { shape, initialise, decays }]) => {
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      initialise(values, new Random(0));
      return [name, new Set(values).size, decays];
    });
    expect(drawn).toEqual([
      ["mlm.mlp.2.weight", 16, true],
      ["mlm.mlp.2.bias", 4, false],
      ["embedding_norm.weight", 1, false],
      ["embedding_norm.bias", 1, false],
    ]);
  });

  test("have one shape, and are declared before they are read", () => {
    const network = new Network(0);
    freeParameter(network, "x", [3]);
    expect(() => freeParameter(network, "x", [4])).toThrow("x is declared with the shapes [3] and [4]");
    expect(() => network.parameter("y")).toThrow("no layer has declared the parameter y");
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
    expect(network.masks.map(({ value: { name, shape } }) => [name, shape])).toEqual([
      ["dropout_mask.0", ["M", 4]],
      ["dropout_mask.1", ["M", 4]],
    ]);
    const { output } = await runNetwork(
      (network) => ({ output: dropout(network, freeParameter(network, "x", [3])) }),
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
    (network) => ({ output: layerNorm(network, "ln", freeParameter(network, "x", [1, 2]), 3) }),
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

test("a layer refuses what is no matrix, and a width that is not known in advance", () => {
  const network = new Network(0);
  const wide = network.graph.input("wide", "float32", ["M", "H"]);
  const deep = network.graph.input("deep", "float32", ["B", "T", 4]);
  expect(() => linear(network, "output", wide, 2)).toThrow("output: wide [M, H] has no known width");
  expect(() => layerNorm(network, "norm", deep)).toThrow("norm: deep [B, T, 4] is not a matrix");
});
