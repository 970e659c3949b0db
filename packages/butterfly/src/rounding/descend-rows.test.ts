import fc from "fast-check";
import { expect, it } from "vitest";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { FEW_BITS } from "../numeric/code-grids.ts";
import { uniform } from "../numeric/random.ts";
import { Pattern } from "../pattern/pattern.ts";
import { TimeSlicer } from "../threads/time-slicer.ts";
import { RowDescent } from "./descend-rows.ts";
import { RoundedFactor } from "./rounded-factor.ts";
import { applyGram, type Factor, type Gram, onSupport, transposed } from "./surroundings.ts";

/** Of random vectors, one more than half as many as features. */
function gramOf(size: number, next: () => number): Gram {
  const count = Math.ceil(size / 2) + 1;
  const vectors = Float64Array.from({ length: count * size }, next);
  const values = new Float64Array(size * size);
  for (let n = 0; n < count; n++) {
    for (let at = 0; at < values.length; at++) {
      const [p, q] = [Math.floor(at / size), at % size];
      const product = (vectors[n * size + p] as number) * (vectors[n * size + q] as number);
      values[at] = (values[at] as number) + product;
    }
  }
  return { size, values };
}

/** `M E G`, dense, of `E = W - B`. */
function slopeOf(exact: Factor, near: Factor, inputs: Gram, outputs: Gram): Float64Array {
  const { rows, cols } = exact.pattern;
  const [w, b] = [exact.dense(), near.dense()];
  const lost = w.map((value, at) => value - (b[at] as number));
  const read = transposed(applyGram(inputs, transposed(lost, cols), rows), rows);
  return applyGram(outputs, read, cols);
}

/** `tr(M E G E^T)` */
function errorOf(exact: Factor, near: Factor, inputs: Gram, outputs: Gram): number {
  const [w, b] = [exact.dense(), near.dense()];
  const slope = slopeOf(exact, near, inputs, outputs);
  return slope.reduce((sum, s, at) => sum + s * ((w[at] as number) - (b[at] as number)), 0);
}

it("the error of a factor of any pattern becomes smaller, or stays", async () => {
  const size = fc.integer({ min: 1, max: 3 });
  const long = fc.integer({ min: 1, max: 20 });
  let better = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(size, size, long, size),
      fc.constantFrom(...FEW_BITS),
      fc.nat(1000),
      async ([a, b, c, d], dtype, seed) => {
        const next = uniform(seed);
        const pattern = new Pattern(a, b, c, d);
        const exact = new KroneckerSparse(
          pattern,
          Float64Array.from({ length: pattern.nonZeros }, next),
        );
        const [inputs, outputs] = [gramOf(pattern.cols, next), gramOf(pattern.rows, next)];
        const rounded = new RoundedFactor(pattern, dtype, exact.values);
        const start = rounded.factor();
        const before = errorOf(exact, start, inputs, outputs);
        const slope = onSupport(exact, slopeOf(exact, start, inputs, outputs));
        await new RowDescent(rounded, slope, inputs, outputs).run(new TimeSlicer(undefined));
        const after = errorOf(exact, rounded.factor(), inputs, outputs);
        // Slopes are kept to about the rounding of float64, of sums of so many products.
        const scale = errorOf(
          exact,
          exact.map((all) => all.map(() => 0)),
          inputs,
          outputs,
        );
        expect(after).toBeLessThanOrEqual(before + 1e-10 * scale);
        if (after < 0.8 * before) better++;
      },
    ),
    { numRuns: 40, seed: 1 },
  );
  expect(better).toBeGreaterThan(20);
});
