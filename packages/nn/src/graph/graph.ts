import { PapilioError, requireArray, requireText } from "@papilio/butterfly";
import { windowCount } from "@papilio/gpu-runtime";
import { anyNumber } from "../arguments/checks.ts";
import { shapeCheck, valueCheck } from "./operand-checks.ts";
import {
  type Operation,
  operandsOf,
  type Size2d,
  type Window2d,
  type WithoutOutput,
} from "./operation.ts";
import { requireFields } from "./operation-fields.ts";
import { Indices, Value } from "./value.ts";

/** Vectors that are kept from one run to the next, zeros at first: a cache of keys, for example. */
export interface State {
  readonly name: string;
  readonly value: Value;
}

/** What a model computes for inputs of one shape: operations in the order in which they run. */
export class Graph {
  readonly #inputs = new Map<string, Value | Indices>();
  readonly #outputs = new Map<string, Value>();
  readonly #states = new Map<string, State>();
  readonly #operations: Operation[] = [];
  readonly #fixed: Indices[] = [];

  /** By name: vectors and indices that a run takes. */
  get inputs(): ReadonlyMap<string, Value | Indices> {
    return this.#inputs;
  }

  /** By name: what a run gives. */
  get outputs(): ReadonlyMap<string, Value> {
    return this.#outputs;
  }

  get states(): ReadonlyMap<string, State> {
    return this.#states;
  }

  get operations(): readonly Operation[] {
    return this.#operations;
  }

  /** Indices that are the same in every run. */
  get fixedIndices(): readonly Indices[] {
    return this.#fixed;
  }

  /** Vectors that are given to a run. Throws `GRAPH_NAME`, `GRAPH_SHAPE`. */
  input(name: string, shape: { readonly vectors: number; readonly features: number }): Value {
    shapeCheck("the shape of an input", shape);
    return this.#addInput(name, this.#value(shape.vectors, shape.features));
  }

  /** Whole numbers that are given to a run. Throws `GRAPH_NAME`, `GRAPH_SHAPE`. */
  indices(name: string, length: number): Indices {
    requireSizes({ length });
    return this.#addInput(name, new Indices(this, name, length));
  }

  /** Whole numbers that are the same in every run. */
  fixed(name: string, numbers: Uint32Array): Indices {
    requireText("The name of indices", name);
    requireArray("What is fixed", numbers, "Uint32Array");
    const indices = new Indices(this, name, numbers.length, numbers);
    this.#fixed.push(indices);
    return indices;
  }

  /** Vectors that are kept from one run to the next. Throws `GRAPH_NAME`, `GRAPH_SHAPE`. */
  state(name: string, shape: { readonly vectors: number; readonly features: number }): Value {
    shapeCheck("the shape of a state", shape);
    const value = this.#value(shape.vectors, shape.features);
    requireNewName(this.#states, name, "state");
    this.#states.set(name, { name, value });
    return value;
  }

  /** Makes a value one of the results of a run. */
  output(name: string, value: Value): void {
    valueCheck("The output", value);
    requireNewName(this.#outputs, name, "output");
    this.#outputs.set(name, value);
  }

  /** Adds an operation, given the shape of what it computes. */
  add(
    operation: WithoutOutput<Operation>,
    shape: { readonly vectors: number; readonly features: number },
  ): Value {
    requireFields(operation);
    shapeCheck(`the shape of ${operation.kind}`, shape);
    const output = this.#value(shape.vectors, shape.features);
    const added = { ...operation, output } as Operation;
    for (const operand of operandsOf(added)) {
      if (operand.graph === this) continue;
      throw new PapilioError(
        "GRAPH_MIXED",
        `An operand of ${operation.kind}${operation.path && ` of ${operation.path}`} belongs to another graph.`,
        "Trace the whole model into one graph.",
      );
    }
    this.#operations.push(added);
    return output;
  }

  #value(vectors: number, features: number): Value {
    requireSizes({ vectors, features });
    return new Value(this, vectors, features);
  }

  #addInput<T extends Value | Indices>(name: string, input: T): T {
    requireNewName(this.#inputs, name, "input");
    this.#inputs.set(name, input);
    return input;
  }
}

/** Numbers of a value at most: what indices of 32 bits reach. */
const MOST_NUMBERS = 2 ** 32;

function requireSizes(sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) anyNumber(name, size);
  const product = Object.values(sizes).reduce((all, size) => all * size, 1);
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isSafeInteger(size) && size >= 1 && product < MOST_NUMBERS) continue;
    throw shapeError(
      `A value of ${JSON.stringify(sizes)} cannot be: ${name} is ${size}`,
      `Use positive whole numbers whose product is below ${MOST_NUMBERS}.`,
    );
  }
}

function requireNewName(taken: ReadonlyMap<string, unknown>, name: string, what: string): void {
  requireText(`The name of a graph's ${what}`, name);
  if (!taken.has(name)) return;
  throw new PapilioError(
    "GRAPH_NAME",
    `The graph has an ${what} ${JSON.stringify(name)} already.`,
    "Name each differently.",
  );
}

/** An error for operands that do not fit. */
export function shapeError(message: string, fix: string): PapilioError {
  return new PapilioError("GRAPH_SHAPE", message.endsWith(".") ? message : `${message}.`, fix);
}

/** Windows over an image along each axis. Throws `GRAPH_SHAPE` where there is none. */
export function windowsOf(window: Window2d): Size2d {
  const along = (axis: 0 | 1): number =>
    windowCount(window.size[axis], {
      kernel: window.kernel[axis],
      stride: window.stride[axis],
      padding: window.padding[axis],
      dilation: window.dilation[axis],
    });
  const count = [along(0), along(1)] as const;
  if (count.every((windows) => Number.isSafeInteger(windows) && windows >= 1)) return count;
  throw shapeError(
    `Images of ${window.size.join(" x ")} with padding ${window.padding.join(", ")} have no windows of ${window.kernel.join(" x ")}`,
    "Use larger images, a smaller kernel or more padding.",
  );
}
