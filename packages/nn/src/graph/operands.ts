import { PapilioError } from "@papilio/butterfly";
import type { Parameter } from "../modules/parameter.ts";
import { indicesCheck, parameterCheck, valueCheck } from "./operand-checks.ts";
import type { Indices, Value } from "./value.ts";

/** Begins a message by the module that it is about. */
export function named(path: string): string {
  return path === "" ? "" : `In ${String(path)}, `;
}

/** Throws `GRAPH_SHAPE` unless vectors have so many features. */
export function requireFeatures(path: string, x: Value, features: number): void {
  valueCheck("The value", x);
  requireShape(path, x, x.vectors, features);
}

/** Throws `GRAPH_SHAPE` unless both have the same shape. */
export function requireSameShape(path: string, x: Value, other: Value): void {
  valueCheck("The value", x);
  requireShape(path, other, x.vectors, x.features);
}

/** Throws `GRAPH_SHAPE` unless there are so many vectors of so many features. */
export function requireShape(path: string, x: Value, vectors: number, features: number): void {
  valueCheck("The value", x);
  if (x.features === features && x.vectors === vectors) return;
  throw shapeError(
    `${named(path)}${vectors} vectors of ${features} features are needed, and there are ${x.vectors} of ${x.features}`,
    "Pass what the layer was made for.",
  );
}

/** Throws `GRAPH_SHAPE` unless a parameter has so many numbers. */
export function requireLength(
  path: string,
  what: string,
  parameter: Parameter,
  length: number,
): void {
  parameterCheck(`The ${what}`, parameter);
  if (parameter.length === length) return;
  throw shapeError(
    `${named(path)}the ${what} has ${parameter.length} numbers for ${length} features`,
    "Give one for each feature.",
  );
}

/** How many sequences of `period` vectors there are. Throws `GRAPH_SHAPE` unless they are whole. */
export function sequencesOf(path: string, x: Value, period: number): number {
  valueCheck("The value", x);
  if (Number.isSafeInteger(period) && period >= 1 && x.vectors % period === 0) {
    return x.vectors / period;
  }
  throw shapeError(
    `${named(path)}${x.vectors} vectors cannot be divided into sequences of ${String(period)}`,
    "Use whole sequences.",
  );
}

/** Throws `GRAPH_SHAPE` unless a position, where there is one, is a single number; it is to be below. */
export function requirePosition(path: string, position: Indices | undefined, below: number): void {
  if (position === undefined) return;
  indicesCheck("The position", position);
  if (position.length !== 1) {
    throw shapeError(`${named(path)}${position.length} positions are given`, "Give one.");
  }
  position.requireBelow(below);
}

/** Throws `GRAPH_SHAPE` unless positions, where there are any, are one for all or `count`; they are to be below. */
export function requirePositions(
  path: string,
  position: Indices | undefined,
  count: number,
  below: number,
): void {
  if (position !== undefined) indicesCheck("The position", position);
  if (position?.length !== count) {
    requirePosition(path, position, below);
    return;
  }
  position.requireBelow(below);
}

/** An error for operands that do not fit. */
export function shapeError(message: string, fix: string): PapilioError {
  return new PapilioError("GRAPH_SHAPE", message.endsWith(".") ? message : `${message}.`, fix);
}
