import { TunebertError } from "../error.js";
import { checkShape, type Dim, product, type Shape, showShape } from "./shape.js";

export type ElementType = "float32" | "int64" | "int32" | "bool";

/** An edge of the graph: what a node, an input or a constant yields. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
}

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

/** One application of an ONNX operator. */
export interface Node {
  readonly operator: string;
  /** "" for ONNX's own operators, "com.microsoft" for ONNX Runtime's. */
  readonly domain: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Constant {
  readonly value: Value & { readonly shape: readonly number[] };
  readonly data: Float32Array | BigInt64Array;
}

/**
 * A computation as a list of ONNX nodes in the order in which they can run. Values are typed and shaped when
 * they are made, so a mistake shows at the line that makes it and not when a session is created.
 */
export class Graph {
  readonly inputs: Value[] = [];
  readonly nodes: Node[] = [];
  readonly constants: Constant[] = [];
  readonly #constantsByKey = new Map<string, Value>();
  readonly #shapeTensors = new Map<string, Value>();
  #count = 0;

  /** A value that whoever runs the graph supplies. */
  input(name: string, type: ElementType, shape: Shape): Value {
    if (this.inputs.some((input) => input.name === name)) {
      throw new TunebertError(`the graph already has an input named ${name}`);
    }
    checkShape(shape, name);
    const value = { name, type, shape };
    this.inputs.push(value);
    return value;
  }

  /** A float32 constant without dimensions. */
  scalar(number: number): Value {
    return this.#constant(Float32Array.of(number), "float32", []);
  }

  /** A list of int64, as operators take axes, shapes and slice bounds. */
  integers(numbers: readonly number[]): Value {
    return this.#constant(BigInt64Array.from(numbers, BigInt), "int64", [numbers.length]);
  }

  /** Appends a node; `outputs` are the types and shapes of what it yields. */
  add<const Outputs extends readonly { type: ElementType; shape: Shape }[]>(
    operator: string,
    inputs: readonly Value[],
    outputs: Outputs,
    attributes: Node["attributes"] = {},
    domain = "",
  ): { -readonly [Output in keyof Outputs]: Value } {
    for (const { shape } of outputs) checkShape(shape, operator);
    const values = outputs.map(({ type, shape }) => ({ name: this.#fresh(operator), type, shape }));
    this.nodes.push({ operator, domain, inputs, outputs: values, attributes });
    return values as { -readonly [Output in keyof Outputs]: Value };
  }

  /**
   * A shape as the int64 tensor that Reshape and ConstantOfShape take. Symbols are read, while the graph runs,
   * off an input that was declared with them; with `allowInferred`, one of them is left to ONNX as -1.
   */
  shapeTensor(shape: Shape, allowInferred: boolean): Value {
    const key = `${shape.join(",")}|${allowInferred}`;
    let tensor = this.#shapeTensors.get(key);
    if (!tensor) {
      tensor = this.#makeShapeTensor(shape, allowInferred);
      this.#shapeTensors.set(key, tensor);
    }
    return tensor;
  }

  #makeShapeTensor(shape: Shape, allowInferred: boolean): Value {
    const last = shape.findLastIndex((dim) => typeof dim === "string");
    const dims = shape.map((dim, i) => (allowInferred && i === last ? -1 : dim));
    if (dims.every((dim) => typeof dim === "number")) return this.integers(dims);
    const parts = dims.map((dim) =>
      typeof dim === "number" ? this.integers([dim]) : this.#symbolTensor(dim, shape),
    );
    return this.add("Concat", parts, [{ type: "int64", shape: [shape.length] }], { axis: { int: 0 } })[0];
  }

  /** The value of a symbol, or of a product of symbols, as an int64 tensor of one element. */
  #symbolTensor(dim: string, shape: Shape): Value {
    const cached = this.#shapeTensors.get(dim);
    if (cached) return cached;
    const factors = dim.split("*").map((factor) => {
      if (!Number.isNaN(Number(factor))) return this.integers([Number(factor)]);
      for (const input of this.inputs) {
        const axis = input.shape.indexOf(factor);
        if (axis < 0) continue;
        const attributes = { start: { int: axis }, end: { int: axis + 1 } };
        return this.add("Shape", [input], [{ type: "int64", shape: [1] }], attributes)[0];
      }
      throw new TunebertError(
        `no input of the graph says how large ${factor} is in shape ${showShape(shape)}`,
      );
    });
    const value = factors.reduce((a, b) => this.add("Mul", [a, b], [{ type: "int64", shape: [1] }])[0]);
    this.#shapeTensors.set(dim, value);
    return value;
  }

  #constant(data: Float32Array | BigInt64Array, type: ElementType, shape: readonly number[]): Value {
    const key = `${type}:${shape.length}:${data.join(",")}`;
    const known = this.#constantsByKey.get(key);
    if (known) return known;
    const value = { name: this.#fresh("constant"), type, shape };
    this.#constantsByKey.set(key, value);
    this.constants.push({ value, data });
    return value;
  }

  #fresh(stem: string): string {
    return `${stem}_${this.#count++}`;
  }
}

/** How many elements a value has, as a dimension. */
export function elementCount(value: Value): Dim {
  return product(value.shape);
}
