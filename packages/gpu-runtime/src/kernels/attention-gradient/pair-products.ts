import { range } from "../wgsl.ts";
import type { AttentionGradientProblem, AttentionOperand } from "./problem.ts";
import { everyFeature, featureOf, type SharedLoads } from "./shared-loads.ts";
import type { AttentionGradientVariant } from "./variant.ts";

/** Two operands whose features are multiplied: the others' vectors, and those of an invocation. */
export interface PairOperands {
  readonly shared: AttentionOperand;
  readonly own: AttentionOperand;
  /** What the loads of the others' features are called. */
  readonly name: string;
  /** WGSL for where feature 0 of the head lies: of load `r`, and of the invocation's vector `j`. */
  sharedAt(r: number): string;
  ownAt(j: number): string;
}

/**
 * WGSL that adds to `s{j}_{k}` and `p{j}_{k}`, for each vector `j` of an invocation and each other one `k`, the products
 * of two pairs of operands over the features.
 */
export function pairProducts(
  problem: AttentionGradientProblem,
  { own, others }: AttentionGradientVariant,
  { loads, across }: SharedLoads,
  score: PairOperands,
  product: PairOperands,
): string {
  const js = range(own);
  return everyFeature(problem, [
    ...loads.flatMap((r) =>
      [score, product].map(
        ({ name, shared, sharedAt }) =>
          `let ${name}${r} = ${featureOf(problem, shared, sharedAt(r))};`,
      ),
    ),
    ...js.flatMap((j) => [
      `let x${j} = ${featureOf(problem, score.own, score.ownAt(j))};`,
      `let g${j} = ${featureOf(problem, product.own, product.ownAt(j))};`,
    ]),
    ...range(others).flatMap((k) => [
      `let across${k} = ${across(score.name, k)};`,
      `let beside${k} = ${across(product.name, k)};`,
      ...js.flatMap((j) => [
        `s${j}_${k} = fma(across${k}, x${j}, s${j}_${k});`,
        `p${j}_${k} = fma(beside${k}, g${j}, p${j}_${k});`,
      ]),
    ]),
  ]);
}
