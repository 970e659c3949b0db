import { describe, expect, it } from "vitest";
import {
  circulant,
  convolution,
  permutation,
} from "../../../packages/butterfly/src/constructions/index.ts";
import { compile, type Place } from "../../../packages/butterfly/src/index.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** Numbers that are the same each time: the fractional parts of multiples of the golden ratio. */
function draw(length: number, start = 0): Float32Array {
  return Float32Array.from({ length }, (_, index) => (((index + start) * 0.618034) % 1) - 0.5);
}

/** Where feature `f` of vector `n` lies. */
function placeOf(
  { batch, layout }: { readonly batch: number; readonly layout: "batch-first" | "batch-last" },
  features: number,
): (n: number, f: number) => number {
  return layout === "batch-first" ? (n, f) => n * features + f : (n, f) => f * batch + n;
}

const shapes = [
  { batch: 1, layout: "batch-first" },
  { batch: 3, layout: "batch-last" },
] as const;

/** What places have in common for products of several butterflies, by the definitions of the matrices. */
export function describeProducts(placeOfSuite: () => Place): void {
  describe("a product of several butterflies", () => {
    it("is a convolution with its vectors in their places", async () => {
      const kernel = [-1, 3, -1, 0.5];
      const n = 11;
      const matrix = convolution(Float64Array.from(kernel), n, "full").convert("float32");
      using weights = await compile(matrix, placeOfSuite());
      expect([weights.rows, weights.cols]).toEqual([n + 3, n]);
      for (const shape of shapes) {
        const x = draw(shape.batch * n);
        const out = new Float32Array(shape.batch * (n + 3)).fill(Number.NaN);
        const y = await weights.multiply(x, shape, { out });
        expect(y).toBe(out);
        const [from, to] = [placeOf(shape, n), placeOf(shape, n + 3)];
        for (let vector = 0; vector < shape.batch; vector++) {
          for (let i = 0; i < n + 3; i++) {
            const sum = kernel.reduce(
              (total, value, k) =>
                total + value * (x[from(vector, i - k)] ?? 0) * Number(i - k >= 0 && i - k < n),
              0,
            );
            expect(y[to(vector, i)]).toBeCloseTo(sum, 4);
          }
        }
        expect(await weights.multiply(x, shape)).toEqual(y);
        const { name, passes } = weights.plan(shape);
        expect(name).toMatch(/\w/);
        // Two Fourier matrices of 15 points, of two factors each.
        expect([passes[0]?.from, passes.at(-1)?.to]).toEqual([0, 4]);
        expect(weights.terms(shape).length).toBeGreaterThanOrEqual(passes.length);
      }
      expect(weights.bytes).toBeGreaterThan(0);
    });

    it("is a circulant matrix of complex numbers", async () => {
      const n = 8;
      const column = { re: Float64Array.from(draw(n, 3)), im: Float64Array.from(draw(n, 5)) };
      using weights = await compile(circulant(column).convert("float32"), placeOfSuite());
      for (const shape of shapes) {
        const x = { re: draw(shape.batch * n), im: draw(shape.batch * n, 9) };
        const y = await weights.multiply(x, shape);
        const at = placeOf(shape, n);
        for (let vector = 0; vector < shape.batch; vector++) {
          for (let i = 0; i < n; i++) {
            let [re, im] = [0, 0];
            for (let j = 0; j < n; j++) {
              const k = (i - j + n) % n;
              const [a, b] = [column.re[k] as number, column.im[k] as number];
              const [c, d] = [x.re[at(vector, j)] as number, x.im[at(vector, j)] as number];
              re += a * c - b * d;
              im += a * d + b * c;
            }
            expect(y.re[at(vector, i)]).toBeCloseTo(re, 4);
            expect(y.im[at(vector, i)]).toBeCloseTo(im, 4);
          }
        }
      }
    });

    it("refuses what other matrices do, and is disposed of after its last use", async () => {
      const [shape] = shapes;
      const map = Uint32Array.of(2, 0, 3, 1);
      const matrix = permutation(map).convert("float32");
      const options = { plan: undefined } as never;
      const given = (compile as (...given: unknown[]) => Promise<unknown>)(
        matrix,
        placeOfSuite(),
        options,
      );
      await expect(given).rejects.toThrow(code("OPTION_INVALID"));
      const weights = await compile(matrix, placeOfSuite());
      const x = Float32Array.of(1, 2, 3, 4);
      await expect(weights.multiply(x.subarray(1), shape)).rejects.toThrow(code("INPUT_LENGTH"));
      const short = weights.multiply(x, shape, { out: new Float32Array(3) });
      await expect(short).rejects.toThrow(code("OUTPUT_LENGTH"));
      await expect(weights.multiply(x, shape, { out: x })).rejects.toThrow(
        code("OUTPUT_OVERLAPS_INPUT"),
      );
      await expect(weights.multiply([1, 2, 3, 4] as never, shape)).rejects.toThrow(
        code("ARRAY_TYPE"),
      );
      const none = weights.multiply(x, { ...shape, batch: 0 });
      await expect(none).rejects.toThrow(code("BATCH_INVALID"));
      const reason = new Error("enough");
      const stopped = weights.multiply(x, shape, { signal: AbortSignal.abort(reason) });
      await expect(stopped).rejects.toBe(reason);
      const last = weights.multiply(x, shape);
      weights.dispose();
      weights[Symbol.dispose]();
      expect((await last).map(Math.round)).toEqual(Float32Array.of(3, 1, 4, 2));
      expect(weights.bytes).toBe(0);
      await expect(weights.multiply(x, shape)).rejects.toThrow(code("MATRIX_DISPOSED"));
      expect(() => weights.plan(shape)).toThrow(code("MATRIX_DISPOSED"));
      expect(() => weights.terms(shape)).toThrow(code("MATRIX_DISPOSED"));
    });
  });
}
