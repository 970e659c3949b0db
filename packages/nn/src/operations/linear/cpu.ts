import type { FloatArray } from "@papilio/butterfly";
import type { CpuContext } from "../cpu-context.ts";
import type { LinearOperation } from "./operation.ts";
import { finishLinear } from "./reference.ts";

/** The product in float32 by the kernels in WebAssembly; what follows it in JavaScript. */
export async function linearOnCpu(
  operation: LinearOperation,
  context: CpuContext,
): Promise<FloatArray> {
  const { x, matrix } = operation;
  const packed = await context.packed(matrix);
  const shape = { batch: x.vectors, layout: "batch-first" } as const;
  const products = await packed.multiply(context.of(x) as Float32Array, shape);
  return finishLinear(operation, products, context);
}
