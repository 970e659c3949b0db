import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireArray, requireText } from "@papilio/butterfly/errors";
import { anyNumber, callback, listOf, objectOf, recordOf, text } from "../arguments/checks.ts";
import { shapeCheck, valueCheck } from "./operand-checks.ts";
import { shapeError } from "./operands.ts";
import type { GraphOperation, OperationDefinition } from "./operation.ts";
import { Indices, Value } from "./value.ts";

/** Vectors that are kept from one run to the next, zeros at first: a cache of keys, for example. */
export interface State {
  readonly name: string;
  readonly value: Value;
}

const definitionCheck = objectOf({ kind: text, fields: recordOf(callback), operands: callback });

/** What a model computes for inputs of one shape: operations in the order in which they run. */
export class Graph {
  readonly #inputs = new Map<string, Value | Indices>();
  readonly #outputs = new Map<string, Value>();
  readonly #states = new Map<string, State>();
  readonly #operations: GraphOperation[] = [];
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

  /** In the order in which they run. */
  get operations(): readonly GraphOperation[] {
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

  /**
   * Adds an operation of a kind, given its fields and the shape of its output.
   *
   * @throws PapilioError `OPTION_INVALID`, `GRAPH_SHAPE`, `GRAPH_MIXED`
   */
  add<O extends GraphOperation>(
    definition: OperationDefinition<O>,
    fields: Omit<O, "kind" | "output">,
    shape: { readonly vectors: number; readonly features: number },
  ): Value {
    definitionCheck("the definition of an operation", definition);
    const { kind } = definition;
    objectOf({ path: text, ...definition.fields })(kind, fields);
    shapeCheck(`the shape of ${kind}`, shape);
    const output = this.#value(shape.vectors, shape.features);
    const added = { ...fields, kind, output } as unknown as O;
    const operands: readonly unknown[] = definition.operands(added);
    listOf(valueCheck)(`the operands of ${kind}`, operands);
    for (const operand of operands as readonly Value[]) {
      if (operand.graph === this) continue;
      throw new PapilioError(
        "GRAPH_MIXED",
        `An operand of ${kind}${added.path && ` of ${added.path}`} belongs to another graph.`,
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
    `The graph has an ${what} ${describeValue(name)} already.`,
    "Name each differently.",
  );
}
