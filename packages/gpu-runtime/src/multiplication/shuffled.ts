import type { Gpu } from "../device/gpu.ts";
import { blockTransposeKernel } from "../kernels/block-transpose/kernel.ts";
import type { Problem } from "../kernels/kronecker-sparse/problem.ts";
import type { Lease, Span } from "../memory/lease.ts";
import { storage } from "../memory/storage.ts";
import type { Step } from "../program/kernel.ts";
import { paddedBytes } from "../tensor/dtype.ts";
import type { BufferSet } from "./multiplication.ts";

/**
 * Surrounds a product of blocks with the perfect shuffles that make the blocks contiguous: gather,
 * multiply, scatter. Where `d` = 1 the shuffles are the identity and are left out.
 */
export function shuffled(
  gpu: Gpu,
  buffers: BufferSet,
  { pattern, batch, layout, dtype }: Problem,
  multiply: (x: Span, y: Span) => Step,
): (x: Span, y: Span) => Step[] {
  const { a, b, c, d, rows, cols } = pattern;
  if (d === 1) return (x, y) => [multiply(x, y)];
  const [outer, inner] = layout === "batch-first" ? [batch * a, 1] : [a, batch];
  const gather = blockTransposeKernel({ outer, rows: c, columns: d, inner, dtype });
  const scatter = blockTransposeKernel({ outer, rows: d, columns: b, inner, dtype });
  const scratch = (features: number, label: string): Lease =>
    buffers.add(storage(gpu, paddedBytes(batch * features, dtype), label));
  const gathered = scratch(cols, "gathered input");
  const product = scratch(rows, "product before scatter");
  return (x, y) => [
    { kernel: gather, buffers: [x, gathered], role: "rewrite" },
    multiply(gathered, product),
    { kernel: scatter, buffers: [product, y], role: "rewrite" },
  ];
}
