import {
  Butterfly,
  Chain,
  type Complex,
  ComplexButterfly,
  compile,
  KroneckerSparse,
  LAYOUTS,
  Pattern,
  PermutedButterfly,
  verify,
} from "@papilio/butterfly";
import { fourier } from "@papilio/butterfly/constructions";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { verifyProduct } from "../testing/verify-product.ts";
import type { Simd } from "../wasm/kernel.ts";

vi.setConfig({ testTimeout: 60_000 });

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** Numbers with all their 53 bits. */
function draw(length: number, seed = 7): Float64Array {
  const next = uniform(seed);
  return Float64Array.from({ length }, () => next() + next() * 2 ** -30);
}

function drawButterfly(chain: Chain): Butterfly<Float64Array> {
  const { factors } = Butterfly.random(chain, { seed: 1, dtype: "float64" });
  return new Butterfly(
    factors.map((factor, index) => factor.map(({ length }) => draw(length, index + 1))),
  );
}

const entry = fc.integer({ min: 1, max: 7 });
const side = fc.oneof(entry, fc.integer({ min: 8, max: 27 }));
const chains = fc.oneof(
  fc.tuple(entry, side, side, entry).map(([a, b, c, d]) => Chain.of([new Pattern(a, b, c, d)])),
  fc.constantFrom(
    Chain.squareDyadic(128),
    Chain.monarch({ rows: 48, cols: 96, blocks: 8, rank: 2 }),
    Chain.ofRadices({ rows: [3, 2, 5], cols: [2, 4, 3], rank: 2 }),
    Chain.parse("1,3,4,4; 4,4,2,1"),
    // More inputs than are taken at a time.
    Chain.parse("1,9,300,2"),
    // Factors that are not chainable.
    Chain.parse("1,5,4,4; 4,4,4,1; 1,4,3,4"),
  ),
);
const cases = fc.record({
  chain: chains,
  batch: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(32, 100)),
  layout: fc.constantFrom(...LAYOUTS),
  threads: fc.constantFrom(1, 2),
});

/** The runtime with one of the builds: engines are the process's, and take the best build that there is. */
async function runtimeWith(simd: Simd): Promise<typeof import("../index.ts")> {
  vi.resetModules();
  if (simd === "plain") {
    const validate = vi.spyOn(WebAssembly, "validate").mockReturnValueOnce(false);
    onEnd.push(() => validate.mockRestore());
  }
  const runtime = await import("../index.ts");
  onEnd.push(() => runtime.disposeCpuThreads());
  return runtime;
}

const onEnd: (() => void)[] = [];
afterEach(() => {
  for (const end of onEnd.splice(0)) end();
});
afterAll(() => vi.resetModules());

