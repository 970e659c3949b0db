import { uniform } from "@papilio/butterfly/numeric";
import { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { Indices } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";

/** Numbers in [-1, 1). */
export function numbers(length: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, uniform(seed));
}

/** A parameter of numbers in [-1, 1). */
export function parameter(shape: readonly number[], seed: number): Parameter {
  return Parameter.of(shape, numbers(new Parameter(shape).length, seed));
}

/** Inputs for a graph: vectors of numbers in [-1, 1), indices below what they must be below. */
export function inputsFor(graph: Graph, seed: number = 0): RunInputs {
  return Object.fromEntries(
    [...graph.inputs].map(([name, input], index) => {
      if (!(input instanceof Indices)) {
        return [name, numbers(input.vectors * input.features, seed + index)];
      }
      const next = uniform(seed + index);
      const below = (): number => Math.floor(((next() + 1) / 2) * input.below);
      return [name, Uint32Array.from({ length: input.length }, below)];
    }),
  );
}

/** A sparse matrix with up to `most` entries in a row, some rows empty. */
export function sparse(
  [rows, cols]: readonly [number, number],
  most: number,
  seed: number,
  weighted: boolean,
): SparseMatrix {
  const next = uniform(seed);
  const whole = (below: number): number => Math.floor(((next() + 1) / 2) * below);
  const entries = { rows: [] as number[], columns: [] as number[] };
  for (let row = 0; row < rows; row++) {
    const columns = new Set(Array.from({ length: whole(most + 1) }, () => whole(cols)));
    for (const column of columns) {
      entries.rows.push(row);
      entries.columns.push(column);
    }
  }
  const values = weighted ? numbers(entries.rows.length, seed + 1) : undefined;
  return SparseMatrix.fromEntries([rows, cols], entries, values);
}

/** The largest difference, and the largest number of the reference. */
export function difference(
  actual: Float32Array,
  expected: ArrayLike<number>,
): { readonly error: number; readonly magnitude: number } {
  let error = actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  let magnitude = 0;
  for (let index = 0; index < actual.length; index++) {
    const distance = Math.abs((actual[index] as number) - (expected[index] as number));
    // A NaN is an error without bound.
    error =
      distance <= error ? error : Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
    magnitude = Math.max(magnitude, Math.abs(expected[index] as number));
  }
  return { error, magnitude };
}
