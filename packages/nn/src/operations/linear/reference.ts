import type { FloatArray } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import type { Activation } from "@papilio/butterfly/numeric";
import type { Value } from "../../graph/value.ts";
import type { ReferenceContext } from "../reference-context.ts";
import { activationFunction } from "../shared/activation-function.ts";
import { butterflyOf } from "./butterfly-of.ts";
import type { Matrix } from "./matrix.ts";
import type { LinearOperation } from "./operation.ts";

/** Sums are in float64, and rounded once, after all that follows the product. */
export function evaluateLinear(operation: LinearOperation, context: ReferenceContext): FloatArray {
  const { x, matrix, bias, activation, multiplier, addend, output } = operation;
  const sums = product(matrix, Float64Array.from(context.of(x)), x);
  const apply = activationOf(activation);
  const times = multiplier && context.of(multiplier);
  const plus = addend && context.of(addend);
  const y = context.zeros(output);
  for (let index = 0; index < y.length; index++) {
    const sum = (sums[index] as number) + (bias?.values[index % output.features] ?? 0);
    y[index] = apply(sum) * (times?.[index] ?? 1) + (plus?.[index] ?? 0);
  }
  return y;
}

/** Vectors that are multiplied at once: as many as stay in the cache. */
const PANEL = 64;

function product(matrix: Matrix, inputs: Float64Array, { vectors, features }: Value): Float64Array {
  const butterfly = butterflyOf(matrix);
  const { rows } = butterfly.chain;
  const sums = new Float64Array(vectors * rows);
  for (let start = 0; start < vectors; start += PANEL) {
    const batch = Math.min(PANEL, vectors - start);
    const panel = inputs.subarray(start * features, (start + batch) * features);
    sums.set(referenceProduct(butterfly, panel, { batch, layout: "batch-first" }), start * rows);
  }
  return sums;
}

function activationOf(activation: Activation | undefined): (x: number) => number {
  return activation === undefined ? (x) => x : activationFunction(activation);
}
