import { PapilioError } from "@papilio/butterfly";
import { arrayTag, describeValue, requireObject } from "@papilio/butterfly/errors";
import { requireVectors } from "@papilio/butterfly/numeric";
import type { Graph } from "./graph.ts";
import { Indices, type Value } from "./value.ts";

/** What a run takes, by name: vectors `[vectors, features]` as float32, indices as whole numbers. */
export type RunInputs = Readonly<Record<string, Float32Array | Uint32Array>>;

/** What a run gives, by name: vectors `[vectors, features]`. */
export type RunOutputs = Readonly<Record<string, Float32Array>>;

/** A graph that is ready to run: on the CPU or on a device. */
export interface Executable extends Disposable {
  readonly graph: Graph;
  /**
   * Computes the outputs. Runs follow one another: a second one waits for the first.
   *
   * @throws PapilioError `INPUT_MISSING`, `INPUT_LENGTH`, `INDEX_RANGE`; `MODEL_DISPOSED` after {@link dispose}
   */
  run(inputs: RunInputs): Promise<RunOutputs>;
  /** Frees what it holds; safe to call twice. Runs that have not begun are rejected. */
  dispose(): void;
}

/** The inputs of a run, each of the kind and length that the graph asks for. */
export function checkInputs(
  { inputs }: Graph,
  given: RunInputs,
): { readonly vectors: Map<Value, Float32Array>; readonly indices: Map<Indices, Uint32Array> } {
  requireObject("What the model is given", given, "an object of inputs by their names");
  const vectors = new Map<Value, Float32Array>();
  const indices = new Map<Indices, Uint32Array>();
  for (const [name, input] of inputs) {
    const numbers = Object.hasOwn(given, name) ? given[name] : undefined;
    if (input instanceof Indices) {
      if (arrayTag(numbers) !== "Uint32Array") throw notGiven(inputs, name, "Uint32Array");
      input.check(numbers as Uint32Array);
      indices.set(input, numbers as Uint32Array);
    } else {
      if (arrayTag(numbers) !== "Float32Array") throw notGiven(inputs, name, "Float32Array");
      requireVectors("input", (numbers as Float32Array).length, input.features, input.vectors);
      vectors.set(input, numbers as Float32Array);
    }
  }
  const unknown = Object.keys(given).find((name) => !inputs.has(name));
  if (unknown !== undefined) {
    throw new PapilioError(
      "INPUT_MISSING",
      `The model has no input ${describeValue(unknown)}.`,
      `Its inputs are ${[...inputs.keys()].join(", ") || "none"}.`,
    );
  }
  return { vectors, indices };
}

/** What is thrown where a model, or the memory of one, is used after it was disposed of. */
export function modelDisposed(what: "model" | "memory of the model" = "model"): PapilioError {
  return new PapilioError(
    "MODEL_DISPOSED",
    `The ${what} was disposed of.`,
    "Dispose of a model after its last run, or make another one of its graph.",
  );
}

function notGiven(inputs: Graph["inputs"], name: string, type: string): PapilioError {
  return new PapilioError(
    "INPUT_MISSING",
    `The input ${describeValue(name)} is missing, or no ${type}.`,
    `Give numbers for each of ${[...inputs.keys()].join(", ")}.`,
  );
}
