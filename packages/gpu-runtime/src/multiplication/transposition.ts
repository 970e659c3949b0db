import type { Step } from "../device/kernel.ts";
import { blockTransposeKernel } from "../kernels/block-transpose/kernel.ts";
import { requireVectorsOnDevice, type Vectors } from "../tensor/vectors.ts";

/** Copies a batch of vectors into the other layout, `to`'s. */
export function transposition(from: Vectors, to: Vectors): Step {
  requireVectorsOnDevice("The input", from);
  requireVectorsOnDevice("The output", to);
  const { batch, features, dtype } = from;
  const [rows, columns] = from.layout === "batch-first" ? [batch, features] : [features, batch];
  const kernel = blockTransposeKernel({ outer: 1, rows, columns, inner: 1, dtype });
  return { kernel, buffers: [from.memory, to.memory], role: "rewrite" };
}
