import { anyNumber, type Check, having, objectOf } from "../arguments/checks.ts";

/*
 * What operations are given, known by its members: objects of another copy of this package are as good.
 * Nothing of a parameter is allocated for it.
 */

export const graphCheck: Check = having("a Graph", "add", "input", "operations");
export const valueCheck: Check = having("a Value of a graph", "graph", "vectors", "features");
export const indicesCheck: Check = having("Indices of a graph", "graph", "length", "requireBelow");
export const parameterCheck: Check = having("a Parameter", "shape", "length");
export const patternCheck: Check = having("a Pattern", "a", "b", "c", "d", "nonZeros");
export const chainCheck: Check = having("a Chain", "patterns", "rows", "cols");

/** How many vectors there are, and how long. */
export const shapeCheck: Check = objectOf({ vectors: anyNumber, features: anyNumber });
