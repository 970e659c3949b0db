import { describe, expect, it } from "vitest";
import { Butterfly } from "../matrix/butterfly.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { factorize } from "./factorize.ts";
import { refine } from "./refine.ts";

const chain = Chain.squareDyadic(32);
const draw = (length: number, seed: number): Float64Array =>
  Float64Array.from({ length }, uniform(seed));

/** `|(A - B) X| / |A X|` by the definition. */
function errorOn(a: Float64Array, b: Float64Array, x: Float64Array, cols: number): number {
  const samples = x.length / cols;
  const image = (matrix: Float64Array): number[] =>
    Array.from({ length: (matrix.length / cols) * samples }, (_, index) => {
      const [row, sample] = [Math.floor(index / samples), index % samples];
      let sum = 0;
      for (let t = 0; t < cols; t++) {
        sum += (matrix[row * cols + t] as number) * (x[t * samples + sample] as number);
      }
      return sum;
    });
  return (
    Math.hypot(...image(a.map((value, index) => value - (b[index] as number)))) /
    Math.hypot(...image(a))
  );
}

describe("alternating least squares", () => {
  it("never makes the error larger, and makes that of a long chain smaller", async () => {
    const target = draw(32 * 32, 1);
    const { matrix, error, bounds } = await factorize(target, chain);
    const refined = await refine(target, matrix);
    expect(refined.errors[0]).toBeCloseTo(error, 12);
    expect(refined.errors).toEqual(refined.errors.toSorted((p, q) => q - p));
    const last = refined.errors.at(-1) as number;
    expect(last).toBeLessThan(0.99 * error);
    expect(last).toBeGreaterThanOrEqual(bounds?.lower as number);
    const dense = refined.matrix.dense();
    const distance = Math.hypot(...target.map((value, index) => value - (dense[index] as number)));
    expect(distance / Math.hypot(...target)).toBeCloseTo(last, 12);
  });

  it("leaves a Monarch factorization as it is, which is optimal", async () => {
    const monarch = Chain.monarch(36);
    const target = draw(36 * 36, 2);
    const { matrix, error } = await factorize(target, monarch);
    const { errors } = await refine(target, matrix, { sweeps: 5 });
    expect(errors.at(-1)).toBeCloseTo(error, 10);
  });

  it("finds a butterfly again from values that are somewhat off", async () => {
    const truth = Butterfly.random(chain, { seed: 3, dtype: "float64" });
    const noise = uniform(4);
    const start = new Butterfly(
      truth.factors.map((factor) =>
        factor.map((values) => values.map((value) => value + 0.01 * noise())),
      ),
    );
    const { errors } = await refine(truth.dense(), start, { sweeps: 200, tolerance: 0 });
    expect(errors[0]).toBeGreaterThan(1e-3);
    expect(errors.at(-1)).toBeLessThan(1e-6);
  });

  it("weighs errors by the inputs that it is given", async () => {
    const rectangular = Chain.ofRadices({ rows: [2, 3, 2], cols: [4, 2, 3], rank: 2 });
    const { rows, cols } = rectangular;
    const target = draw(rows * cols, 5);
    // Inputs of four directions only: much of the matrix does not matter.
    const [mix, codes] = [draw(cols * 4, 6), draw(4 * 50, 7)];
    const inputs = Float64Array.from({ length: cols * 50 }, (_, index) => {
      const [row, sample] = [Math.floor(index / 50), index % 50];
      return [0, 1, 2, 3].reduce(
        (sum, t) => sum + (mix[row * 4 + t] as number) * (codes[t * 50 + sample] as number),
        0,
      );
    });
    const { matrix } = await factorize(target, rectangular);
    const { matrix: refined, errors } = await refine(target, matrix, { inputs });
    expect(errors[0]).toBeCloseTo(errorOn(target, matrix.dense(), inputs, cols), 12);
    expect(errors.at(-1)).toBeCloseTo(errorOn(target, refined.dense(), inputs, cols), 12);
    expect(errors.at(-1)).toBeLessThan(0.1 * (errors[0] as number));
  });

  it("keeps the precision of the matrix, stops, and refuses what is not an input", async () => {
    const target = Float32Array.from(draw(32 * 32, 8));
    const { matrix } = await factorize(target, chain);
    const reported: { error: number; sweep: number; dense: Float32Array }[] = [];
    const { matrix: refined, errors } = await refine(target, matrix, {
      sweeps: 2,
      onProgress: async (error, sweep, by) => {
        await Promise.resolve();
        reported.push({ error, sweep, dense: by.dense() });
      },
    });
    expect(refined.factors[0]?.values).toBeInstanceOf(Float32Array);
    expect(reported.map(({ sweep }) => sweep)).toEqual([0, 1, 2]);
    expect(reported.map(({ error }) => error)).toEqual(errors);
    expect(reported.at(-1)?.dense).toEqual(refined.dense());
    for (const { error, dense } of reported) {
      const away = Math.hypot(...target.map((value, index) => value - (dense[index] as number)));
      expect(error).toBeCloseTo(away / Math.hypot(...target), 6);
    }
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(refine(target, matrix, { signal })).rejects.toThrow("enough");
    const inputs = new Float32Array(33);
    const code = (expected: string): unknown => expect.objectContaining({ code: expected });
    await expect(refine(target, matrix, { inputs })).rejects.toThrow(code("INPUT_LENGTH"));
    await expect(refine(target, matrix, { sweeps: -1 })).rejects.toThrow(code("REFINE_OPTION"));
  });
});
