import { type FloatArray, LAYOUTS } from "@papilio/butterfly";
import type { Activation } from "@papilio/gpu-runtime";
import type {
  ActivationOperation,
  AddVectorOperation,
  CombineOperation,
  LinearOperation,
  Matrix,
  SparseLinearOperation,
} from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { butterflyOf } from "../../layers/linear-layer.ts";
import { activationFunction } from "./activation.ts";
import type { CpuContext } from "./context.ts";

const [layout] = LAYOUTS; // batch-first

/** Sums are in float64, and rounded once, after all that follows the product. */
export function linear(operation: LinearOperation, context: CpuContext): FloatArray {
  const { x, matrix } = operation;
  return finish(operation, product(matrix, Float64Array.from(context.of(x)), x), context);
}

/** What follows the product: `activation(sum + bias) * multiplier + addend`. */
export function finish(
  { bias, activation, multiplier, addend, output }: LinearOperation,
  sums: FloatArray,
  context: CpuContext,
): FloatArray {
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
    sums.set(butterfly.apply(panel, { batch, layout }), start * rows);
  }
  return sums;
}

function activationOf(activation: Activation | undefined): (x: number) => number {
  return activation === undefined ? (x) => x : activationFunction(activation);
}

export function sparseLinear(
  { x, matrix, output }: SparseLinearOperation,
  context: CpuContext,
): FloatArray {
  const inputs = context.of(x);
  const y = context.zeros(output);
  const { starts, columns, values } = matrix;
  for (let vector = 0; vector < x.vectors; vector++) {
    for (let row = 0; row < matrix.rows; row++) {
      let sum = 0;
      for (let entry = starts[row] as number; entry < (starts[row + 1] as number); entry++) {
        const number = inputs[vector * x.features + (columns[entry] as number)] as number;
        sum += (values?.[entry] ?? 1) * number;
      }
      y[vector * matrix.rows + row] = sum;
    }
  }
  return y;
}

export function activation(
  { x, activation: kind }: ActivationOperation,
  context: CpuContext,
): FloatArray {
  const apply = activationFunction(kind);
  return context.of(x).map(apply) as FloatArray;
}

export function combine(
  { x, other, operation }: CombineOperation,
  context: CpuContext,
): FloatArray {
  const [left, right] = [context.of(x), context.of(other)];
  return left.map((value, index) => {
    const second = right[index] as number;
    return operation === "add" ? value + second : value * second;
  }) as FloatArray;
}

export function addVector({ x, vector }: AddVectorOperation, context: CpuContext): FloatArray {
  const { values } = vector;
  return context
    .of(x)
    .map((value, index) => value + (values[index % x.features] as number)) as FloatArray;
}
