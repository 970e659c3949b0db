import { Butterfly, type Pattern, verify } from "@papilio/butterfly";
import { FLOAT_FORMATS, stridesOf, uniform } from "@papilio/butterfly/numeric";
import { type Case, requireOneFactor, singleDtypeOf } from "../cases/case.ts";
import { drawNumbers, sample } from "./operands.ts";
import type { Oracle } from "./oracle.ts";

/** Products beyond which a sample of the values is verified instead of all of them. */
const WHOLE = 2 ** 25;
/** Values verified at least: the first, the last, and random ones. */
const SAMPLED = 64;

/**
 * Draws the operands of a gradient, `dK[i, j, l, k] = Σ dy[n, i, j, k] x[n, i, l, k]`, and sums in float64. Where that
 * would take longer than the benchmark, a seeded sample of the values is summed and compared.
 *
 * @throws PapilioError `GRADIENT_OF_CHAIN`; `OPTION_INVALID` in double precision
 */
export function createGradientOracle(item: Case, seed: number): Oracle {
  const { chain, batch, layout } = item;
  requireOneFactor(chain);
  const dtype = singleDtypeOf(item);
  const [pattern] = chain.patterns as readonly [Pattern];
  const { rows, cols, nonZeros } = pattern;
  const next = uniform(seed + 1);
  const x = drawNumbers(batch * cols, dtype, next);
  const dy = drawNumbers(batch * rows, dtype, next);
  const affordable = Math.max(SAMPLED, Math.floor(WHOLE / batch));
  const chosen = sample(nonZeros, Math.min(nonZeros, affordable), next);
  const inputs = stridesOf({ batch, layout }, cols);
  const outputs = stridesOf({ batch, layout }, rows);
  const reference = new Float64Array(chosen.length);
  const magnitude = new Float64Array(chosen.length);
  chosen.forEach((value, at) => {
    const { row, col } = placeOf(pattern, value);
    for (let n = 0; n < batch; n++) {
      const product =
        (dy[n * outputs.vector + row * outputs.feature] as number) *
        (x[n * inputs.vector + col * inputs.feature] as number);
      (reference[at] as number) += product;
      (magnitude[at] as number) += Math.abs(product);
    }
  });
  return {
    // Its values are not read: their gradient is that of a linear function of them.
    butterfly: Butterfly.random(chain, { seed }),
    x,
    dy,
    verified: chosen.length,
    check: (y) =>
      verify(
        Float32Array.from(chosen, (value) => y[value] as number),
        reference,
        magnitude,
        {
          dtype: "f32",
          // Sums of vectors, or of parts of the batch, in any order.
          terms: 2 * batch,
          // Numbers are below 1: an operand that is subnormal as it is stored may be taken as zero.
          subnormalOperands: batch * FLOAT_FORMATS[dtype].smallestNormal,
        },
      ),
  };
}

/** Row and column of a value of `[a, b, c, d]` in the matrix. */
function placeOf(
  { b, c, d }: Pattern,
  value: number,
): { readonly row: number; readonly col: number } {
  const k = value % d;
  const l = Math.floor(value / d) % c;
  const j = Math.floor(value / (c * d)) % b;
  const i = Math.floor(value / (b * c * d));
  return { row: (i * b + j) * d + k, col: (i * c + l) * d + k };
}
