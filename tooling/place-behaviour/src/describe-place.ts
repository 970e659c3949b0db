import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  Butterfly,
  Chain,
  type CompiledMatrix,
  type Complex,
  ComplexButterfly,
  ComplexKroneckerSparse,
  compile,
  KroneckerSparse,
  Pattern,
  PermutedButterfly,
  type Place,
} from "../../../packages/butterfly/src/index.ts";
import type { AnyMatrix } from "../../../packages/butterfly/src/matrix/index.ts";
import { byDefinition, worstRatio } from "./definition.ts";
import { describeProducts } from "./describe-products.ts";
import { unchainable } from "./draw-unchainable.ts";

export { describeConstructions } from "./describe-constructions.ts";

type Vectors = Float32Array | Complex;
/** One of either kind, whose vectors are as {@link vectorsFor} draws them. */
type Compiled = CompiledMatrix<Vectors>;

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const shape = { batch: 2, layout: "batch-first" } as const;
const shapes = [
  { batch: 1, layout: "batch-first" },
  { batch: 3, layout: "batch-last" },
  { batch: 40, layout: "batch-first" },
  { batch: 40, layout: "batch-last" },
] as const;

const seed = { seed: 1 };
/** 12 x 8, of two factors, between permutations that are not their own inverses. */
const chain = Chain.parse("1,3,4,4; 4,4,2,1");
const dyadic = Chain.squareDyadic(16);
const [rows, cols] = [12, 16];
const left = Uint32Array.from({ length: 12 }, (_, p) => (5 * p + 3) % 12);
const right = Uint32Array.from({ length: 8 }, (_, p) => (3 * p + 2) % 8);
const pattern = new Pattern(2, 3, 4, 2);
/** 20 x 12: its first two factors are chainable, its last two the other way round, and the whole is not. */
const turning = Chain.parse("1,5,4,4; 4,4,4,1; 1,4,3,4");

const real = Butterfly.random(chain, seed);
const complex = ComplexButterfly.random(chain, seed);
const matrices: Readonly<Record<string, AnyMatrix<Float32Array>>> = {
  "a real factor": KroneckerSparse.random(pattern, seed),
  "a real chain": Butterfly.random(dyadic, seed),
  "a real chain between permutations": new PermutedButterfly(real, { left, right }),
  "real factors that are not chainable": Butterfly.random(turning, seed),
  "a complex factor": ComplexKroneckerSparse.random(pattern, seed),
  "a complex chain": ComplexButterfly.random(dyadic, seed),
  "complex factors that are not chainable": ComplexButterfly.random(turning, seed),
  "a complex chain between permutations": new PermutedButterfly(complex, { left, right }),
};

function isComplex(matrix: AnyMatrix): boolean {
  return "conjugate" in ("matrix" in matrix ? matrix.matrix : matrix);
}

/** Numbers that are the same each time: the fractional parts of multiples of the golden ratio. */
function draw(length: number, start = 0): Float32Array {
  return Float32Array.from({ length }, (_, index) => (((index + start) * 0.618034) % 1) - 0.5);
}

function vectorsFor(matrix: AnyMatrix, length: number): Vectors {
  return isComplex(matrix) ? { re: draw(length), im: draw(length, 7) } : draw(length);
}

function emptyLike(x: Vectors, length: number): Vectors {
  const array = (): Float32Array => new Float32Array(length).fill(Number.NaN);
  return "re" in x ? { re: array(), im: array() } : array();
}

/**
 * The behaviours that every place to multiply has in common. Products are compared with those of dense
 * matrices, by the definition and in float64.
 *
 * @param open opens the place, once; what it comes with is closed by `close`
 */
