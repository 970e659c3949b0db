import type { Binding } from "../../program/kernel.ts";
import { type ComplexRunProblem, runsAlongBatch } from "./problem.ts";

/** Invocations of a workgroup. */
export const WORKGROUP = 64;

/** Numbers are pairs of real and imaginary parts. */
export const COMPLEX_ARITHMETIC = `fn complex_multiply(w: vec2f, x: vec2f) -> vec2f {
  return vec2f(fma(w.x, x.x, -w.y * x.y), fma(w.x, x.y, w.y * x.x));
}
fn complex_multiply_add(w: vec2f, x: vec2f, sum: vec2f) -> vec2f {
  return vec2f(fma(w.x, x.x, fma(-w.y, x.y, sum.x)), fma(w.x, x.y, fma(w.y, x.x, sum.y)));
}
`;

/** The buffers of a complex kernel: x, weights, y, and the maps of indices that it has. */
export function complexBindings(problem: ComplexRunProblem): Binding[] {
  const map = (name: string): Binding => ({ name, elements: "u32", access: "read" });
  return [
    { name: "x", elements: "vec2f", access: "read" },
    { name: "w", elements: "vec2f", access: "read" },
    { name: "y", elements: "vec2f", access: "read-write" },
    ...(problem.permutesInputs ? [map("source")] : []),
    ...(problem.permutesOutputs ? [map("destination")] : []),
  ];
}

/** WGSL for the place of a feature of the vector `column`, among the inputs or the outputs. */
export function placeOf(
  problem: ComplexRunProblem,
  side: "input" | "output",
  feature: string,
): string {
  const { chain, batch, permutesInputs, permutesOutputs } = problem;
  const features = side === "input" ? chain.cols : chain.rows;
  const map = side === "input" ? permutesInputs && "source" : permutesOutputs && "destination";
  const position = map ? `${map}[${feature}]` : `(${feature})`;
  return runsAlongBatch(problem)
    ? `${position} * ${batch}u + column`
    : `column * ${features}u + ${position}`;
}
