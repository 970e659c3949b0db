import type { Binding } from "../../device/kernel.ts";
import { epilogueBindings } from "../epilogue.ts";
import { storedType } from "../wgsl.ts";
import type { FusedChainProblem } from "./problem.ts";

/**
 * The buffers of a fused kernel: x unless it works in place, weights, y, and what there is of bias,
 * multiplier, addend.
 *
 * @param widths elements of a load of each, and of a store
 */
export function chainBindings(
  problem: FusedChainProblem,
  widths: { readonly x: number; readonly w: number; readonly y: number },
): Binding[] {
  const { dtype, inPlace } = problem;
  return [
    ...(inPlace
      ? []
      : [{ name: "x", elements: storedType(dtype, widths.x), access: "read" } as const]),
    { name: "w", elements: storedType(dtype, widths.w), access: "read" },
    { name: "y", elements: storedType(dtype, widths.y), access: "read-write" },
    ...epilogueBindings(problem, widths),
  ];
}
