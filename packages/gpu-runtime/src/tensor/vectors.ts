import type { BatchShape, StorageDtype } from "@papilio/butterfly";
import { type Operand, Scratch } from "../memory/scratch.ts";
import { paddedBytes } from "./dtype.ts";

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

/** Vectors that exist while a program runs, in its arena. */
export function scratchVectors(shape: Omit<Vectors, "memory">, label: string): Vectors {
  const { batch, features, layout, dtype } = shape;
  const memory = new Scratch(paddedBytes(batch * features, dtype), label);
  return { batch, features, layout, dtype, memory };
}
