import { solveRows, unitLower } from "../linear-algebra/unit-lower.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { Factor, Gram } from "./surroundings.ts";

/** What is added to a diagonal, over its mean. */
const DAMPING = 1e-4;

/**
 * The factor that makes of inputs with errors what the given one made of those without, as nearly as it can: for each row
 * of a block the least squares solution `f' G = f C`, of normal equations with as many unknowns as the block has inputs.
 *
 * @param cross `C`, `[cols, cols]`: second moments of the inputs without errors by those with errors
 * @param inputs `G`, of those with errors
 */
export function refit(factor: Factor, cross: Float64Array, inputs: Gram): Factor {
  const { a, b, c, d } = factor.pattern;
  const values = factor.values.slice();
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < d; k++) {
      const col = (l: number): number => (i * c + l) * d + k;
      const place = (j: number, l: number): number => ((i * b + j) * c + l) * d + k;
      const block = new Float64Array(c * c);
      const crossed = new Float64Array(c * c);
      let trace = 0;
      for (let p = 0; p < c; p++) {
        for (let q = 0; q < c; q++) {
          const at = col(p) * inputs.size + col(q);
          block[p * c + q] = inputs.values[at] as number;
          crossed[p * c + q] = cross[at] as number;
        }
        trace += block[p * (c + 1)] as number;
      }
      if (trace === 0) continue;
      const damping = (DAMPING * trace) / c;
      for (const sums of [block, crossed]) {
        for (let p = 0; p < c; p++) sums[p * (c + 1)] = (sums[p * (c + 1)] as number) + damping;
      }
      const rows = new Float64Array(b * c);
      for (let j = 0; j < b; j++) {
        for (let p = 0; p < c; p++) {
          const value = factor.values[place(j, p)] as number;
          for (let q = 0; q < c; q++) {
            rows[j * c + q] = (rows[j * c + q] as number) + value * (crossed[p * c + q] as number);
          }
        }
      }
      solveRows(unitLower(block, c, damping), rows);
      for (let j = 0; j < b; j++) {
        for (let l = 0; l < c; l++) values[place(j, l)] = rows[j * c + l] as number;
      }
    }
  }
  return new KroneckerSparse(factor.pattern, values);
}