describe.each(["relaxed", "plain"] as const)("in double precision, with %s SIMD", (simd) => {
  it("multiplies by any chain, in any layout, on any number of threads", async () => {
    const { cpu } = await runtimeWith(simd);
    await fc.assert(
      fc.asyncProperty(cases, async ({ chain, threads, ...shape }) => {
        const butterfly = drawButterfly(chain);
        using weights = await compile(butterfly, cpu({ threads, dtype: "f64" }));
        expect(weights.report.kernel).toBe(simd);
        const x = draw(shape.batch * chain.cols);
        const y = await weights.multiply(x, shape);
        expect(y).toBeInstanceOf(Float64Array);
        const found = verifyProduct(butterfly, x, y, shape, weights.terms(shape), "f64");
        expect(found).toMatchObject({ ok: true });
      }),
      { numRuns: 50 },
    );
  });

  it("multiplies by any complex chain", async () => {
    const { cpu } = await runtimeWith(simd);
    await fc.assert(
      fc.asyncProperty(cases, async ({ chain, threads, ...shape }) => {
        const butterfly = ComplexButterfly.random(chain, { seed: 1, dtype: "float64" });
        using weights = await compile(butterfly, cpu({ threads, dtype: "f64" }));
        const length = shape.batch * chain.cols;
        const x = { re: draw(length, 3), im: draw(length, 4) };
        const y: Complex<Float64Array> = await weights.multiply(x, shape);
        const reference = referenceProduct(butterfly, x, shape);
        // Each part sums the products of both parts, of which absolute values are a bound.
        const sums = (p: Float64Array, q: Float64Array): Float64Array =>
          p.map((value, index) => Math.abs(value) + Math.abs(q[index] as number));
        const magnitude = butterfly.factors.reduceRight(
          (between, { re, im }) =>
            referenceProduct(
              new KroneckerSparse(re.pattern, sums(re.values, im.values)),
              between,
              shape,
            ),
          sums(x.re, x.im),
        );
        const rounding = {
          dtype: "f64",
          terms: weights.terms(shape),
          roundedValues: { largestInput: 1 },
        } as const;
        for (const part of ["re", "im"] as const) {
          expect(verify(y[part], reference[part], magnitude, rounding)).toMatchObject({ ok: true });
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("double precision", () => {
  const matrix = Butterfly.random(Chain.monarch(64), { seed: 1, dtype: "float64" });
  const shape = { batch: 3, layout: "batch-first" } as const;

  it("transforms as Fourier does, to the last digits", async () => {
    const { cpu } = await runtimeWith("relaxed");
    const n = 1000;
    using transform = await compile(fourier(n), cpu({ dtype: "f64" }));
    const [re, im] = [draw(n, 1), draw(n, 2)];
    const y = await transform.multiply({ re, im }, { batch: 1, layout: "batch-first" });
    let [errors, squares] = [0, 0];
    for (let row = 0; row < n; row++) {
      let [p, q] = [0, 0];
      for (let j = 0; j < n; j++) {
        const angle = (-2 * Math.PI * ((row * j) % n)) / n;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        p += c * (re[j] as number) - s * (im[j] as number);
        q += c * (im[j] as number) + s * (re[j] as number);
      }
      errors += ((y.re[row] as number) - p) ** 2 + ((y.im[row] as number) - q) ** 2;
      squares += p ** 2 + q ** 2;
    }
    expect(Math.sqrt(errors / squares)).toBeLessThan(1e-13);
  });

  it("takes values of either precision, between permutations, and arrays of its own memory", async () => {
    const { cpu } = await runtimeWith("relaxed");
    const map = Uint32Array.from({ length: 64 }, (_, p) => (5 * p + 3) % 64);
    const single = matrix.convert("float32");
    using permuted = await compile(
      new PermutedButterfly(single, { left: map, right: map }),
      cpu({ dtype: "f64" }),
    );
    const x = draw(3 * 64);
    const moved = x.slice();
    const y = new Float64Array(3 * 64);
    for (let n = 0; n < 3; n++) {
      for (let f = 0; f < 64; f++) moved[64 * n + f] = x[64 * n + (map[f] as number)] as number;
    }
    const between = referenceProduct(single, moved, shape);
    for (let n = 0; n < 3; n++) {
      for (let f = 0; f < 64; f++) y[64 * n + f] = between[64 * n + (map[f] as number)] as number;
    }
    using from = permuted.allocate(x.length);
    using to = permuted.allocate(x.length);
    expect(from.values).toBeInstanceOf(Float64Array);
    from.values.set(x);
    expect(await permuted.multiply(from.values, shape, { out: to.values })).toBe(to.values);
    to.values.forEach((value, index) => {
      expect(value).toBeCloseTo(y[index] as number, 13);
    });
  });

  it("keeps numbers that single precision does not hold", async () => {
    const { cpu } = await runtimeWith("relaxed");
    const factor = new KroneckerSparse(
      new Pattern(1, 5, 1, 1),
      Float64Array.of(1e300, 1, 1e-300, 0, 1),
    );
    using weights = await compile(factor, cpu({ dtype: "f64" }));
    const y = await weights.multiply(Float64Array.of(1 + 2 ** -52), {
      batch: 1,
      layout: "batch-last",
    });
    expect([...y]).toEqual([
      1e300 * (1 + 2 ** -52),
      1 + 2 ** -52,
      1e-300 * (1 + 2 ** -52),
      0,
      1 + 2 ** -52,
    ]);
  });

  it("takes vectors in double precision alone, and knows no other", async () => {
    const { cpu } = await runtimeWith("relaxed");
    using weights = await compile(matrix, cpu({ dtype: "f64" }));
    const single = new Float32Array(3 * 64) as unknown as Float64Array;
    await expect(weights.multiply(single, shape)).rejects.toThrow(code("ARRAY_TYPE"));
    const out = single;
    await expect(weights.multiply(new Float64Array(3 * 64), shape, { out })).rejects.toThrow(
      code("ARRAY_TYPE"),
    );
    expect(() => cpu({ dtype: "f16" as "f32" })).toThrow(code("OPTION_INVALID"));
  });
});
