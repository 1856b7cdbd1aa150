import { Graph, type Value } from "../onnx/graph.js";
import type { Shape } from "../onnx/shape.js";

/** A parameter that the graph reads: the whole tensor, or only the rows of it that a run needs. */
export interface ParameterInput {
  readonly value: Value;
  readonly rows: boolean;
}

/**
 * A graph under construction together with what its layers declare: parameters and dropout masks. Parameters
 * are inputs of the graph and bear their state-dict names.
 */
export class Network {
  readonly graph = new Graph();
  readonly parameters = new Map<string, ParameterInput>();
  /** Inputs that hold 0 where an element is dropped and 1/(1 - p) where it is kept. */
  readonly masks: Value[] = [];

  /** @param dropout probability of dropping an element; 0 for evaluation */
  constructor(readonly dropout: number) {}

  /** A parameter that is fed as a whole. */
  parameter(name: string, shape: Shape): Value {
    return this.#declare(name, shape, false);
  }

  /** Rows of a table: whoever runs the graph chooses which, `shape[0]` of them. */
  rows(name: string, shape: Shape): Value {
    return this.#declare(name, shape, true);
  }

  /** A mask for inverted dropout, drawn anew by the host for each run. */
  mask(shape: Shape): Value {
    const value = this.graph.input(`dropout_mask.${this.masks.length}`, "float32", shape);
    this.masks.push(value);
    return value;
  }

  #declare(name: string, shape: Shape, rows: boolean): Value {
    const known = this.parameters.get(name);
    if (known) return known.value;
    const value = this.graph.input(name, "float32", shape);
    this.parameters.set(name, { value, rows });
    return value;
  }
}
