import {
  describeValue,
  requireNumber,
  requireOneOf,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import type { Access, Layout, PlainOperand, VectorsOperand } from "./kernel-call.ts";

/** Sizes of vectors. */
export interface VectorsShape {
  readonly vectors: number;
  readonly features: number;
}

/** @throws PapilioError `OPTION_INVALID` unless the sizes are whole numbers of at least 1 */
export function requireVectorsShape({ vectors, features }: VectorsShape): void {
  requireWhole("The number of vectors", vectors, 1);
  requireWhole("The number of features", features, 1);
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireLayout(layout: unknown): void {
  requireOneOf("The layout", layout, ["tiles", "rows"]);
}

/** An operand of vectors. */
export function vectorsOperand(
  name: string,
  access: Access,
  layout: Layout,
  { vectors, features }: VectorsShape,
): VectorsOperand {
  return { name, access, layout, vectors, features };
}

/** An operand of numbers of 32 bits in an order of the kernel's own, which is only read. */
export function wordsOperand(name: string, words: number): PlainOperand {
  return { name, access: "read", layout: "plain", bytes: 4 * words };
}

/** @throws PapilioError `OPTION_INVALID` unless the value is a number of at least 0 that float32 has */
export function requireAtLeastZero(name: string, value: unknown): void {
  requireNumber(name, value);
  if (value >= 0 && Number.isFinite(Math.fround(value))) return;
  throw wrongArgument(name, describeValue(value), "a finite number of at least 0");
}
