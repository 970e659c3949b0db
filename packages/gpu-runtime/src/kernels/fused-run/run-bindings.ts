import type { Binding } from "../../program/kernel.ts";
import type { RunProblem } from "./problem.ts";

/** The buffers of a fused kernel: x unless it works in place, weights, y, and the bias if there is one. */
export function runBindings(
  { dtype, bias, inPlace }: RunProblem,
  elements: { readonly x: string; readonly w: string; readonly y: string },
): Binding[] {
  return [
    ...(inPlace ? [] : [{ name: "x", elements: elements.x, access: "read" } as const]),
    { name: "w", elements: elements.w, access: "read" },
    { name: "y", elements: elements.y, access: "read-write" },
    ...(bias ? [{ name: "bias", elements: dtype, access: "read" } as const] : []),
  ];
}
