import type { BatchShape, StorageDtype } from "@papilio/butterfly";
import { requireObject, requireWhole } from "@papilio/butterfly/errors";
import { type Operand, Scratch } from "../memory/scratch.ts";
import { paddedBytes } from "./dtype.ts";
import { requireInputShape } from "./input-shape.ts";

/** A batch of vectors in device memory: a tensor, or what a program computes on its way. */
export interface Vectors extends BatchShape {
  /** Length of each vector. */
  readonly features: number;
  readonly dtype: StorageDtype;
  readonly memory: Operand;
}

/** A batch of complex vectors in device memory, numbers as pairs of real and imaginary parts. */
export interface ComplexVectors extends BatchShape {
  /** Length of each vector. */
  readonly features: number;
  readonly dtype: "complex64";
  readonly memory: Operand;
}

/** @throws PapilioError `OPTION_INVALID` for what are not vectors on the device */
export function requireVectorsOnDevice(name: string, vectors: unknown): void {
  requireObject(name, vectors, "vectors on the device", "features", "memory");
  const { features, memory } = vectors as Vectors;
  requireInputShape(vectors as Vectors);
  requireWhole(`The number of features of ${name}`, features, 1);
  requireObject(`The memory of ${name}`, memory, "memory on the device", "size");
}

/** Vectors that exist while a program runs, in its arena. */
export function scratchVectors(
  shape: Omit<Vectors, "memory">,
  label: string,
): Vectors & { readonly memory: Scratch } {
  requireInputShape(shape);
  const { batch, features, layout, dtype } = shape;
  requireWhole("The number of features", features, 1);
  const memory = new Scratch(paddedBytes(batch * features, dtype), label);
  return { batch, features, layout, dtype, memory };
}

/** The same of complex vectors. */
export function scratchComplexVectors(
  { batch, layout }: BatchShape,
  features: number,
  label: string,
): ComplexVectors & { readonly memory: Scratch } {
  const memory = new Scratch(paddedBytes(2 * batch * features, "f32"), label);
  return { batch, layout, features, dtype: "complex64", memory };
}
