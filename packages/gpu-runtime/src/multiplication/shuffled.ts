import type { Step } from "../device/kernel.ts";
import { blockTransposeKernel } from "../kernels/block-transpose/kernel.ts";
import type { KroneckerSparseProblem } from "../kernels/kronecker-sparse/problem.ts";
import { type Operand, Scratch } from "../memory/scratch.ts";
import { paddedBytes } from "../tensor/dtype.ts";

/**
 * Surrounds a product of blocks with the perfect shuffles that make the blocks contiguous: gather,
 * multiply, scatter. Where `d` = 1 the shuffles are the identity and are left out.
 */
export function shuffled(
  { pattern, batch, layout, dtype }: KroneckerSparseProblem,
  multiply: (x: Operand, y: Operand) => Step,
): (x: Operand, y: Operand) => Step[] {
  const { a, b, c, d, rows, cols } = pattern;
  if (d === 1) return (x, y) => [multiply(x, y)];
  const [outer, inner] = layout === "batch-first" ? [batch * a, 1] : [a, batch];
  const gather = blockTransposeKernel({ outer, rows: c, columns: d, inner, dtype });
  const scatter = blockTransposeKernel({ outer, rows: d, columns: b, inner, dtype });
  return (x, y) => {
    const gathered = new Scratch(paddedBytes(batch * cols, dtype), "gathered input");
    const product = new Scratch(paddedBytes(batch * rows, dtype), "product before scatter");
    return [
      { kernel: gather, buffers: [x, gathered], role: "rewrite" },
      multiply(gathered, product),
      { kernel: scatter, buffers: [product, y], role: "rewrite" },
    ];
  };
}
