import {
  Chain,
  type Complex,
  ComplexButterfly,
  compile,
  KroneckerSparse,
  LAYOUTS,
  Pattern,
  verify,
} from "@papilio/butterfly";
import { fourier } from "@papilio/butterfly/constructions";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { afterAll, expect, it, vi } from "vitest";
import { disposeCpuThreads } from "../engine/engine.ts";
import { cpu } from "./cpu.ts";

// Many multiplications, on machines that may have one core for all test files.
vi.setConfig({ testTimeout: 60_000 });

const entry = fc.integer({ min: 1, max: 6 });
const chains = fc.oneof(
  fc.tuple(entry, entry, entry, entry).map(([a, b, c, d]) => Chain.of([new Pattern(a, b, c, d)])),
  fc.constantFrom(
    Chain.squareDyadic(64),
    Chain.monarch({ rows: 48, cols: 96, blocks: 8 }),
    Chain.parse("1,3,4,4; 4,4,2,1"),
  ),
);
const shapes = fc.record({
  batch: fc.integer({ min: 1, max: 40 }),
  layout: fc.constantFrom(...LAYOUTS),
});

function draw(length: number): Complex {
  const next = uniform(7);
  return {
    re: Float32Array.from({ length }, next),
    im: Float32Array.from({ length }, next),
  };
}

afterAll(disposeCpuThreads);

it("multiplies by any complex chain, in any layout, on any number of threads", async () => {
  await fc.assert(
    fc.asyncProperty(chains, shapes, fc.constantFrom(1, 2), async (chain, shape, threads) => {
      const butterfly = ComplexButterfly.random(chain, { seed: 1 });
      using weights = await compile(butterfly, cpu({ threads }));
      const x = draw(shape.batch * chain.cols);
      const y = await weights.multiply(x, shape);
      const wide = { re: Float64Array.from(x.re), im: Float64Array.from(x.im) };
      const reference = referenceProduct(butterfly, wide, shape);
      // Each part sums the products of both parts, of which absolute values are a bound.
      const sums = (p: Float32Array, q: Float32Array): Float64Array =>
        Float64Array.from(p, (value, index) => Math.abs(value) + Math.abs(q[index] as number));
      const magnitude = butterfly.factors.reduceRight(
        (between, { re, im }) => {
          const absolute = new KroneckerSparse(re.pattern, sums(re.values, im.values));
          return referenceProduct(absolute, between, shape);
        },
        sums(x.re, x.im),
      );
      const terms = weights.terms(shape);
      const rounding = { dtype: "f32", terms, roundedValues: { largestInput: 1 } } as const;
      for (const part of ["re", "im"] as const) {
        expect(verify(y[part], reference[part], magnitude, rounding)).toMatchObject({ ok: true });
      }
    }),
  );
});

it("transforms as Fourier does, with few values stored", async () => {
  const exact = fourier(1024);
  using transform = await compile(exact.matrix.convert("float32"), cpu());
  // Less than half of the 8 bytes of each complex value: what repeats along an axis is packed once.
  expect(transform.bytes).toBeLessThan(4 * exact.matrix.chain.nonZeros);
  const x = draw(3 * 1024);
  const shape = { batch: 3, layout: "batch-first" } as const;
  const y = await transform.multiply(x, shape);
  const reference = referenceProduct(
    exact.matrix,
    { re: Float64Array.from(x.re), im: Float64Array.from(x.im) },
    shape,
  );
  let [errors, squares] = [0, 0];
  for (const part of ["re", "im"] as const) {
    reference[part].forEach((value, index) => {
      errors += ((y[part][index] as number) - value) ** 2;
      squares += value ** 2;
    });
  }
  // Five radix-4 stages, each of a few roundings.
  expect(Math.sqrt(errors / squares)).toBeLessThan(20 * 2 ** -24);
});
