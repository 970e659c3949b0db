import { PapilioError } from "@papilio/butterfly";
import { requireArray, requireNumber, requireText } from "@papilio/butterfly/errors";
import { optional, uint32 } from "../arguments/checks.ts";
import type { Graph } from "./graph.ts";
import { graphCheck } from "./operand-checks.ts";

/**
 * A batch of vectors in a graph: what goes in, what an operation computes, or what is kept from one
 * run to the next. It has a shape and no numbers. Tokens, pixels and nodes of graphs are vectors.
 */
export class Value {
  readonly graph: Graph;
  readonly vectors: number;
  /** Length of each vector. */
  readonly features: number;

  /** Made by a {@link Graph}. */
  constructor(graph: Graph, vectors: number, features: number) {
    graphCheck("The graph of a value", graph);
    requireNumber("vectors", vectors);
    requireNumber("features", features);
    this.graph = graph;
    this.vectors = vectors;
    this.features = features;
  }
}

/** Whole numbers that are given to each run, or fixed: token ids, positions, lengths. */
export class Indices {
  readonly graph: Graph;
  readonly name: string;
  readonly length: number;
  /** The numbers, where they are the same in every run. */
  readonly fixed: Uint32Array | undefined;
  #below = 2 ** 32;

  /** Made by a {@link Graph}. */
  constructor(graph: Graph, name: string, length: number, fixed?: Uint32Array) {
    graphCheck("The graph of indices", graph);
    requireText("The name of indices", name);
    requireNumber("length", length);
    optional(uint32)("What is fixed", fixed);
    this.graph = graph;
    this.name = name;
    this.length = length;
    this.fixed = fixed;
  }

  /** Every number is less than this, as those who use them need. */
  get below(): number {
    return this.#below;
  }

  /** Restricts the numbers. Throws `INDEX_RANGE` where fixed ones are not below `bound`. */
  requireBelow(bound: number): void {
    requireNumber("The bound of indices", bound);
    this.#below = Math.min(this.#below, bound);
    if (this.fixed !== undefined) this.check(this.fixed);
  }

  /** @throws PapilioError `INPUT_LENGTH`, `INDEX_RANGE` unless these can be the numbers of a run */
  check(numbers: Uint32Array): void {
    requireArray(`What is given for ${this.name}`, numbers, "Uint32Array");
    if (numbers.length !== this.length) {
      throw new PapilioError(
        "INPUT_LENGTH",
        `There are ${numbers.length} numbers for ${this.name}, which takes ${this.length}.`,
        "Trace the model for as many, or give as many as it was traced for.",
      );
    }
    const wrong = numbers.findIndex((index) => index >= this.below);
    if (wrong === -1) return;
    throw new PapilioError(
      "INDEX_RANGE",
      `Number ${wrong} of ${this.name} is ${numbers[wrong]}, but it must be less than ${this.below}.`,
      "Give indices of what there is: tokens of the vocabulary, positions within the context.",
    );
  }
}
