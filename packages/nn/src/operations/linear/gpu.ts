import type { Vectors } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { LinearOperation } from "./operation.ts";

/** One multiplication, with all that was moved into it. */
export function lowerLinear(operation: LinearOperation, to: DeviceLowering): void {
  const { matrix, bias, activation } = operation;
  const x = to.inLayout(operation.x);
  const multiplier = operation.multiplier && to.inLayout(operation.multiplier);
  const addend = operation.addend && to.inLayout(operation.addend);
  const y = to.define(operation.output, { layout: "multiplication" });
  const multiplication = to.multiplication(matrix, bias, shapeOf(x), {
    ...(activation && { activation }),
    multiply: multiplier !== undefined,
    add: addend !== undefined,
  });
  const steps = multiplication.steps(x, relabelled(y, x), {
    ...(multiplier && { multiplier }),
    ...(addend && { addend }),
  });
  to.pushSteps(steps);
}

function shapeOf({ batch, layout, dtype }: Vectors): Pick<Vectors, "batch" | "layout" | "dtype"> {
  return { batch, layout, dtype };
}

/** A single vector may be called either layout: the one that the other operands have. */
function relabelled(y: Vectors, { layout }: Vectors): Vectors {
  const { batch, features, dtype, memory } = y;
  return y.layout === layout ? y : { batch, features, layout, dtype, memory };
}
