import { storedPattern } from "@papilio/butterfly/matrix";
import type { Kernel } from "../../device/kernel.ts";
import { clamped, opaque, range } from "../wgsl.ts";
import type { ComplexChainProblem } from "./problem.ts";
import { complexKernel, placeOf } from "./shared.ts";

/** Outputs of a block that an invocation computes: each input that it reads counts for so many. */
export const LOOP_OUTPUTS = 8;

/**
 * Generates the kernel that multiplies by a complex factor whose blocks are too large for registers, an
 * invocation for a few outputs of a block. Bindings: x, the factor's stored values, y, maps of indices.
 */
export function complexFactorKernel(problem: ComplexChainProblem): Kernel {
  const { chain, sharing } = problem;
  const product = chain.product();
  const { a, b, c, d } = product;
  const stored = storedPattern(product, sharing);
  const outputs = Math.min(b, LOOP_OUTPUTS);
  const parts = Math.ceil(b / outputs);
  const whole = parts * outputs === b;
  const row = (t: number): string => clamped(`first + ${t}u`, b, whole);
  const weight = (t: number): string =>
    `w[((stored_i * ${b}u + ${row(t)}) * ${c}u + l) * ${stored.d}u + stored_k]`;
  const stores = range(outputs).map((t) => {
    const at = placeOf(problem, "output", `(group_i * ${b}u + first + ${t}u) * ${d}u + group_k`);
    const store = `y[${at}] = sum${t};`;
    return whole ? store : `if (first + ${t}u < ${b}u) { ${store} }`;
  });
  const number = placeOf(problem, "input", `(group_i * ${c}u + l) * ${d}u + group_k`);
  return complexKernel(problem, "complex-factor", {
    parts: a * parts * d,
    part: "part",
    body: [
      `let group_k = part % ${d}u;`,
      `let first = (part / ${d}u) % ${parts}u * ${outputs}u;`,
      `let group_i = part / ${d * parts}u;`,
      `let stored_i = ${sharing.a ? "0u" : "group_i"};`,
      `let stored_k = ${sharing.d ? "0u" : "group_k"};`,
      ...range(outputs).map((t) => `var sum${t} = vec2f();`),
      `for (var l = 0u; l < ${opaque(c)}; l++) {`,
      `  let number = x[${number}];`,
      ...range(outputs).map(
        (t) => `  sum${t} = complex_multiply_add(${weight(t)}, number, sum${t});`,
      ),
      "}",
    ],
    stores,
  });
}
