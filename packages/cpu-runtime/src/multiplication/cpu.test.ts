import {
  Butterfly,
  Chain,
  compile,
  KroneckerSparse,
  LAYOUTS,
  Pattern,
  PermutedButterfly,
} from "@papilio/butterfly";
import { hadamard } from "@papilio/butterfly/constructions";
import { storedPattern } from "@papilio/butterfly/matrix";
import { decodeHalf, encodeHalf, uniform } from "@papilio/butterfly/numeric";
import { describeConstructions, describePlace } from "@papilio/place-behaviour";
import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { disposeCpuThreads } from "../engine/engine.ts";
import type { CpuPlan } from "../planning/plan.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { TILE } from "../wasm/constants.ts";
import { cpu } from "./cpu.ts";
import type { CpuMatrix } from "./cpu-matrix.ts";
import type { CpuVectors } from "./packed-chain.ts";

// Many multiplications, on machines that may have one core for all test files.
vi.setConfig({ testTimeout: 60_000 });

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const draw = (length: number): Float32Array => Float32Array.from({ length }, uniform(7));
const entry = fc.integer({ min: 1, max: 7 });
const side = fc.oneof(entry, fc.integer({ min: 8, max: 27 }));
const patterns = fc.tuple(entry, side, side, entry).map(([a, b, c, d]) => new Pattern(a, b, c, d));
const shapes = fc.record({
  batch: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(16, 32, 64, 100)),
  layout: fc.constantFrom(...LAYOUTS),
});
const threadCounts = fc.constantFrom(1, 2);
const chains = fc.constantFrom(
  Chain.squareDyadic(2),
  Chain.squareDyadic(128),
  Chain.monarch(64),
  Chain.monarch({ rows: 48, cols: 96, blocks: 8 }),
  Chain.monarch({ rows: 48, cols: 96, blocks: 8, rank: 2 }).transpose(),
  Chain.ofRadices({ rows: [3, 2, 5], cols: [2, 4, 3], rank: 2 }),
  Chain.parse("1,3,4,4; 4,4,2,1"),
);

/** Any division of a chain into passes, and of these into stages. */
const planOf = (chain: Chain): fc.Arbitrary<CpuPlan> =>
  fc
    .record({
      panel: fc.constantFrom(16, 48),
      cuts: fc.array(fc.constantFrom("none", "stage", "pass"), {
        minLength: chain.length - 1,
        maxLength: chain.length - 1,
      }),
    })
    .map(({ panel, cuts }) => {
      const passes: { from: number; to: number; stages: { from: number; to: number }[] }[] = [];
      let [pass, stage] = [0, 0];
      let stages: { from: number; to: number }[] = [];
      for (let at = 1; at <= chain.length; at++) {
        const cut = at === chain.length ? "pass" : cuts[at - 1];
        if (cut === "none") continue;
        stages.push({ from: stage, to: at });
        stage = at;
        if (cut !== "pass") continue;
        passes.push({ from: pass, to: at, stages });
        stages = [];
        pass = at;
      }
      return { panel, passes };
    });

afterAll(disposeCpuThreads);

describePlace("The CPU", async () => ({ place: cpu({ threads: 2 }) }));

