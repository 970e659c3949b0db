import { scatterVectorsKernel, sortIndicesKernel } from "@papilio/gpu-runtime/kernels";
import { type Operand, Scratch } from "@papilio/gpu-runtime/memory";
import type { Indices } from "../../graph/value.ts";
import type { DeviceLowering } from "../device-lowering.ts";
import type { ScatterVectorsOperation } from "./operation.ts";

export function lowerScatterVectors(
  { x, indices, rows, flat, output }: ScatterVectorsOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = scatterVectorsKernel({
    count: indices.length,
    rows,
    features: x.features,
    from: input.layout,
    // Rows one after the other are a single vector.
    to: flat ? "batch-first" : y.layout,
    dtype: y.dtype,
    batches: { from: input.batch, to: flat ? rows : y.batch },
  });
  to.push(kernel, [input.memory, sorted(indices, to), y.memory]);
}

/** The indices in order, and where each was: those that are the same in every run are sorted here. */
function sorted(indices: Indices, to: DeviceLowering): Operand {
  const { fixed, length } = indices;
  if (fixed === undefined) {
    const memory = new Scratch(8 * length, "sorted indices");
    to.push(sortIndicesKernel({ count: length }), [to.indices(indices), memory]);
    return memory;
  }
  const order = Uint32Array.from(fixed.keys()).sort(
    (left, right) => (fixed[left] as number) - (fixed[right] as number) || left - right,
  );
  const all = new Uint32Array(2 * length);
  all.set(order.map((vector) => fixed[vector] as number));
  all.set(order, length);
  return to.integers(all, "sorted indices");
}
