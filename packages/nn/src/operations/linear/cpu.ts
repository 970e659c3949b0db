import {
  convolution,
  type KernelCall,
  type ProductProblem,
  type ProgramValue,
  product,
  readsRows,
  readsWindows,
  rowsProduct,
  stagesApart,
  type VectorsOperand,
} from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { windowsOnCpu } from "../shared/cpu-windows.ts";
import { memoryOf } from "../shared/memory-of.ts";
import { lowerUnfoldOnCpu } from "../unfold/cpu.ts";
import type { LinearOperation } from "./operation.ts";

/** A product for each pass of the matrix or stage of one; all that was moved into the operation is done by the last. */
export function lowerLinearOnCpu(operation: LinearOperation, to: CpuLowering): void {
  const { matrix, bias, activation, multiplier, addend, output } = operation;
  const { vectors } = output;
  const products = to.packed(matrix).flatMap(({ weights, span }) =>
    stagesApart(weights, vectors).map((stage) => ({
      span,
      problem: { vectors, weights, stage },
    })),
  );
  const others = [multiplier, addend].filter((value) => value !== undefined);
  const last = products.at(-1) as (typeof products)[number];
  const after = {
    ...(activation && { activation }),
    bias: bias !== undefined,
    multiply: multiplier !== undefined,
    add: addend !== undefined,
  };
  const following = [...memoryOf(to, bias), ...others.map((value) => to.of(value))];
  const windows = to.windows.get(operation.x);
  if (windows !== undefined) {
    const { weights } = last.problem;
    const { kernel } = windows.window;
    if (products.length === 1 && readsWindows(weights, vectors, kernel[1])) {
      const images = { ...windowsOnCpu(windows.window), source: windows.source };
      const call = convolution({ ...images, weights, ...after });
      to.push(call, [to.of(windows.x), last.span, ...following, to.define(output)]);
      return;
    }
    lowerUnfoldOnCpu(windows, to);
  }
  let x = to.of(operation.x);
  for (const { span, problem } of products.slice(0, -1)) {
    const call = productOf(x, problem);
    const between = to.between(vectors, (call.operands.at(-1) as VectorsOperand).features);
    to.push(call, [x, span, between]);
    x = between;
  }
  const call = productOf(x, { ...last.problem, ...after });
  to.push(call, [x, last.span, ...following, to.define(output)]);
}

/** Vectors that are only in rows are read there where their outputs are few: nothing brings them to tiles first. */
function productOf(x: ProgramValue, problem: ProductProblem): KernelCall {
  const { vectors, weights, multiply = false, add = false } = problem;
  const isOnlyInRows = x.layouts.every((layout) => layout === "rows");
  const fromRows = isOnlyInRows && !multiply && !add && readsRows(weights, vectors);
  return fromRows ? rowsProduct(problem) : product(problem);
}