describe("multiplication on the CPU", () => {
  describeConstructions(() => cpu({ threads: 2 }));

  it("runs in WebAssembly here", async () => {
    using weights = await compile(Butterfly.random(Chain.monarch(16), { seed: 0 }), cpu());
    expect(weights.report.kernel).toBe("relaxed");
    expect(weights.report.reason).toBeUndefined();
  });

  it("refuses values in double precision that single precision does not hold", async () => {
    const factor = new KroneckerSparse(Pattern.parse("1,1,1,1"), Float64Array.of(4e38));
    await expect(compile(factor as never, cpu())).rejects.toThrow(
      expect.objectContaining({
        code: "VALUE_RANGE",
        message: expect.stringMatching(/Factor 0.*4e\+38/),
      }),
    );
  });

  it("is that of any factor, in any layout, on any number of threads", async () => {
    await fc.assert(
      fc.asyncProperty(patterns, shapes, threadCounts, async (pattern, shape, threads) => {
        const factor = KroneckerSparse.random(pattern, { seed: 1 });
        using weights = await compile(factor, cpu({ threads }));
        const x = draw(shape.batch * pattern.cols);
        const y = await weights.multiply(x, shape);
        const found = verifyProduct(new Butterfly([factor]), x, y, shape, weights.terms(shape));
        expect(found).toMatchObject({ ok: true });
      }),
    );
  });

  it("adds nothing to an infinite output, and spoils no other", async () => {
    for (const batch of [1, TILE]) {
      // As many inputs as are taken in pairs, and one more.
      const factor = KroneckerSparse.random(new Pattern(1, 9, 3, 1), { seed: 1 });
      using weights = await compile(factor, cpu());
      const x = draw(3 * batch);
      x[2] = Number.POSITIVE_INFINITY;
      const y = await weights.multiply(x, { batch, layout: "batch-first" });
      const expected = factor.values.filter((_, index) => index % 3 === 2).map((w) => w * Infinity);
      expect(y.subarray(0, 9)).toEqual(expected);
      expect(y.subarray(9).every(Number.isFinite)).toBe(true);
    }
  });

  it("is that of any chain, however it is divided", async () => {
    const cases = chains.chain((chain) => fc.tuple(fc.constant(chain), planOf(chain)));
    await fc.assert(
      fc.asyncProperty(cases, shapes, threadCounts, async ([chain, plan], shape, threads) => {
        const butterfly = Butterfly.random(chain, { seed: 1 });
        using weights = await compile(butterfly, cpu({ threads }), { plan });
        const x = draw(shape.batch * chain.cols);
        const y = await weights.multiply(x, shape);
        expect(verifyProduct(butterfly, x, y, shape, weights.terms(shape))).toMatchObject({
          ok: true,
        });
      }),
    );
  });

  it("is that of factors with shared blocks, each packed once", async () => {
    const sharings = fc.record({ a: fc.boolean(), d: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(patterns, sharings, shapes, async (pattern, sharing, shape) => {
        const values = draw(storedPattern(pattern, sharing).nonZeros);
        const factor = new KroneckerSparse(pattern, values, sharing);
        using weights = await compile(factor, cpu());
        const x = draw(shape.batch * pattern.cols);
        const y = await weights.multiply(x, shape);
        const found = verifyProduct(new Butterfly([factor]), x, y, shape, weights.terms(shape));
        expect(found).toMatchObject({ ok: true });
      }),
    );
    const shared = hadamard(1024).convert("float32");
    using few = await compile(shared, cpu());
    expect(few.bytes).toBeLessThan(4096);
    const shape = { batch: 20, layout: "batch-first" } as const;
    const x = draw(20 * 1024);
    const y = await few.multiply(x, shape);
    expect(verifyProduct(shared, x, y, shape, few.terms(shape))).toMatchObject({ ok: true });
  });

  it("reads and writes half precision", async () => {
    await fc.assert(
      fc.asyncProperty(chains, shapes, threadCounts, async (chain, shape, threads) => {
        const butterfly = Butterfly.random(chain, { seed: 1 });
        using weights = await compile(butterfly, cpu({ threads }));
        const bits = encodeHalf(draw(shape.batch * chain.cols));
        const y = decodeHalf(await weights.multiply(bits, shape));
        const x = decodeHalf(bits);
        const found = verifyProduct(butterfly, x, y, shape, weights.terms(shape), "f16");
        expect(found).toMatchObject({ ok: true });
      }),
      { numRuns: 50 },
    );
  });

  it("keeps every number of half precision, and rounds to nearest even", async () => {
    const identity = new KroneckerSparse(new Pattern(1, 1, 1, 1), Float32Array.of(1));
    using weights = await compile(identity, cpu());
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const kept = await weights.multiply(all, { batch: 65536, layout: "batch-last" });
    const isNan = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;
    expect(kept.every((bits, index) => bits === index || (isNan(bits) && isNan(index)))).toBe(true);

    // Halves of neighbours, and what is just beside them.
    const scaled = new KroneckerSparse(new Pattern(1, 1, 2, 1), Float32Array.of(0.5, 0.5));
    using halves = await compile(scaled, cpu());
    const pairs = Uint16Array.from(
      { length: 2 * 0x7bff },
      (_, index) => (index >> 1) + (index & 1),
    );
    const rounded = await halves.multiply(pairs, { batch: 0x7bff, layout: "batch-first" });
    const exact = Float32Array.from({ length: 0x7bff }, (_, index) => {
      const [p = 0, q = 0] = decodeHalf(Uint16Array.of(index, index + 1));
      return (p + q) / 2;
    });
    expect(rounded).toEqual(encodeHalf(exact));
  });
});

describe("memory", () => {
  const butterfly = Butterfly.random(Chain.monarch(64), { seed: 2 });
  const shape = { batch: 2 * TILE, layout: "batch-last" } as const;
  const x = draw(64 * shape.batch);

  it("is the caller's where it is given, and needs no copies where it is the backend's", async () => {
    using weights = await compile(butterfly, cpu());
    const expected = await weights.multiply(x, shape);
    const out = new Float32Array(x.length).fill(Number.NaN);
    expect(await weights.multiply(x, shape, { out })).toBe(out);
    expect(out).toEqual(expected);

    using from = weights.allocate(x.length);
    using to = weights.allocate(x.length);
    from.values.set(x);
    // The memory grows: the arrays stay what they are.
    using _large = weights.allocate(2 ** 24);
    expect(await weights.multiply(from.values, shape, { out: to.values })).toBe(to.values);
    expect(Float32Array.from(to.values)).toEqual(expected);
  });

  it("is permuted on the way from and to the backend's, in single and in half precision", async () => {
    const left = Uint32Array.from({ length: 64 }, (_, p) => (5 * p + 3) % 64);
    const right = Uint32Array.from({ length: 64 }, (_, p) => (3 * p + 2) % 64);
    using plain = await compile(butterfly, cpu());
    using weights = await compile(new PermutedButterfly(butterfly, { left, right }), cpu());
    using from = weights.allocate(x.length);
    using to = weights.allocate(x.length);
    for (const layout of LAYOUTS) {
      const each = { batch: shape.batch, layout };
      const at = (f: number, n: number): number =>
        layout === "batch-first" ? n * 64 + f : f * shape.batch + n;
      for (const values of [x, encodeHalf(x)]) {
        const moved = values.slice();
        right.forEach((source, f) => {
          for (let n = 0; n < shape.batch; n++) moved[at(f, n)] = values[at(source, n)] as number;
        });
        const before = await plain.multiply(moved, each);
        const y = await weights.multiply(values, each);
        left.forEach((source, f) => {
          for (let n = 0; n < shape.batch; n++) expect(y[at(f, n)]).toBe(before[at(source, n)]);
        });
        if (values !== x) continue;
        from.values.set(x);
        expect(await weights.multiply(from.values, each, { out: to.values })).toBe(to.values);
        expect([...to.values]).toEqual([...y]);
        expect([...from.values]).toEqual([...x]);
      }
    }
  });

  it("is checked before memory is allocated", async () => {
    using weights = await compile(butterfly, cpu());
    expect(() => weights.allocate(2 ** 31)).toThrow(code("CPU_MEMORY"));
    expect(() => cpu({ threads: 0 })).toThrow(code("THREADS_INVALID"));
  });

  it("is released", async () => {
    const weights = await compile(butterfly, cpu());
    expect(weights.bytes).toBeGreaterThan(0);
    const expected = await weights.multiply(x, shape);
    const last = weights.multiply(x, shape);
    weights.dispose();
    using _next = await compile(Butterfly.random(Chain.monarch(64), { seed: 9 }), cpu());
    expect(await last).toEqual(expected);
    weights.dispose();
    expect(weights.bytes).toBe(0);
    await expect(weights.multiply(x, shape)).rejects.toEqual(code("MATRIX_DISPOSED"));
  });
});

it("waits for its turn", async () => {
  const [p, q] = await Promise.all(
    [3, 4].map((seed) => compile(Butterfly.random(Chain.squareDyadic(256), { seed }), cpu())),
  );
  const shape = { batch: 64, layout: "batch-first" } as const;
  const x = draw(64 * 256);
  const products = [p, q, p, q].map((weights) =>
    (weights as CpuMatrix<CpuVectors>).multiply(x, shape),
  );
  const [first, second, third, fourth] = await Promise.all(products);
  expect(third).toEqual(first);
  expect(fourth).toEqual(second);
  expect(second).not.toEqual(first);
});
