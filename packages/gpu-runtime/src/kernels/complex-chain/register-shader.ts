import { storedPattern } from "@papilio/butterfly/matrix";
import type { Kernel } from "../../device/kernel.ts";
import { localFactors, localWeights } from "../fused-chain/local-factors.ts";
import { paddedWeights } from "../fused-chain/pack.ts";
import { unrolled } from "../fused-chain/unrolled.ts";
import { range, storedBlock } from "../wgsl.ts";
import { type ComplexChainProblem, runsAlongBatch } from "./problem.ts";
import { complexKernel, placeOf } from "./shared.ts";

/**
 * Generates the kernel that multiplies by a chain of complex factors, a block of the chain's product in the
 * registers of an invocation. Bindings: x, weights of `packComplexChain`, y, maps of indices.
 */
export function complexChainKernel(problem: ComplexChainProblem): Kernel {
  const { chain, sharing } = problem;
  const product = chain.product();
  const { b, c, d, blocks } = product;
  const alongBatch = runsAlongBatch(problem);
  const stored = storedBlock(product, sharing, { block: "block", i: "group_i", k: "group_k" });
  const each = paddedWeights(localWeights(chain));
  const storedBlocks = storedPattern(product, sharing).blocks;
  const { statements, outputs } = unrolled(
    localFactors(chain),
    {
      multiply: (weight, number) => `complex_multiply(${weight}, ${number})`,
      multiplyAdd: (weight, number, sum) => `complex_multiply_add(${weight}, ${number}, ${sum})`,
    },
    (p) => `in${p}`,
    (e) => ({
      before: [],
      value: alongBatch ? `w[weights + ${e}u]` : `w[weights + ${e * storedBlocks}u]`,
    }),
  );
  const feature = (size: number, p: number): string =>
    `(group_i * ${size}u + ${p}u) * ${d}u + group_k`;
  return complexKernel(problem, "complex-chain", {
    parts: blocks,
    part: "block",
    body: [
      `let group_i = block / ${d}u;`,
      `let group_k = block % ${d}u;`,
      `let weights = ${alongBatch ? `${stored} * ${each}u` : stored};`,
      ...range(c).map((p) => `let in${p} = x[${placeOf(problem, "input", feature(c, p))}];`),
      ...statements,
    ],
    stores: outputs.map(
      (output, q) => `y[${placeOf(problem, "output", feature(b, q))}] = ${output};`,
    ),
  });
}
