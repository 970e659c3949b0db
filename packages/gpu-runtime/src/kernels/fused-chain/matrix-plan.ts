import { localFactors } from "./local-factors.ts";
import type { FusedChainProblem } from "./problem.ts";
import type { MatrixFusedChain } from "./variant.ts";

/** What a workgroup of the fused kernel on matrix units holds. */
export interface MatrixChainPlan {
  readonly threads: number;
  /** Elements of f16: the inputs of a factor, for each of its vectors. */
  readonly inputs: number;
  /** Elements of f32: the outputs of a factor, before they are rounded. */
  readonly sums: number;
  readonly bytes: number;
}

export function matrixChainPlan(
  { chain }: Pick<FusedChainProblem, "chain">,
  { subgroup, subgroups, tileN }: MatrixFusedChain,
): MatrixChainPlan {
  const factors = localFactors(chain).map(({ pattern }) => pattern);
  const inputs = tileN * Math.max(...factors.map(({ cols }) => cols));
  const sums = tileN * Math.max(...factors.map(({ rows }) => rows));
  return { threads: subgroup * subgroups, inputs, sums, bytes: 2 * inputs + 4 * sums };
}

/** Whether the blocks of all factors, and the vectors of a workgroup, are whole products of the units. */
export function fitsMatrixUnits(
  { chain }: Pick<FusedChainProblem, "chain">,
  { unitM, unitN, unitK, tileN }: Pick<MatrixFusedChain, "unitM" | "unitN" | "unitK" | "tileN">,
): boolean {
  return (
    tileN % unitN === 0 && chain.patterns.every(({ b, c }) => b % unitM === 0 && c % unitK === 0)
  );
}
