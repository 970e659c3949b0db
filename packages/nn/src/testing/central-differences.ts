import type { FloatArray } from "@papilio/butterfly";
import { expect } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import { Graph } from "../graph/graph.ts";
import { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { gradient } from "../training/gradient.ts";
import { inputsFor } from "./draw.ts";

/** A value of a graph, and what it is differentiated by: inputs and parameters. */
export interface GradientCase {
  readonly y: Value;
  readonly of: readonly (Value | Parameter)[];
  /** How often gradients in float32 are rounded, about: as many numbers as are added, and steps of functions. */
  readonly terms?: number;
}

/** What a case is to compute on a backend. */
export interface SolvedGradient {
  readonly graph: Graph;
  readonly inputs: RunInputs;
  /** y and gradients in float64, by the names of the outputs. */
  readonly expected: Readonly<Record<string, FloatArray>>;
  readonly terms: number;
}

/** Numbers are odd multiples of it, so that steps stay on one side of 0 and of whole multiples of twice it. */
const GRID = 2 ** -7;
/** The longer of two steps. Both are exact in float32. */
const STEP = 2 ** -8;

/**
 * A graph that computes a case's gradients of `Σ seed · y`, for a random seed, and what they are in float64.
 *
 * @param make builds the case in an empty graph; inputs are drawn from [-1, 1), indices below what they must be below
 */
export function solveGradient(
  make: (graph: Graph) => GradientCase,
): SolvedGradient & Pick<GradientCase, "of"> {
  const graph = new Graph();
  const { y, of, terms = 16 } = make(graph);
  const seed = graph.input("seed", y);
  const gradients = gradient(graph, y, of, { seed });
  graph.output("y", y);
  for (const [index, value] of gradients.entries()) graph.output(`gradient${index}`, value);
  const inputs = inputsFor(graph, 7);
  for (const values of Object.values(inputs)) onGrid(values);
  for (const each of of) if (!(each instanceof Value)) onGrid(each.values);
  const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
  return { graph, inputs, expected, terms, of };
}

/**
 * Compares the gradients of a case with central differences in float64 at two steps, whose error is of the fourth order
 * (Richardson). Each number of each input and parameter is moved, so keep them few.
 */
export function expectCentralDifferences(make: (graph: Graph) => GradientCase): void {
  const { graph, inputs, expected, of } = solveGradient(make);
  const weights = inputs.seed as Float32Array;
  const model = new CpuModel(graph, { precision: "float64" });
  const total = (): number => {
    const found = model.runNow(inputs).y as FloatArray;
    return weights.reduce((sum, weight, index) => sum + weight * (found[index] as number), 0);
  };
  for (const [index, each] of of.entries()) {
    const values = each instanceof Value ? inputs[nameOf(graph, each)] : each.values;
    const numeric = Float64Array.from(values as Float32Array, (_, at) =>
      difference(values as Float32Array, at, total),
    );
    const analytic = expected[`gradient${index}`] as FloatArray;
    expect(analytic.length).toBe(numeric.length);
    const size = numeric.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
    const wrong = Array.from(numeric, (right, at) => ({ index, at, right, found: analytic[at] }))
      // Not a number is wrong too.
      .filter(({ right, found = Number.NaN }) => !(Math.abs(found - right) <= 1e-7 * size));
    expect(wrong.slice(0, 3)).toEqual([]);
  }
}

function difference(values: Float32Array, at: number, total: () => number): number {
  const start = values[at] as number;
  const slope = (step: number): number => {
    values[at] = start + step;
    const above = total();
    values[at] = start - step;
    const below = total();
    values[at] = start;
    return (above - below) / (2 * step);
  };
  return (4 * slope(STEP / 2) - slope(STEP)) / 3;
}

function onGrid(values: Float32Array | Uint32Array): void {
  if (values instanceof Uint32Array) return;
  values.forEach((value, index) => {
    values[index] = (2 * Math.floor(value / (2 * GRID)) + 1) * GRID;
  });
}

function nameOf(graph: Graph, value: Value): string {
  const found = [...graph.inputs].find(([, input]) => input === value);
  if (found === undefined) throw new Error("A value to differentiate by is no input.");
  return found[0];
}
