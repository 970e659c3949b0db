/**
 * Which implementation is best for a multiplication on an adapter, by how much, and how sure that is.
 *
 * @module
 */

export type { BenchErrorCodes } from "../errors/error-codes.ts";
export { type Layer, modelLayers, parseLayers } from "./layers.ts";
export { predictSeconds } from "./predict.ts";
export type {
  Basis,
  Candidate,
  Measured,
  Quantity,
  Question,
  SelectContext,
  Selection,
} from "./question.ts";
export { createSelector, select } from "./select.ts";
