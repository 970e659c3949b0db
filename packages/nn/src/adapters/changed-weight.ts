import { boftRotation, oftRotation } from "@papilio/butterfly/constructions";
import { referenceProduct } from "@papilio/butterfly/matrix";
import type { StoredTensor } from "../weights/stored-tensor.ts";
import type {
  AdapterTarget,
  KroneckerTerm,
  LokrChange,
  Magnitude,
  RotationChange,
  StoredProduct,
  WeightChange,
} from "./adapter.ts";
import { denseProduct } from "./dense-product.ts";

/** What {@link changedWeight} needs of a target. */
type Target = Pick<AdapterTarget, "outFeatures" | "inFeatures" | "change">;

/**
 * What an adapter makes of a weight, in float64.
 *
 * @param weight `[outFeatures, inFeatures]`, row-major
 * @returns a weight of the same shape, in an array of its own
 * @throws PapilioError `MATRIX_NOT_FINITE`; what reading a tensor throws
 */
export function changedWeight(target: Target, weight: Float64Array): Float64Array {
  const { change } = target;
  if ("blocks" in change) return rotated(target, change, weight);
  const changed = weight.slice();
  addDifference(change, changed, target.inFeatures);
  if (change.magnitude !== undefined) resize(changed, change.magnitude, target.inFeatures);
  return changed;
}

/** Adds the difference that an adapter makes, before its vectors get lengths. */
export function addDifference(
  change: Exclude<WeightChange, RotationChange>,
  weight: Float64Array,
  cols: number,
): void {
  if (change.kind === "lokr") {
    addKronecker(change, weight, cols);
    return;
  }
  const difference =
    change.kind === "lora"
      ? multiplied({ a: change.b, b: change.a })
      : hadamard(multiplied(change.first), multiplied(change.second));
  for (const [index, value] of difference.entries()) {
    weight[index] = (weight[index] as number) + change.scale * value;
  }
}

function addKronecker(
  { first, second, scale }: LokrChange,
  weight: Float64Array,
  cols: number,
): void {
  const [left, right] = [valuesOf(first), valuesOf(second)];
  for (let index = 0; index < weight.length; index++) {
    const [row, col] = [Math.floor(index / cols), index % cols];
    const [upper, outer] = [Math.floor(row / second.rows), Math.floor(col / second.cols)];
    const [lower, inner] = [row % second.rows, col % second.cols];
    const factor = left[upper * first.cols + outer] as number;
    const value = right[lower * second.cols + inner] as number;
    weight[index] = (weight[index] as number) + scale * factor * value;
  }
}

/** The numbers of a term, in float64. */
export function valuesOf({ stored }: KroneckerTerm): Float64Array {
  return "a" in stored ? multiplied(stored) : stored.toReal("float64");
}

function multiplied({ a, b }: StoredProduct): Float64Array {
  return denseProduct(a.toReal("float64"), b.toReal("float64"), a.shape[1] as number);
}

function hadamard(first: Float64Array, second: Float64Array): Float64Array {
  return first.map((value, index) => value * (second[index] as number));
}

/** Gives the rows or columns of a weight their lengths. */
function resize(weight: Float64Array, magnitude: Magnitude, cols: number): void {
  const factors = magnitudeFactors(weight, magnitude, cols);
  const lineOf = linesOf(magnitude, cols);
  for (const [index, value] of weight.entries()) {
    weight[index] = value * (factors[lineOf(index)] as number);
  }
}

/** By what the rows or columns of a weight are multiplied to get their lengths. */
export function magnitudeFactors(
  weight: Float64Array,
  magnitude: Magnitude,
  cols: number,
): Float64Array {
  const { lengths, epsilon } = magnitude;
  const lineOf = linesOf(magnitude, cols);
  const wanted = lengths.toReal("float64");
  const squares = new Float64Array(wanted.length);
  for (const [index, value] of weight.entries()) {
    squares[lineOf(index)] = (squares[lineOf(index)] as number) + value * value;
  }
  return wanted.map((length, line) => length / (Math.sqrt(squares[line] as number) + epsilon));
}

/** In which row or column an entry of a weight is. */
function linesOf({ of }: Magnitude, cols: number): (index: number) => number {
  return of === "rows" ? (index) => Math.floor(index / cols) : (index) => index % cols;
}

function rotated(
  { outFeatures, inFeatures }: Target,
  change: RotationChange,
  weight: Float64Array,
): Float64Array {
  const blocks = change.blocks();
  const rotation =
    change.kind === "oft" ? oftRotation(blocks, change.size) : boftRotation(blocks, change);
  // W R^T rotates each row as a vector, R W each column.
  const turned =
    change.side === "input"
      ? referenceProduct(rotation, weight, { batch: outFeatures, layout: "batch-first" })
      : referenceProduct(rotation, weight, { batch: inFeatures, layout: "batch-last" });
  if (change.outputScale !== undefined) scaleRows(turned, change.outputScale, inFeatures);
  return turned;
}

function scaleRows(weight: Float64Array, scale: StoredTensor, cols: number): void {
  const factors = scale.toReal("float64");
  for (const [index, value] of weight.entries()) {
    weight[index] = value * (factors[Math.floor(index / cols)] as number);
  }
}
