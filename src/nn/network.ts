import { TunebertError } from "../error.js";
import { Graph, type Value } from "../onnx/graph.js";
import { type Dim, type Shape, sameShape, showShape } from "../onnx/shape.js";
import type { Initialiser } from "./initialise.js";

/** A parameter that the model has, whether or not the graph reads it. */
export interface DeclaredParameter {
  readonly shape: readonly number[];
  readonly initialise: Initialiser;
  /** Whether weight decay is for it. */
  readonly decays: boolean;
}

/** An input of the graph that takes a parameter: the whole tensor, or only the rows of it that a run needs. */
export interface ParameterInput {
  /** State-dict name of the parameter. */
  readonly name: string;
  readonly value: Value;
  readonly rows: boolean;
}

/** Probabilities of dropping an element. */
export interface DropoutRates {
  /** Of what a layer makes, before it is added to what it made it from. */
  readonly hidden: number;
  /** Of a weight of attention. */
  readonly attention: number;
  /** Before the output layer. */
  readonly output: number;
}

/** An input that holds 0 where an element is dropped and 1/(1 - p) where it is kept. */
export interface DropoutMask {
  readonly value: Value;
  /** p, with which an element is dropped. */
  readonly probability: number;
}

/**
 * A graph under construction together with what its layers declare: parameters and dropout masks. A layer declares its
 * parameters under their state-dict names, in the order in which PyTorch's modules have them, and then reads them.
 */
export class Network {
  readonly graph = new Graph();
  /** By name, in the order of a PyTorch state dict. */
  readonly declared = new Map<string, DeclaredParameter>();
  /** In the order in which they were first read. */
  readonly inputs: ParameterInput[] = [];
  readonly masks: DropoutMask[] = [];
  readonly dropout: DropoutRates;

  /** @param dropout probability of dropping an element, or what it is where; 0 for evaluation */
  constructor(dropout: number | DropoutRates) {
    this.dropout =
      typeof dropout === "number" ? { hidden: dropout, attention: dropout, output: dropout } : dropout;
  }

  /** Says that the model has a parameter. Said again, it has to be of the same shape. */
  declare(
    name: string,
    shape: readonly number[],
    initialise: Initialiser,
    { decays }: { readonly decays: boolean },
  ): void {
    const before = this.declared.get(name)?.shape;
    if (before && !sameShape(before, shape)) {
      throw new TunebertError(
        `${name} is declared with the shapes ${showShape(before)} and ${showShape(shape)}`,
      );
    }
    if (!before) this.declared.set(name, { shape, initialise, decays });
  }

  /** A parameter that is fed as a whole. */
  parameter(name: string): Value {
    return this.#input(name, false, this.#shapeOf(name));
  }

  /** [`count`, …] rows of a table: whoever runs the graph chooses which. */
  rows(name: string, count: Dim): Value {
    return this.#input(name, true, [count, ...this.#shapeOf(name).slice(-1)]);
  }

  /** A mask for inverted dropout, drawn anew by the host for each run. */
  mask(shape: Shape, probability: number): Value {
    const value = this.graph.input(`dropout_mask.${this.masks.length}`, "float32", shape);
    this.masks.push({ value, probability });
    return value;
  }

  #shapeOf(name: string): readonly number[] {
    const declared = this.declared.get(name);
    if (!declared) throw new TunebertError(`no layer has declared the parameter ${name}`);
    return declared.shape;
  }

  #input(name: string, rows: boolean, shape: Shape): Value {
    const known = this.inputs.find((input) => input.name === name && input.rows === rows);
    if (known) return known.value;
    const value = this.graph.input(rows ? `rows.${name}` : name, "float32", shape);
    this.inputs.push({ name, value, rows });
    return value;
  }
}