export function describePlace(
  name: string,
  open: () => Promise<{ readonly place: Place; readonly close?: () => void }>,
): void {
  describe(`${name}, as a place to multiply`, () => {
    let place: Place;
    let close: (() => void) | undefined;
    beforeAll(async () => {
      ({ place, close } = await open());
    });
    afterAll(() => close?.());

    const compiled = async (matrix: AnyMatrix<Float32Array>): Promise<Compiled> =>
      (await compile(matrix, place)) as unknown as Compiled;

    describe.each(Object.entries(matrices))("%s", (_, matrix) => {
      it("is multiplied as it is defined, in any layout, for any batch", async () => {
        using weights = await compiled(matrix);
        for (const each of shapes) {
          const x = vectorsFor(matrix, each.batch * weights.cols);
          const y = await weights.multiply(x, each);
          expect("re" in y).toBe("re" in x);
          const expected = byDefinition(matrix, x, each);
          expect(expected.y.rows).toBe(weights.rows);
          expect(worstRatio(y, expected, each, weights.terms(each))).toBeLessThanOrEqual(1);
        }
        expect(weights.bytes).toBeGreaterThan(0);
      });

      it("has a plan and terms for each shape", async () => {
        using weights = await compiled(matrix);
        const inner = "matrix" in matrix ? matrix.matrix : matrix;
        const length = "factors" in inner ? inner.chain.length : 1;
        for (const each of shapes) {
          const { name, passes } = weights.plan(each);
          expect(name).toMatch(/\w/);
          expect(passes[0]?.from).toBe(0);
          expect(passes.at(-1)?.to).toBe(length);
          passes.slice(1).forEach(({ from }, index) => {
            expect(from).toBe(passes[index]?.to);
          });
          const terms = weights.terms(each);
          expect(terms.length).toBeGreaterThanOrEqual(passes.length);
          expect(terms.every((count) => Number.isSafeInteger(count) && count >= 1)).toBe(true);
        }
      });

      it("writes where it is asked to, unless that is where it reads", async () => {
        using weights = await compiled(matrix);
        const x = vectorsFor(matrix, 2 * weights.cols);
        const expected = await weights.multiply(x, shape);
        const out = emptyLike(x, 2 * weights.rows);
        expect(await weights.multiply(x, shape, { out })).toBe(out);
        expect(out).toEqual(expected);
        const short = emptyLike(x, 2 * weights.rows - 1);
        await expect(weights.multiply(x, shape, { out: short })).rejects.toThrow(
          code("OUTPUT_LENGTH"),
        );
        const memory = new Float32Array(2 * (weights.rows + weights.cols));
        const from = memory.subarray(0, 2 * weights.cols);
        const over = memory.subarray(2 * weights.cols - 1).subarray(0, 2 * weights.rows);
        const overlapping =
          "re" in x
            ? weights.multiply({ re: x.re, im: from }, shape, {
                out: { re: over, im: new Float32Array(2 * weights.rows) },
              })
            : weights.multiply(from, shape, { out: over });
        await expect(overlapping).rejects.toThrow(code("OUTPUT_OVERLAPS_INPUT"));
        const exact = new Float64Array(2 * weights.rows) as unknown as Float32Array;
        const wrong = new Int32Array(exact.length) as unknown as Float32Array;
        const other = "re" in x ? { re: wrong, im: wrong } : wrong;
        await expect(weights.multiply(x, shape, { out: other })).rejects.toThrow(
          code("ARRAY_TYPE"),
        );
      });

      it("is stopped by a signal, and can be multiplied by then", async () => {
        using weights = await compiled(matrix);
        const x = vectorsFor(matrix, 2 * weights.cols);
        const reason = new Error("enough");
        const stopped = weights.multiply(x, shape, { signal: AbortSignal.abort(reason) });
        await expect(stopped).rejects.toBe(reason);
        const { signal } = new AbortController();
        const y = await weights.multiply(x, shape, { signal });
        const expected = byDefinition(matrix, x, shape);
        expect(worstRatio(y, expected, shape, weights.terms(shape))).toBeLessThanOrEqual(1);
      });

      it("is refused after it was disposed of, once or twice", async () => {
        const weights = await compiled(matrix);
        const x = vectorsFor(matrix, 2 * weights.cols);
        const expected = await weights.multiply(x, shape);
        const last = weights.multiply(x, shape);
        weights.dispose();
        weights.dispose();
        weights[Symbol.dispose]();
        // One that is under way ends first.
        expect(await last).toEqual(expected);
        expect(weights.bytes).toBe(0);
        const gone = code("MATRIX_DISPOSED");
        await expect(weights.multiply(x, shape)).rejects.toThrow(gone);
        expect(() => weights.plan(shape)).toThrow(gone);
        expect(() => weights.terms(shape)).toThrow(gone);
      });

      it("refuses shapes and lengths that there are not", async () => {
        using weights = await compiled(matrix);
        const x = vectorsFor(matrix, 2 * weights.cols);
        const layout = "batch-middle" as "batch-first";
        for (const [given, refused] of [
          [{ ...shape, batch: 0 }, "BATCH_INVALID"],
          [{ ...shape, batch: -1 }, "BATCH_INVALID"],
          [{ ...shape, batch: 1.5 }, "BATCH_INVALID"],
          [{ ...shape, batch: Number.NaN }, "BATCH_INVALID"],
          [{ ...shape, layout }, "LAYOUT_INVALID"],
          [null as never, "OPTION_INVALID"],
        ] as const) {
          await expect(weights.multiply(x, given)).rejects.toThrow(code(refused));
          expect(() => weights.plan(given)).toThrow(code(refused));
          expect(() => weights.terms(given)).toThrow(code(refused));
        }
        const few = vectorsFor(matrix, 2 * weights.cols - 1);
        await expect(weights.multiply(few, shape)).rejects.toThrow(code("INPUT_LENGTH"));
        await expect(weights.multiply(x, { ...shape, batch: 3 })).rejects.toThrow(
          code("INPUT_LENGTH"),
        );
      });
    });

    describe.each(["a real chain", "a complex chain"])("%s", (kind) => {
      const matrix = matrices[kind] as AnyMatrix<Float32Array>;
      const isReal = kind === "a real chain";

      it("takes arrays of float32, of any realm, and no others", async () => {
        using weights = await compiled(matrix);
        const x = draw(2 * cols);
        const foreign = runInNewContext(`Float32Array.from([${x}])`) as Float32Array;
        const of = (array: unknown): Vectors => (isReal ? array : { re: array, im: x }) as Vectors;
        expect(await weights.multiply(of(foreign), shape)).toEqual(
          await weights.multiply(of(x), shape),
        );
        const transferred = draw(2 * cols);
        structuredClone(transferred, { transfer: [transferred.buffer] });
        for (const [given, refused] of [
          [undefined, "ARRAY_TYPE"],
          [null, "ARRAY_TYPE"],
          [[...x], "ARRAY_TYPE"],
          [Int32Array.from(x), "ARRAY_TYPE"],
          [new DataView(x.buffer), "ARRAY_TYPE"],
          [{ ...x, length: x.length }, "ARRAY_TYPE"],
          [transferred, "ARRAY_DETACHED"],
        ]) {
          await expect(weights.multiply(of(given), shape)).rejects.toThrow(code(refused as string));
        }
        const other = (isReal ? { re: x, im: x } : x) as Vectors;
        await expect(weights.multiply(other, shape)).rejects.toThrow(code("ARRAY_TYPE"));
        for (const nothing of [undefined, null]) {
          const given = nothing as unknown as Vectors;
          await expect(weights.multiply(given, shape)).rejects.toThrow(code("ARRAY_TYPE"));
        }
      });

      it("takes options as they are declared", async () => {
        using weights = await compiled(matrix);
        const x = vectorsFor(matrix, 2 * cols);
        for (const options of [null, 7, "text", [], x, { signal: {} }, { signal: "stop" }]) {
          if (options === x && "re" in x) continue;
          const given = options as never;
          await expect(weights.multiply(x, shape, given)).rejects.toThrow(code("OPTION_INVALID"));
        }
      });

      it("has the values that it had when it was compiled", async () => {
        const own = (matrix as Butterfly | ComplexButterfly).copy();
        const maps = {
          left: Uint32Array.from({ length: 16 }, (_, p) => 15 - p),
          right: Uint32Array.from({ length: 16 }, (_, p) => (p + 1) % 16),
        };
        const given = new PermutedButterfly<Butterfly | ComplexButterfly>(own, maps);
        const before = given.copy();
        using weights = await compiled(given);
        for (const factor of own.factors) {
          for (const part of "re" in factor ? [factor.re, factor.im] : [factor])
            part.values.fill(9);
        }
        maps.left.fill(0);
        maps.right.fill(0);
        const x = vectorsFor(matrix, 2 * cols);
        for (const layout of ["batch-first", "batch-last"] as const) {
          const each = { batch: 2, layout };
          const y = await weights.multiply(x, each);
          const expected = byDefinition(before, x, each);
          expect(worstRatio(y, expected, each, weights.terms(each))).toBeLessThanOrEqual(1);
        }
      });

      it("is multiplied by beside others", async () => {
        const others = Object.values(matrices).filter((one) => isComplex(one) !== isReal);
        const all = await Promise.all(others.map(compiled));
        const products = all.flatMap((weights, index) =>
          [shapes[0], shapes[1], shapes[0]].map(async (each) => {
            const of = others[index] as AnyMatrix<Float32Array>;
            const x = vectorsFor(of, each.batch * weights.cols);
            const y = await weights.multiply(x, each);
            return worstRatio(y, byDefinition(of, x, each), each, weights.terms(each));
          }),
        );
        expect(Math.max(...(await Promise.all(products)))).toBeLessThanOrEqual(1);
        for (const weights of all) weights.dispose();
      });
    });

    it("refuses parts that do not belong together", async () => {
      using weights = await compiled(complex);
      const x = { re: draw(16), im: draw(15) };
      await expect(weights.multiply(x, shape)).rejects.toThrow(code("COMPLEX_PARTS"));
      const out = { re: new Float32Array(2 * rows), im: new Float32Array(2 * rows + 1) };
      const good = { re: draw(16), im: draw(16) };
      await expect(weights.multiply(good, shape, { out })).rejects.toThrow(code("COMPLEX_PARTS"));
    });

    it("multiplies by any factors whose sizes fit, chainable or not", async () => {
      await fc.assert(
        fc.asyncProperty(unchainable, fc.boolean(), async (chain, isReal) => {
          const matrix = isReal
            ? Butterfly.random(chain, seed)
            : ComplexButterfly.random(chain, seed);
          using weights = await compiled(matrix);
          for (const each of shapes.slice(1, 3)) {
            const x = vectorsFor(matrix, each.batch * weights.cols);
            const expected = byDefinition(matrix, x, each);
            const y = await weights.multiply(x, each);
            expect(worstRatio(y, expected, each, weights.terms(each))).toBeLessThanOrEqual(1);
          }
        }),
        { numRuns: 8, seed: 20 },
      );
    });

    describeProducts(() => place);

    it("compiles matrices, and nothing else", async () => {
      for (const other of [
        undefined,
        null,
        7,
        "1,2,2,1",
        [],
        {},
        chain,
        pattern,
        { factors: [] },
      ]) {
        const given = other as unknown as Butterfly;
        await expect(compile(given, place)).rejects.toThrow(code("OPTION_INVALID"));
      }
      for (const options of [null, 7, "text", []]) {
        const given = options as never;
        await expect(compile(real, place, given)).rejects.toThrow(code("OPTION_INVALID"));
      }
    });
  });
}
