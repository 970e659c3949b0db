import type { Pattern } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import { outputsKernel, vectorBindings } from "../outputs.ts";

/**
 * Generates the choice of a factor's values, `[a, b, c, d]`, out of a dense matrix `[rows, cols]`, both in float32.
 * Bindings: x, the matrix, and y.
 */
export function nonZerosKernel(pattern: Pattern): Kernel {
  const { b, c, d, cols, nonZeros } = pattern;
  return outputsKernel({
    label: `non-zeros ${pattern}`,
    dtype: "f32",
    y: { batch: 1, layout: "batch-first", count: 1, features: nonZeros },
    width: 1,
    bindings: vectorBindings("f32", 1),
    body: `let k = feature % ${d}u;
  let l = feature / ${d}u % ${c}u;
  let j = feature / ${c * d}u % ${b}u;
  let i = feature / ${b * c * d}u;
  let value = x[((i * ${b}u + j) * ${d}u + k) * ${cols}u + (i * ${c}u + l) * ${d}u + k];`,
  });
}
