import { product } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { spansOf } from "../shared/cpu-operands.ts";
import type { LinearOperation } from "./operation.ts";

/** A product for each pass of the matrix; all that was moved into the operation is done by the last one. */
export function lowerLinearOnCpu(operation: LinearOperation, to: CpuLowering): void {
  const { matrix, bias, activation, multiplier, addend, output } = operation;
  const { vectors } = output;
  const passes = to.packed(matrix);
  let x = to.of(operation.x);
  for (const [index, { weights, span }] of passes.entries()) {
    if (index < passes.length - 1) {
      const between = to.between(vectors, weights.pattern.rows);
      to.push(product({ vectors, weights }), [x, span, between]);
      x = between;
      continue;
    }
    const call = product({
      ...{ vectors, weights },
      ...(activation && { activation }),
      bias: bias !== undefined,
      multiply: multiplier !== undefined,
      add: addend !== undefined,
    });
    const others = [multiplier, addend].filter((value) => value !== undefined);
    const operands = [span, ...spansOf(to, bias), ...others.map((value) => to.of(value))];
    to.push(call, [x, ...operands, to.define(output)]);
  }
}
